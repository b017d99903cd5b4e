"""The rows of the device registry. Keys and conditions live here; rules do not.

`device_names` says who may call which device what: the consistent read of (user, name) is the check of every call. The
row of a device in `devices` knows no name, so that renaming leaves it alone. Both carry the `registration` drawn when
the id was registered: a name whose registration is not that of the device's row is a leftover, and gives no rights.

A device's row is written with every heartbeat: it is kept under 1 KB, the unit in which DynamoDB counts writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zlib import crc32

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from iotcloud.devices.model import Certificate, Device, DeviceName, Location, RegisteredDevice, Role
from iotcloud.devices.presence import NEAR, Change, Mark, Presence, PresenceEvent
from iotcloud.errors import (
    DeviceIdTaken,
    DeviceIsLeaving,
    DeviceNameTaken,
    DeviceNotRegistered,
    IotCloudError,
    RenewalUnderWay,
)
from iotcloud.pages import Page, make_cursor, open_cursor
from iotcloud.rows import InstantAttribute, Row, commit, raise_unless_refused, read_together, refused_parts

DUE_SHARDS = 8
"""Partitions of the index of what is due: a fleet that was registered in one hour is due in one hour."""
MAX_REMEMBERED = 1000
"""Names whose device an execution environment remembers."""
MAX_TOGETHER = 100
"""Items of one transaction (Amazon DynamoDB quotas, "Transactions")."""


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
    """Of an invited user as it was when they came; what counts is kept with the device's users."""
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


_NO_CERTIFICATE = tuple(
    attribute.remove()
    for attribute in (DeviceRow.certificate_id, DeviceRow.certificate_issued_at, DeviceRow.certificate_expires_at)
)
_NO_SUCCESSOR = tuple(
    attribute.remove()
    for attribute in (DeviceRow.successor_id, DeviceRow.successor_issued_at, DeviceRow.successor_expires_at)
)
_MARKS = {
    Change.CONNECTED: (DeviceRow.connected_at, DeviceRow.connected_version),
    Change.DISCONNECTED: (DeviceRow.disconnected_at, DeviceRow.disconnected_version),
}


