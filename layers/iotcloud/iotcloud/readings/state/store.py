"""Rows of sensor state: one per device, so that one request reads a hundred devices."""

from collections.abc import Mapping
from datetime import datetime
from zlib import crc32

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from iotcloud.dynamodb import InstantAttribute, Row, raise_unless_refused
from iotcloud.readings.state.codec import decode_state, encode_state
from iotcloud.readings.state.model import DeviceState, VersionConflict, VersionedState

DUE_SHARDS = 4
"""Partitions of the index of due checks. One takes 1000 writes a second (Amazon DynamoDB quotas)."""


class DueStates(GlobalSecondaryIndex["DeviceStateRow"]):  # type: ignore[no-untyped-call]
    """Devices by the time of their next inactivity check."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = InstantAttribute(range_key=True)


class DeviceStateRow(Row):
    """All sensors of one device and registration."""

    class Meta(Row.Meta):
        table_name = "device_states"

    deviceid = UnicodeAttribute(hash_key=True)
    registration = UnicodeAttribute()
    version = NumberAttribute()
    """Counted up by each write, so that of two writers the second notices."""
    state = UnicodeAttribute()
    """See iotcloud.readings.state.codec: read and written as a whole, never searched."""
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    """When the device's sensors are to be looked at; rows without are not in the index."""
    by_due = DueStates()


class DeviceStateStore:
    """Store of sensor state."""

    def find(self, registrations: Mapping[str, str]) -> dict[str, VersionedState]:
        """Return the states of devices, given their registrations, in one request per hundred.

        State of an earlier registration is ignored; a device without a row gets an empty state.
        """
        rows = {row.deviceid: row for row in DeviceStateRow.batch_get(sorted(registrations), consistent_read=True)}
        return {deviceid: _kept(rows.get(deviceid), registration) for deviceid, registration in registrations.items()}

    def save(self, deviceid: str, registration: str, state: DeviceState, version: int) -> None:
        """Write the state over the version that was read; raise VersionConflict when another was written since."""
        due_at = state.due_at
        row = DeviceStateRow(
            deviceid,
            registration=registration,
            version=version + 1,
            state=encode_state(state),
            due_shard=None if due_at is None else str(crc32(deviceid.encode()) % DUE_SHARDS),
            due_at=due_at,
        )
        is_unchanged = DeviceStateRow.version == version if version else DeviceStateRow.deviceid.does_not_exist()
        try:
            row.save(condition=is_unchanged)
        except PutError as failed:
            raise_unless_refused(failed)
            raise VersionConflict from None

    def find_due(self, at: datetime, limit: int) -> list[str]:
        """Return devices whose sensors are to be looked at by an instant, in one request for each shard."""
        return [
            row.deviceid
            for shard in range(DUE_SHARDS)
            for row in DeviceStateRow.by_due.query(str(shard), DeviceStateRow.due_at <= at, limit=limit // DUE_SHARDS)
        ]

    def erase(self, deviceid: str) -> None:
        """Forget a device."""
        DeviceStateRow(deviceid).delete()


def _kept(row: DeviceStateRow | None, registration: str) -> VersionedState:
    if row is None:
        return VersionedState()
    state = decode_state(row.state) if row.registration == registration else DeviceState()
    return VersionedState(state, int(row.version))
