"""The MQTT grammar between devices and server: built and parsed here, and nowhere else.

to device     {deviceid}/{api}
from device   server/{deviceid}/{api}[/...]
"""

from dataclasses import dataclass
from enum import StrEnum

SERVER = "server"
LIVE = "app.live"
"""The first level of topics on which users are told of devices. No device can be called so: its id has no dot."""
LIVE_CLIENT = "app."
"""How the client ids of users begin who listen there."""
SEPARATOR = "/"
MAX_LEVELS = 8
"""AWS IoT Core allows seven slashes in a topic (AWS IoT Core quotas, "Maximum number of slashes in topic")."""


class Direction(StrEnum):
    """Who published, seen from the device; the spelling is that of the histories."""

    FROM = "From"
    TO = "To"


class TopicError(ValueError):
    """The topic is not one of the grammar."""


@dataclass(frozen=True)
class DeviceTopic:
    """One topic of the grammar; `api` may carry sub-topics, e.g. `trigger_notification/uart/email`."""

    direction: Direction
    deviceid: str
    api: str

    def __str__(self) -> str:
        head = (SERVER, self.deviceid) if self.direction is Direction.FROM else (self.deviceid,)
        return SEPARATOR.join((*head, self.api))


def command(deviceid: str, api: str) -> str:
    """Build the topic on which the server sends `api` to a device."""
    return str(DeviceTopic(Direction.TO, deviceid, api))


def reply(deviceid: str, api: str) -> str:
    """Build the topic on which the device answers `api`."""
    return str(DeviceTopic(Direction.FROM, deviceid, api))


def live(user: str, deviceid: str, kind: str) -> str:
    """Build the topic on which a user is told something of a device."""
    return SEPARATOR.join((LIVE, user, deviceid, kind))


def parse(topic: str) -> DeviceTopic:
    """Split a topic into direction, device and api; raise TopicError when it is not of the grammar."""
    levels = topic.split(SEPARATOR)
    if len(levels) > MAX_LEVELS or not all(levels):
        raise TopicError(topic)
    if levels[0] == SERVER:
        if len(levels) < 3:
            raise TopicError(topic)
        return DeviceTopic(Direction.FROM, levels[1], SEPARATOR.join(levels[2:]))
    if len(levels) != 2:
        raise TopicError(topic)
    return DeviceTopic(Direction.TO, levels[0], levels[1])
