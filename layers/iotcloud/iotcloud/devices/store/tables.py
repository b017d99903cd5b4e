"""Rows of the registry's tables, and their conversion to devices and names."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from iotcloud.devices.model import Certificate, Device, DeviceName, Location, RegisteredDevice, Role, Watcher
from iotcloud.devices.presence import Mark, Presence
from iotcloud.dynamodb import InstantAttribute, Row, from_ms, raise_unless_refused, to_ms
from iotcloud.errors import DeviceNotRegistered, IotCloudError


class NamesOfDevice(GlobalSecondaryIndex["DeviceNameRow"]):  # type: ignore[no-untyped-call]
    """Users of a device, and their names for it."""

    class Meta:
        index_name = "by_deviceid"
        projection = AllProjection()

    deviceid = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(range_key=True)


class DeviceNameRow(Row):
    class Meta(Row.Meta):
        table_name = "device_names"

    owner = UnicodeAttribute(hash_key=True)
    """The user of this name, in any role."""
    devicename = UnicodeAttribute(range_key=True)
    deviceid = UnicodeAttribute()
    registration = UnicodeAttribute()
    role = UnicodeAttribute()
    """The role when the user accepted. The device's users table has the current one."""
    invited_as = UnicodeAttribute(null=True)
    by_deviceid = NamesOfDevice()


class DueDevices(GlobalSecondaryIndex["DeviceRow"]):  # type: ignore[no-untyped-call]
    """Devices about whose certificates something is to be done, by when."""

    class Meta:
        index_name = "by_due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = InstantAttribute(range_key=True)


class DeviceRow(Row):
    class Meta(Row.Meta):
        table_name = "devices"

    deviceid = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute()
    registration = UnicodeAttribute()
    serialnumber = UnicodeAttribute()
    registered_at = InstantAttribute()
    leaving_until = InstantAttribute(null=True)
    version = UnicodeAttribute(null=True)
    heartbeat_at = InstantAttribute(null=True)
    is_mqtt5 = BooleanAttribute(null=True)
    latitude = NumberAttribute(null=True)
    longitude = NumberAttribute(null=True)
    certificate_id = UnicodeAttribute(null=True)
    certificate_issued_at = InstantAttribute(null=True)
    certificate_expires_at = InstantAttribute(null=True)
    successor_id = UnicodeAttribute(null=True)
    successor_issued_at = InstantAttribute(null=True)
    successor_expires_at = InstantAttribute(null=True)
    due_shard = UnicodeAttribute(null=True)
    due_at = InstantAttribute(null=True)
    """When something is to be done about the certificates; rows without are not in the index."""
    by_due = DueDevices()
    connected_at = InstantAttribute(null=True)
    connected_version = NumberAttribute(null=True)
    disconnected_at = InstantAttribute(null=True)
    disconnected_version = NumberAttribute(null=True)
    disconnect_reason = UnicodeAttribute(null=True)
    watchers = UnicodeAttribute(null=True)
    """JSON: who watches the device, until when in epoch seconds. Compared as a whole by those who write it."""


def read_devices(deviceids: Iterable[str]) -> dict[str, RegisteredDevice]:
    """Return the registered devices, by id, without those being deleted. One request per hundred."""
    rows = DeviceRow.batch_get(sorted(set(deviceids)), consistent_read=True)
    return {row.deviceid: registered(row) for row in rows if row.leaving_until is None}


def change(
    device: RegisteredDevice,
    *actions: Action,
    condition: Condition | None = None,
    refusal: type[IotCloudError] = DeviceNotRegistered,
) -> None:
    """Change the row of a device that is there and not being deleted; raise `refusal` when it is not as it must be."""
    is_there = (DeviceRow.registration == device.registration) & DeviceRow.leaving_until.does_not_exist()
    try:
        DeviceRow(device.deviceid).update(
            actions=list(actions), condition=is_there if condition is None else is_there & condition
        )
    except UpdateError as failed:
        raise_unless_refused(failed)
        raise refusal from failed


def change_if(deviceid: str, *actions: Action, condition: Condition) -> bool:
    """Update a device's row if a condition holds, else do nothing. Return whether it held."""
    try:
        DeviceRow(deviceid).update(actions=list(actions), condition=condition)
    except UpdateError as failed:
        raise_unless_refused(failed)
        return False
    return True


def read_watchers(text: str | None) -> tuple[Watcher, ...]:
    """Read who watches a device, by user."""
    members: dict[str, int] = json.loads(text) if text else {}
    return tuple(Watcher(username, from_ms(until * 1000)) for username, until in sorted(members.items()))


def write_watchers(watchers: Iterable[Watcher]) -> str | None:
    """Write who watches a device; the same watchers give the same text. None for nobody."""
    members = {one.username: to_ms(one.until) // 1000 for one in sorted(watchers, key=lambda one: one.username)}
    return json.dumps(members, separators=(",", ":")) if members else None


def named(row: DeviceNameRow) -> DeviceName:
    """Make the name of its row."""
    return DeviceName(row.owner, row.devicename, row.deviceid, row.registration, Role(row.role))


def device_of(name: DeviceNameRow, row: DeviceRow) -> Device:
    """Make the device that a user sees, of the user's name for it and of its row."""
    return Device(
        username=name.owner,
        devicename=name.devicename,
        role=Role(name.role),
        invited_as=name.invited_as,
        **_members(row),
    )


def registered(row: DeviceRow) -> RegisteredDevice:
    """Make the device of its row."""
    return RegisteredDevice(**_members(row))


def _members(row: DeviceRow) -> dict[str, Any]:
    return {
        "deviceid": row.deviceid,
        "owner": row.owner,
        "serialnumber": row.serialnumber,
        "registered_at": row.registered_at,
        "registration": row.registration,
        "is_leaving": row.leaving_until is not None,
        "version": row.version,
        "heartbeat_at": row.heartbeat_at,
        "is_mqtt5": row.is_mqtt5,
        "location": None if row.latitude is None else Location(row.latitude, row.longitude),
        "certificate": _certificate(row.certificate_id, row.certificate_issued_at, row.certificate_expires_at),
        "successor": _certificate(row.successor_id, row.successor_issued_at, row.successor_expires_at),
        "presence": Presence(
            _mark(row.connected_at, row.connected_version),
            _mark(row.disconnected_at, row.disconnected_version),
            row.disconnect_reason,
        ),
        "watchers": read_watchers(row.watchers),
    }


def _mark(at: datetime | None, version: float | None) -> Mark | None:
    return None if at is None or version is None else Mark(at, int(version))


def _certificate(
    certificate_id: str | None, issued_at: datetime | None, expires_at: datetime | None
) -> Certificate | None:
    if certificate_id is None or issued_at is None or expires_at is None:
        return None
    return Certificate(certificate_id, issued_at, expires_at)
