"""`stack.json`: the local cloud's addresses. It exists while the cloud runs, and is written atomically."""

import json
from collections.abc import Mapping
from typing import Any

from simulators.cloud.instance import HOST, REGION, Place


def write(
    place: Place, api_url: str | None, site_url: str | None, outputs: Mapping[str, str], app_url: str | None = None
) -> None:
    """Write the stack file."""
    content = {
        "api_url": api_url,
        "site_url": site_url,
        "app_url": app_url,
        "mqtt_host": HOST,
        "mqtt_port": place.mqtt_port,
        "mqtt_ca": str(place.mqtt_ca),
        "endpoint_url": place.endpoint_url,
        "paypal_url": place.paypal_url,
        "region": REGION,
        "stack_name": place.stack_name,
        "outputs": dict(outputs),
    }
    unfinished = place.stack_file.with_suffix(".tmp")
    unfinished.write_text(json.dumps(content, indent=2) + "\n")
    unfinished.replace(place.stack_file)


def read(place: Place) -> dict[str, Any] | None:
    """The stack file's content, or None."""
    try:
        return dict(json.loads(place.stack_file.read_text()))
    except FileNotFoundError:
        return None


def remove(place: Place) -> None:
    """Delete the stack file."""
    place.stack_file.unlink(missing_ok=True)
