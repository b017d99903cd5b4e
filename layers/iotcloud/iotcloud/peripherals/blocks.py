"""Finds the notification blocks of sensors, including those stored under a former key."""

from collections.abc import Iterable
from typing import Protocol

from iotcloud.notices.model import NotificationBlock
from iotcloud.peripherals.model import Sensor, block_source, former_block_source, former_name


class Blocks(Protocol):
    """The stored blocks."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None: ...


class Sensors(Protocol):
    """The registered sensors of devices."""

    def list(self, deviceid: str) -> Iterable[Sensor]: ...


def find_block(
    blocks: Blocks, sensors: Sensors, deviceid: str, sensor: Sensor, *, is_subclass: bool
) -> NotificationBlock | None:
    """Return the stored block of a sensor's class or second class, or None.

    The former key of a second class may hold the block of a sensor of that name, which is then ignored.
    """
    found = blocks.find(deviceid, block_source(sensor, is_subclass=is_subclass))
    if found is not None or not is_subclass:
        return found
    former = blocks.find(deviceid, former_block_source(sensor))
    is_anothers = former is not None and any(one.sensorname == former_name(sensor) for one in sensors.list(deviceid))
    return None if is_anothers else former