@dataclass(frozen=True)
class DeviceStore:
    """The registry in DynamoDB; its rows are bound before it is made."""

    _ids: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)
    """Which device a name meant when it was last read, to read both rows in one request; never taken for granted."""

    def add(self, device: Device) -> None:
        """Take the name and the id in one step; raise DeviceNameTaken or DeviceIdTaken."""

        def fill(write: TransactWrite) -> None:
            write.save(_name_row(device), condition=DeviceNameRow.devicename.does_not_exist())
            write.save(_device_row(device), condition=DeviceRow.deviceid.does_not_exist())

        try:
            commit(DeviceRow, fill)
        except TransactWriteError as failed:
            is_name_taken, _ = refused_parts(failed)
            raise (DeviceNameTaken if is_name_taken else DeviceIdTaken) from failed

    def find(self, username: str, devicename: str) -> Device:
        """Read the device that a user calls so; raise DeviceNotRegistered."""
        name, row = self._read_at_once(username, devicename)
        try:
            name = name or DeviceNameRow.get(username, devicename, consistent_read=True)
            row = row or DeviceRow.get(name.deviceid, consistent_read=True)
        except DoesNotExist:
            raise DeviceNotRegistered from None
        if row.registration != name.registration:
            raise DeviceNotRegistered
        if len(self._ids) >= MAX_REMEMBERED:
            self._ids.clear()
        self._ids[username, devicename] = name.deviceid
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
            _, is_name_taken = refused_parts(failed)
            if is_name_taken:
                raise DeviceNameTaken("Device name is already registered") from failed
            raise DeviceNotRegistered from failed
        return renamed

    def leave(self, device: Device, now: datetime, within: timedelta) -> RegisteredDevice:
        """Mark the device as being deleted, so that nothing new is kept for it, and return it as it is from now on.

        Raise DeviceIsLeaving while another call may still be at it, or has just ended.
        """
        unclaimed = DeviceRow.leaving_until.does_not_exist() | (DeviceRow.leaving_until <= now)
        row = DeviceRow(device.deviceid)
        try:
            row.update(
                actions=[DeviceRow.leaving_until.set(now + within)],
                condition=(DeviceRow.registration == device.registration) & unclaimed,
            )
        except UpdateError as failed:
            raise_unless_refused(failed)
            raise DeviceIsLeaving from failed
        return RegisteredDevice(**_members(row))

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
            refused_parts(failed)

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
                refused_parts(failed)
                raise DeviceNotRegistered from failed

    def set_certificate(self, device: RegisteredDevice, certificate: Certificate, due_at: datetime | None) -> None:
        """Make `certificate` the one in use, of a device that has none; raise RenewalUnderWay when it has one."""
        self._update(
            device,
            DeviceRow.certificate_id.set(certificate.certificate_id),
            DeviceRow.certificate_issued_at.set(certificate.issued_at),
            DeviceRow.certificate_expires_at.set(certificate.expires_at),
            *_due(device, due_at),
            condition=DeviceRow.certificate_id.does_not_exist(),
            refusal=RenewalUnderWay,
        )

    def set_successor(self, device: RegisteredDevice, successor: Certificate, due_at: datetime | None) -> None:
        """Keep a certificate beside the one in use; raise RenewalUnderWay when another renewal was quicker."""
        self._update(
            device,
            DeviceRow.successor_id.set(successor.certificate_id),
            DeviceRow.successor_issued_at.set(successor.issued_at),
            DeviceRow.successor_expires_at.set(successor.expires_at),
            *_due(device, due_at),
            condition=DeviceRow.successor_id.does_not_exist(),
            refusal=RenewalUnderWay,
        )

    def promote(self, device: RegisteredDevice, due_at: datetime | None) -> None:
        """Make the successor the certificate in use; nothing to do when that has been done."""
        successor = device.successor
        if successor is None:
            return
        _pass_over_refused(
            device.deviceid,
            DeviceRow.certificate_id.set(successor.certificate_id),
            DeviceRow.certificate_issued_at.set(successor.issued_at),
            DeviceRow.certificate_expires_at.set(successor.expires_at),
            *_NO_SUCCESSOR,
            *_due(device, due_at),
            condition=DeviceRow.successor_id == successor.certificate_id,
        )

    def forget_certificate(self, device: RegisteredDevice, certificate: Certificate) -> None:
        """Forget a certificate, in use or not; nothing to do when it is not there."""
        certificate_id = certificate.certificate_id
        _pass_over_refused(device.deviceid, *_NO_SUCCESSOR, condition=DeviceRow.successor_id == certificate_id)
        _pass_over_refused(device.deviceid, *_NO_CERTIFICATE, condition=DeviceRow.certificate_id == certificate_id)

    def find_due(self, now: datetime, limit: int) -> list[RegisteredDevice]:
        """Return devices about whose certificates something is due: a query a shard, a batch a hundred devices."""
        deviceids = [
            row.deviceid
            for shard in range(DUE_SHARDS)
            for row in DeviceRow.by_due.query(str(shard), DeviceRow.due_at <= now, limit=limit // DUE_SHARDS)
        ]
        return list(self.find_devices(deviceids).values())

    def set_due(self, device: RegisteredDevice, due_at: datetime | None) -> None:
        """Keep when something is to be done about the certificates next; nothing to do when the device has gone."""
        _pass_over_refused(
            device.deviceid, *_due(device, due_at), condition=DeviceRow.registration == device.registration
        )

    def record_version(self, deviceid: str, version: str) -> None:
        """Keep the firmware version that the device just told; a device that is gone stays gone."""
        _pass_over_refused(deviceid, DeviceRow.version.set(version), condition=DeviceRow.registration.exists())

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        """Keep whether the device returns MQTT 5 correlation data; a device that is gone stays gone."""
        _pass_over_refused(deviceid, DeviceRow.is_mqtt5.set(is_mqtt5), condition=DeviceRow.registration.exists())

    def list_names(self, username: str) -> list[DeviceName]:
        """Return what a user calls devices, in one request for each megabyte of names."""
        return [_devicename(row) for row in DeviceNameRow.query(username, consistent_read=True)]

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> list[DeviceName]:
        """Return what a user calls devices now, given by id what the user called them once.

        One request for each hundred, and one for each device that was renamed since or has gone.
        """
        keys = {(username, devicename) for devicename in devicenames.values() if devicename}
        named = [_devicename(row) for row in DeviceNameRow.batch_get(sorted(keys), consistent_read=True)]
        names = {name.deviceid: name for name in named if name.deviceid in devicenames}
        for deviceid in devicenames.keys() - names.keys():
            for row in DeviceNameRow.by_deviceid.query(deviceid, DeviceNameRow.owner == username, limit=1):
                names[deviceid] = _devicename(row)
        return list(names.values())

    def add_name(self, device: RegisteredDevice, username: str, devicename: str, role: Role, email: str) -> Device:
        """Keep what an invited user calls a device, once more too; raise DeviceNameTaken."""
        row = DeviceNameRow(
            username,
            devicename,
            deviceid=device.deviceid,
            registration=device.registration,
            role=role.value,
            invited_as=email,
        )
        is_free = DeviceNameRow.devicename.does_not_exist() | (DeviceNameRow.registration == device.registration)
        try:
            row.save(condition=is_free)
        except PutError as failed:
            raise_unless_refused(failed)
            raise DeviceNameTaken from failed
        members = {name: getattr(device, name) for name in RegisteredDevice.__dataclass_fields__}
        return Device(username=username, devicename=devicename, role=role, invited_as=email, **members)

    def forget_names(self, deviceid: str, username: str) -> None:
        """Remove what a user calls a device, as far as the index knows it; a name without a right gives none."""
        for row in DeviceNameRow.by_deviceid.query(deviceid, DeviceNameRow.owner == username):
            self.forget_name(_devicename(row))

    def forget_name(self, name: DeviceName) -> None:
        """Remove what a user calls a device, unless the name is another device's by now; the device itself stays."""
        row = DeviceNameRow(name.username, name.devicename)
        try:
            row.delete(condition=DeviceNameRow.registration == name.registration)
        except DeleteError as failed:
            raise_unless_refused(failed)

    def find_owners_name(self, device: RegisteredDevice) -> str:
        """Return what the owner calls a device; its id while the index does not know."""
        names = DeviceNameRow.by_deviceid.query(device.deviceid, DeviceNameRow.owner == device.owner)
        return next((row.devicename for row in names if row.registration == device.registration), device.deviceid)

    def find_devices(self, deviceids: Iterable[str]) -> dict[str, RegisteredDevice]:
        """Return those that are registered and not being deleted, by id: one request for each hundred."""
        rows = DeviceRow.batch_get(sorted(set(deviceids)), consistent_read=True)
        return {row.deviceid: RegisteredDevice(**_members(row)) for row in rows if row.leaving_until is None}

    def find_registration(self, deviceid: str) -> str | None:
        """Return the registration of a device, also of one that is being deleted; None when there is none."""
        try:
            return DeviceRow.get(deviceid, consistent_read=True).registration
        except DoesNotExist:
            return None

    def record_heartbeats(self, heartbeats: Mapping[str, datetime]) -> None:
        """Keep when each device was last heard: the latest wins in whatever order; unknown ids are passed over."""
        for deviceid, heartbeat_at in sorted(heartbeats.items()):
            is_news = DeviceRow.heartbeat_at.does_not_exist() | (DeviceRow.heartbeat_at < heartbeat_at)
            _pass_over_refused(
                deviceid,
                DeviceRow.heartbeat_at.set(heartbeat_at),
                condition=DeviceRow.registration.exists() & is_news,
            )

    def record_presence(self, event: PresenceEvent) -> RegisteredDevice | None:
        """Take in an event of a device's connection, if it is news: one conditional write, in whatever order they come.

        Return the device as it is then, None when it is not registered.
        """
        at, version = _MARKS[event.change]
        is_news = (
            at.does_not_exist()
            | (at < event.mark.at - NEAR)
            | ((at <= event.mark.at + NEAR) & (version < event.mark.version))
        )
        row = DeviceRow(event.deviceid)
        actions: list[Action] = [at.set(event.mark.at), version.set(event.mark.version)]
        if event.change is Change.DISCONNECTED:
            reason = DeviceRow.disconnect_reason
            actions.append(reason.remove() if event.reason is None else reason.set(event.reason))
        try:
            row.update(actions=actions, condition=DeviceRow.registration.exists() & is_news)
        except UpdateError as failed:
            raise_unless_refused(failed)
            return self.find_devices([event.deviceid]).get(event.deviceid)
        return None if row.leaving_until is not None else RegisteredDevice(**_members(row))

    def find_owned(self, deviceid: str) -> Device | None:
        """Read a device as its owner sees it, by its id; None when it is not registered, or about to go."""
        registered = self.find_devices([deviceid]).get(deviceid)
        if registered is None:
            return None
        names = DeviceNameRow.by_deviceid.query(deviceid, NamesOfDevice.owner == registered.owner, limit=1)
        found = self._join(list(names))
        return found[0] if found else None

    def find_other(self, owner: str, name_or_id: str) -> Device | None:
        """Read a device that this user owns, by its name or else by its id; None when there is none."""
        (named,) = self.find_all(owner, [name_or_id]) or (None,)
        found = named or self.find_owned(name_or_id)
        return found if found is not None and found.owner == owner else None

    def _join(self, names: Sequence[DeviceNameRow]) -> list[Device]:
        """Read the devices of names, in their order, without leftovers."""
        rows = {
            row.deviceid: row for row in DeviceRow.batch_get([name.deviceid for name in names], consistent_read=True)
        }
        pairs = ((name, rows.get(name.deviceid)) for name in names)
        return [_device(name, row) for name, row in pairs if row is not None and row.registration == name.registration]

    def _read_at_once(self, username: str, devicename: str) -> "tuple[DeviceNameRow | None, DeviceRow | None]":
        """Read the name, and beside it the device that it meant before; the device only if it still means that one."""
        deviceid = self._ids.get((username, devicename))
        if deviceid is None:
            return None, None
        found = read_together(
            {
                DeviceNameRow: {"owner": {"S": username}, "devicename": {"S": devicename}},
                DeviceRow: {"deviceid": {"S": deviceid}},
            }
        )
        name = found.get(DeviceNameRow)
        return name, found.get(DeviceRow) if name is not None and name.deviceid == deviceid else None

    def _update(
        self,
        device: RegisteredDevice,
        *actions: Action,
        condition: Condition | None = None,
        refusal: type[IotCloudError] = DeviceNotRegistered,
    ) -> None:
        is_there = (DeviceRow.registration == device.registration) & DeviceRow.leaving_until.does_not_exist()
        try:
            DeviceRow(device.deviceid).update(
                actions=list(actions), condition=is_there if condition is None else is_there & condition
            )
        except UpdateError as failed:
            raise_unless_refused(failed)
            raise refusal from failed


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
        invited_as=device.invited_as,
    )


