"""Chooses the adapter for an MQTT version."""

from collections.abc import Callable

from awscrt import io

from simulators.devices.python.links import Endpoint, Link, LinkEvents
from simulators.devices.python.links.mqtt5 import Mqtt5Link
from simulators.devices.python.links.mqtt311 import Mqtt311Link
from simulators.devices.python.links.tls import client_context

_ADAPTERS: dict[str, Callable[..., Link]] = {"5": Mqtt5Link, "3.1.1": Mqtt311Link}


def link_maker(
    version: str, endpoint: Endpoint, bootstrap: io.ClientBootstrap | None = None
) -> Callable[[LinkEvents], Link]:
    """Prepare a link of the MQTT version; raise LinkError for invalid certificates.

    Links that share a bootstrap share its threads.
    """
    adapter = _ADAPTERS[version]
    tls = client_context(endpoint)
    return lambda events: adapter(endpoint, tls, events, bootstrap)
