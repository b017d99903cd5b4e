"""The rows of what is remembered of sensors: one per device, so that one request reads those of a hundred."""

from collections.abc import Mapping
from datetime import datetime
from zlib import crc32

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from iotcloud.readings.memory_text import read_memory, write_memory
from iotcloud.readings.model import DeviceMemory, KeptMemory, MemoryChanged
from iotcloud.rows import InstantAttribute, Row, raise_unless_refused

DUE_SHARDS = 4
"""Partitions of the index of what is due. One takes 1000 writes a second (Amazon DynamoDB quotas)."""


class DueMemories(GlobalSecondaryIndex["SensorMemoryRow"]):  # type: ignore[no-untyped-call]
    """Devices of which a sensor may be silent, by when that is so."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = InstantAttribute(range_key=True)


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
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    """When the device's sensors are to be looked at; rows without are not in the index."""
    by_due = DueMemories()


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
        due_at = memory.due_at
        row = SensorMemoryRow(
            deviceid,
            registration=registration,
            version=version + 1,
            memory=write_memory(memory),
            due_shard=None if due_at is None else str(crc32(deviceid.encode()) % DUE_SHARDS),
            due_at=due_at,
        )
        is_unchanged = SensorMemoryRow.version == version if version else SensorMemoryRow.deviceid.does_not_exist()
        try:
            row.save(condition=is_unchanged)
        except PutError as failed:
            raise_unless_refused(failed)
            raise MemoryChanged from None

    def find_due(self, at: datetime, limit: int) -> list[str]:
        """Return devices whose sensors are to be looked at by an instant, in one request for each shard."""
        return [
            row.deviceid
            for shard in range(DUE_SHARDS)
            for row in SensorMemoryRow.by_due.query(str(shard), SensorMemoryRow.due_at <= at, limit=limit // DUE_SHARDS)
        ]

    def erase(self, deviceid: str) -> None:
        """Forget a device."""
        SensorMemoryRow(deviceid).delete()


def _kept(row: SensorMemoryRow | None, registration: str) -> KeptMemory:
    if row is None:
        return KeptMemory()
    memory = read_memory(row.memory) if row.registration == registration else DeviceMemory()
    return KeptMemory(memory, int(row.version))