def _devicename(row: DeviceNameRow) -> DeviceName:
    return DeviceName(row.owner, row.devicename, row.deviceid, row.registration, Role(row.role))


def _device(name: DeviceNameRow, row: DeviceRow) -> Device:
    return Device(
        username=name.owner,
        devicename=name.devicename,
        role=Role(name.role),
        invited_as=name.invited_as,
        **_members(row),
    )


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
    }


def _mark(at: datetime | None, version: float | None) -> Mark | None:
    return None if at is None or version is None else Mark(at, int(version))


def _certificate(
    certificate_id: str | None, issued_at: datetime | None, expires_at: datetime | None
) -> Certificate | None:
    if certificate_id is None or issued_at is None or expires_at is None:
        return None
    return Certificate(certificate_id, issued_at, expires_at)


def _due(device: RegisteredDevice, due_at: datetime | None) -> tuple[Action, ...]:
    if due_at is None:
        return DeviceRow.due_shard.remove(), DeviceRow.due_at.remove()
    shard = str(crc32(device.deviceid.encode()) % DUE_SHARDS)
    return DeviceRow.due_shard.set(shard), DeviceRow.due_at.set(due_at)


def _pass_over_refused(deviceid: str, *actions: Action, condition: Condition) -> None:
    try:
        DeviceRow(deviceid).update(actions=list(actions), condition=condition)
    except UpdateError as failed:
        raise_unless_refused(failed)


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
