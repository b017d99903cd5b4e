"""The rows of the device registry. Keys and conditions live here; rules do not.

`device_names` says who may call which device what: the consistent read of (user, name) is the check of every call. The
row of a device in `devices` knows no name, so that renaming leaves it alone. Both carry the `registration` drawn when
the id was registered: a name whose registration is not that of the device's row is a leftover, and gives no rights.

A device's row is written with every heartbeat: it is kept under 1 KB, the unit in which DynamoDB counts writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, DoesNotExist, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from iotcloud.devices.model import Certificate, Device, DeviceName, Location, RegisteredDevice, Role
from iotcloud.errors import DeviceIdTaken, DeviceIsLeaving, DeviceNameTaken, DeviceNotRegistered
from iotcloud.pages import Page, make_cursor, open_cursor
from iotcloud.rows import InstantAttribute, Row, commit, is_refused

MAX_TOGETHER = 100
"""Items of one transaction (Amazon DynamoDB quotas, "Transactions")."""
_REFUSED = "ConditionalCheckFailedException"
_REFUSED_PART = "ConditionalCheckFailed"
"""DynamoDB's words for a condition that does not hold: of one write, and of a transaction's part."""


class NamesOfDevice(GlobalSecondaryIndex["DeviceNameRow"]):  # type: ignore[no-untyped-call]
    """Who knows a device, and under which name."""

    class Meta:
        index_name = "by_deviceid"
        projection = AllProjection()

    deviceid = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(range_key=True)


class DeviceNameRow(Row):
    class Meta(Row.Meta):
        table_name = "device_names"

    owner = UnicodeAttribute(hash_key=True)
    """The user whose name for the device this is, whatever their role."""
    devicename = UnicodeAttribute(range_key=True)
    deviceid = UnicodeAttribute()
    registration = UnicodeAttribute()
    role = UnicodeAttribute()
    by_deviceid = NamesOfDevice()


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


@dataclass(frozen=True)
class DeviceStore:
    """The registry in DynamoDB; its rows are bound before it is made."""

    def add(self, device: Device) -> None:
        """Take the name and the id in one step; raise DeviceNameTaken or DeviceIdTaken."""

        def fill(write: TransactWrite) -> None:
            write.save(_name_row(device), condition=DeviceNameRow.devicename.does_not_exist())
            write.save(_device_row(device), condition=DeviceRow.deviceid.does_not_exist())

        try:
            commit(DeviceRow, fill)
        except TransactWriteError as failed:
            by_name, by_id = _refused(failed)
            if by_name:
                raise DeviceNameTaken from failed
            if by_id:
                raise DeviceIdTaken from failed
            raise

    def find(self, username: str, devicename: str) -> Device:
        """Read the device that a user calls so; raise DeviceNotRegistered."""
        try:
            name = DeviceNameRow.get(username, devicename, consistent_read=True)
            row = DeviceRow.get(name.deviceid, consistent_read=True)
        except DoesNotExist:
            raise DeviceNotRegistered from None
        if row.registration != name.registration:
            raise DeviceNotRegistered
        return _device(name, row)

    def find_all(self, username: str, devicenames: Sequence[str]) -> list[Device]:
        """Read the devices that a user calls so; those that there are not are left out. Two batches per hundred."""
        keys = [(username, devicename) for devicename in devicenames]
        return self._join(list(DeviceNameRow.batch_get(keys, consistent_read=True)))

    def page(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Read a user's devices by name, `limit` at a time: one query, and one batch per hundred."""
        scope = f"devices of {username}"
        after = {"owner": {"S": username}, "devicename": {"S": open_cursor(scope, cursor)}} if cursor else None
        found = DeviceNameRow.query(username, limit=limit, last_evaluated_key=after, consistent_read=True)
        names = list(found)
        has_more = found.last_evaluated_key is not None
        return Page(self._join(names), make_cursor(scope, names[-1].devicename) if has_more else None)

    def rename(self, device: Device, new_devicename: str) -> Device:
        """Let the user of `device` call it otherwise; raise DeviceNameTaken, DeviceNotRegistered."""
        renamed = replace(device, devicename=new_devicename)

        def fill(write: TransactWrite) -> None:
            write.delete(_name_row(device), condition=DeviceNameRow.registration == device.registration)
            write.save(_name_row(renamed), condition=DeviceNameRow.devicename.does_not_exist())

        try:
            commit(DeviceRow, fill)
        except TransactWriteError as failed:
            by_old, by_new = _refused(failed)
            if by_new:
                raise DeviceNameTaken("Device name is already registered") from failed
            if by_old:
                raise DeviceNotRegistered from failed
            raise
        return renamed

    def leave(self, device: Device, now: datetime, within: timedelta) -> None:
        """Mark the device as being deleted, so that nothing new is kept for it.

        Raise DeviceIsLeaving while another call may still be at it, or has just ended.
        """
        unclaimed = DeviceRow.leaving_until.does_not_exist() | (DeviceRow.leaving_until <= now)
        try:
            DeviceRow(device.deviceid).update(
                actions=[DeviceRow.leaving_until.set(now + within)],
                condition=(DeviceRow.registration == device.registration) & unclaimed,
            )
        except UpdateError as failed:
            _raise_unless_refused(failed)
            raise DeviceIsLeaving from failed

    def stay(self, device: Device, now: datetime) -> None:
        """Let the deletion be begun again at once; the device remains marked. Nothing to do when it has gone."""
        _pass_over_refused(
            device.deviceid,
            DeviceRow.leaving_until.set(now),
            condition=DeviceRow.registration == device.registration,
        )

    def remove(self, device: Device) -> None:
        """Remove this registration's names and row; what another registration has put there since stays."""
        others = [
            name
            for name in DeviceNameRow.by_deviceid.query(device.deviceid)
            if name.registration == device.registration and name.owner != device.owner
        ]
        names = {(device.owner, device.devicename): _name_row(device)} | {
            (row.owner, row.devicename): row for row in others
        }

        def fill(write: TransactWrite) -> None:
            for name in names.values():
                write.delete(name, condition=_is_of(DeviceNameRow.registration, device))
            write.delete(DeviceRow(device.deviceid), condition=_is_of(DeviceRow.registration, device))

        try:
            commit(DeviceRow, fill)
        except TransactWriteError as failed:
            if not any(_refused(failed)):
                raise

    def set_location(self, device: Device, location: Location | None) -> None:
        """Place the device on the map, or take it off; raise DeviceNotRegistered."""
        self._update(device, *_placing(location))

    def set_locations(self, placed: Sequence[tuple[Device, Location | None]]) -> None:
        """Place devices, or take them off the map, up to a hundred together; raise DeviceNotRegistered."""
        for begin in range(0, len(placed), MAX_TOGETHER):
            together = placed[begin : begin + MAX_TOGETHER]
            try:
                commit(DeviceRow, partial(_place, together))
            except TransactWriteError as failed:
                if any(_refused(failed)):
                    raise DeviceNotRegistered from failed
                raise

    def set_certificate(self, device: Device, certificate: Certificate) -> None:
        """Make `certificate` the one in use; raise DeviceNotRegistered."""
        self._update(
            device,
            DeviceRow.certificate_id.set(certificate.certificate_id),
            DeviceRow.certificate_issued_at.set(certificate.issued_at),
            DeviceRow.certificate_expires_at.set(certificate.expires_at),
        )

    def record_version(self, deviceid: str, version: str) -> None:
        """Keep the firmware version that the device just told; a device that is gone stays gone."""
        _pass_over_refused(deviceid, DeviceRow.version.set(version), condition=DeviceRow.registration.exists())

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        """Keep whether the device returns MQTT 5 correlation data; a device that is gone stays gone."""
        _pass_over_refused(deviceid, DeviceRow.is_mqtt5.set(is_mqtt5), condition=DeviceRow.registration.exists())

    def list_names(self, username: str) -> list[DeviceName]:
        """Return what a user calls devices, in one request for each megabyte of names."""
        return [
            DeviceName(row.owner, row.devicename, row.deviceid, row.registration, Role(row.role))
            for row in DeviceNameRow.query(username, consistent_read=True)
        ]

    def forget_name(self, name: DeviceName) -> None:
        """Remove what a user calls a device, unless the name is another device's by now; the device itself stays."""
        row = DeviceNameRow(name.username, name.devicename)
        try:
            row.delete(condition=DeviceNameRow.registration == name.registration)
        except DeleteError as failed:
            if not is_refused(failed):
                raise

    def find_devices(self, deviceids: Iterable[str]) -> dict[str, RegisteredDevice]:
        """Return those that are registered and not being deleted, by id: one request for each hundred."""
        rows = DeviceRow.batch_get(sorted(set(deviceids)), consistent_read=True)
        return {row.deviceid: RegisteredDevice(**_members(row)) for row in rows if row.leaving_until is None}

    def record_heartbeats(self, heartbeats: Mapping[str, datetime]) -> None:
        """Keep when each device was last heard: the latest wins in whatever order; unknown ids are passed over."""
        for deviceid, heartbeat_at in sorted(heartbeats.items()):
            is_news = DeviceRow.heartbeat_at.does_not_exist() | (DeviceRow.heartbeat_at < heartbeat_at)
            _pass_over_refused(
                deviceid,
                DeviceRow.heartbeat_at.set(heartbeat_at),
                condition=DeviceRow.registration.exists() & is_news,
            )

    def _join(self, names: Sequence[DeviceNameRow]) -> list[Device]:
        """Read the devices of names, in their order, without leftovers."""
        rows = {
            row.deviceid: row for row in DeviceRow.batch_get([name.deviceid for name in names], consistent_read=True)
        }
        pairs = ((name, rows.get(name.deviceid)) for name in names)
        return [_device(name, row) for name, row in pairs if row is not None and row.registration == name.registration]

    def _update(self, device: Device, *actions: Action) -> None:
        try:
            DeviceRow(device.deviceid).update(
                actions=list(actions), condition=DeviceRow.registration == device.registration
            )
        except UpdateError as failed:
            _raise_unless_refused(failed)
            raise DeviceNotRegistered from failed


