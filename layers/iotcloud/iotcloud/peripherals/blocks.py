"""Finds the notification blocks of sensors, including those stored under a former key."""

from iotcloud.notification_blocks.model import NotificationBlock
from iotcloud.peripherals.interfaces import Sensors, StoredBlocks
from iotcloud.peripherals.model import Sensor, block_source, former_block_source, former_name


def find_block(
    blocks: StoredBlocks, sensors: Sensors, deviceid: str, sensor: Sensor, *, is_subclass: bool
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
