"""Which cloud a command acts on: the local one while it runs, unless a stack or a Region on AWS is named."""

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
    """None when nobody says which."""
    endpoint_url: str | None
    """Where its services answer; None for the addresses of AWS."""

    def __str__(self) -> str:
        where = self.endpoint_url or f"AWS, Region {self.region or 'unknown'}"
        return f"acting on the stack {self.stack_name} at {where}"


@dataclass(frozen=True)
class LocalCloud(Cloud):
    """The stack of the local cloud."""

    def __str__(self) -> str:
        return f"acting on the local cloud, the stack {self.stack_name} at {self.endpoint_url}"


def choose(stack_name: str | None, region: str | None) -> Cloud:
    """Return the cloud that is meant; when it is the local one, lead this process's AWS clients there.

    The surroundings of the process are changed so that no credentials or settings of the developer's for AWS are left.
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
    """What the local cloud tells of itself; None when it is not up, even if its file was left behind."""
    return stack_file.read(place) if lock.owner(place) else None