def _device_row(device: Device) -> DeviceRow:
    return DeviceRow(
        device.deviceid,
        owner=device.owner,
        registration=device.registration,
        serialnumber=device.serialnumber,
        registered_at=device.registered_at,
    )


def _name_row(device: Device) -> DeviceNameRow:
    return DeviceNameRow(
        device.username,
        device.devicename,
        deviceid=device.deviceid,
        registration=device.registration,
        role=device.role.value,
    )


def _device(name: DeviceNameRow, row: DeviceRow) -> Device:
    return Device(username=name.owner, devicename=name.devicename, role=Role(name.role), **_members(row))


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
        "certificate": _certificate(row),
    }


def _certificate(row: DeviceRow) -> Certificate | None:
    if row.certificate_id is None:
        return None
    return Certificate(row.certificate_id, row.certificate_issued_at, row.certificate_expires_at)


def _pass_over_refused(deviceid: str, *actions: Action, condition: Condition) -> None:
    try:
        DeviceRow(deviceid).update(actions=list(actions), condition=condition)
    except UpdateError as failed:
        _raise_unless_refused(failed)


def _placing(location: Location | None) -> list[Action]:
    if location is None:
        return [DeviceRow.latitude.remove(), DeviceRow.longitude.remove()]
    return [DeviceRow.latitude.set(location.latitude), DeviceRow.longitude.set(location.longitude)]


def _place(placed: Sequence[tuple[Device, Location | None]], write: TransactWrite) -> None:
    for device, location in placed:
        write.update(
            DeviceRow(device.deviceid),
            actions=_placing(location),
            condition=DeviceRow.registration == device.registration,
        )


def _is_of(registration: UnicodeAttribute, device: Device) -> Condition:
    """Make the condition that a row is of this registration, or gone already."""
    condition: Condition = registration.does_not_exist() | (registration == device.registration)
    return condition


def _refused(failed: TransactWriteError) -> list[bool]:
    """Tell for each part of a transaction whether its condition refused it."""
    return [reason is not None and reason.code == _REFUSED_PART for reason in failed.cancellation_reasons]


def _raise_unless_refused(failed: UpdateError) -> None:
    if failed.cause_response_code != _REFUSED:
        raise failed
