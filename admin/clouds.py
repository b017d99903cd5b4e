"""Which cloud a command acts on: the local one while it runs, unless a stack or a Region on AWS is named."""

import argparse
import os
from dataclasses import dataclass
from typing import Any

from simulators.cloud import environment, lock, stack_file
from simulators.cloud.instance import Place

DEFAULT_STACK = "iotcloud"


@dataclass(frozen=True)
class Cloud:
    """A stack, and where it is."""

    stack_name: str
    region: str | None
    """None if not specified."""
    endpoint_url: str | None
    """Endpoint of its services; None for AWS's own."""

    def __str__(self) -> str:
        where = self.endpoint_url or f"AWS, Region {self.region or 'unknown'}"
        return f"acting on the stack {self.stack_name} at {where}"


@dataclass(frozen=True)
class LocalCloud(Cloud):
    """The stack of the local cloud."""

    def __str__(self) -> str:
        return f"acting on the local cloud, the stack {self.stack_name} at {self.endpoint_url}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a cloud, for `choose`."""
    parser.add_argument(
        "--stack-name", help=f"the stack on AWS (default: the local cloud while it runs, else {DEFAULT_STACK})"
    )
    parser.add_argument("--region", help="its Region (default: AWS_REGION, AWS_DEFAULT_REGION)")


def choose(stack_name: str | None, region: str | None) -> Cloud:
    """Return the selected cloud; if it is the local one, direct this process's AWS clients to it.

    This changes the process's environment: the developer's AWS credentials and settings are removed.
    """
    place = Place.from_environment()
    local = _running(place)
    if local and stack_name is None and region is None:
        environment.apply()
        os.environ.update(environment.for_aws_tools(place))
        return LocalCloud(local["stack_name"], local["region"], local["endpoint_url"])
    return Cloud(
        stack_name or DEFAULT_STACK,
        region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        os.environ.get("AWS_ENDPOINT_URL") or None,
    )


def _running(place: Place) -> dict[str, Any] | None:
    """The local cloud's stack file; None if the local cloud is not running, even if the file exists."""
    return stack_file.read(place) if lock.owner(place) else None
