"""The rows of what is remembered of sensors: one per device, so that one request reads those of a hundred."""

from collections.abc import Mapping

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError

from iotcloud.readings.memory_text import read_memory, write_memory
from iotcloud.readings.model import DeviceMemory, KeptMemory, MemoryChanged
from iotcloud.rows import Row, is_refused


class SensorMemoryRow(Row):
    """All sensors of one device, in the life that `registration` stands for."""

    class Meta(Row.Meta):
        table_name = "sensor_memories"

    deviceid = UnicodeAttribute(hash_key=True)
    registration = UnicodeAttribute()
    version = NumberAttribute()
    """Counted up by each write, so that of two writers the second notices."""
    memory = UnicodeAttribute()
    """See iotcloud.readings.memory_text: read and written as a whole, never searched."""


class SensorMemoryStore:
    """Keeps what is remembered of sensors."""

    def find(self, registrations: Mapping[str, str]) -> dict[str, KeptMemory]:
        """Return what is remembered of devices, given the registration of each: one request for each hundred.

        A device's former life is not remembered; a device of which nothing is gets an empty memory.
        """
        rows = {row.deviceid: row for row in SensorMemoryRow.batch_get(sorted(registrations), consistent_read=True)}
        return {deviceid: _kept(rows.get(deviceid), registration) for deviceid, registration in registrations.items()}

    def save(self, deviceid: str, registration: str, memory: DeviceMemory, version: int) -> None:
        """Write what is remembered over the version that was read; raise MemoryChanged when there is another by now."""
        row = SensorMemoryRow(deviceid, registration=registration, version=version + 1, memory=write_memory(memory))
        is_unchanged = SensorMemoryRow.version == version if version else SensorMemoryRow.deviceid.does_not_exist()
        try:
            row.save(condition=is_unchanged)
        except PutError as failed:
            if is_refused(failed):
                raise MemoryChanged from None
            raise

    def erase(self, deviceid: str) -> None:
        """Forget a device."""
        SensorMemoryRow(deviceid).delete()


def _kept(row: SensorMemoryRow | None, registration: str) -> KeptMemory:
    if row is None:
        return KeptMemory()
    memory = read_memory(row.memory) if row.registration == registration else DeviceMemory()
    return KeptMemory(memory, int(row.version))
