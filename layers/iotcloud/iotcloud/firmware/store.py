"""The rows of devices' firmware: what a device told of itself, and its newest update."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError

from iotcloud.dynamodb import Row, from_ms, raise_unless_refused, to_ms
from iotcloud.firmware.updates import DeviceFirmware, State, Update

_INSTANTS = ("requested_at", "heard_at")


class DeviceFirmwareRow(Row):
    class Meta(Row.Meta):
        table_name = "device_firmware"

    deviceid = UnicodeAttribute(hash_key=True)
    registration = UnicodeAttribute()
    owner = UnicodeAttribute()
    model = UnicodeAttribute()
    checks_signatures = BooleanAttribute(default=False)
    path = UnicodeAttribute(null=True)
    update_record = UnicodeAttribute(null=True)
    """JSON of the newest update: read and written whole."""
    revision = NumberAttribute()


class DeviceFirmwareStore:
    """Keeps a row for each device that was ever updated, or told of its firmware."""

    def find(self, deviceid: str) -> DeviceFirmware | None:
        """Return what is kept of a device: one request."""
        try:
            return _read(DeviceFirmwareRow.get(deviceid, consistent_read=True))
        except DoesNotExist:
            return None

    def find_all(self, deviceids: Iterable[str]) -> dict[str, DeviceFirmware]:
        """Return what is kept of devices, by id: one request for each hundred."""
        rows = DeviceFirmwareRow.batch_get(sorted(set(deviceids)), consistent_read=True)
        return {row.deviceid: _read(row) for row in rows}

    def save(self, firmware: DeviceFirmware) -> DeviceFirmware | None:
        """Keep this in place of what it was made of; None when somebody else wrote meanwhile."""
        kept = replace(firmware, revision=firmware.revision + 1)
        is_unchanged = (
            DeviceFirmwareRow.revision == firmware.revision
            if firmware.revision
            else DeviceFirmwareRow.deviceid.does_not_exist()
        )
        try:
            _row(kept).save(condition=is_unchanged)
        except PutError as failed:
            raise_unless_refused(failed)
            return None
        return kept

    def erase(self, deviceid: str) -> None:
        """Forget a device. Idempotent."""
        DeviceFirmwareRow(deviceid).delete()


def _row(firmware: DeviceFirmware) -> DeviceFirmwareRow:
    return DeviceFirmwareRow(
        firmware.deviceid,
        registration=firmware.registration,
        owner=firmware.owner,
        model=firmware.model,
        checks_signatures=firmware.checks_signatures,
        path=firmware.path or None,
        update_record=None if firmware.update is None else json.dumps(_members(firmware.update)),
        revision=firmware.revision,
    )


def _read(row: DeviceFirmwareRow) -> DeviceFirmware:
    return DeviceFirmware(
        row.deviceid,
        row.registration,
        row.owner,
        row.model,
        bool(row.checks_signatures),
        row.path or "",
        None if row.update_record is None else _update(json.loads(row.update_record)),
        int(row.revision),
    )


def _members(update: Update) -> Mapping[str, Any]:
    members = asdict(update)
    return {name: to_ms(value) if name in _INSTANTS else value for name, value in members.items()}


def _update(members: Mapping[str, Any]) -> Update:
    read: dict[str, Any] = {name: from_ms(value) if name in _INSTANTS else value for name, value in members.items()}
    read["state"] = State(read["state"])
    return Update(**read)
