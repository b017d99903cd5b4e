"""The rows of the device registry: how devices are kept, found and removed. Keys and conditions, no rules.

`device_names` maps (user, name) to a device; its consistent read authorizes every call. The row in `devices` holds no
name, so renaming does not write it. Both carry the `registration` drawn when the id was registered: a name whose
registration differs from the device's row is stale and grants nothing.

A device's row is written with every heartbeat: it is kept under 1 KB, the unit in which DynamoDB counts writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from iotcloud.devices.model import Device, Location, RegisteredDevice
from iotcloud.devices.store.certificates import CertificateRows
from iotcloud.devices.store.names import NameRows
from iotcloud.devices.store.presence import PresenceRows
from iotcloud.devices.store.tables import (
    DeviceNameRow,
    DeviceRow,
    NamesOfDevice,
    change,
    change_if,
    device_of,
    read_devices,
    registered,
)
from iotcloud.devices.store.watchers import WatcherRows
from iotcloud.dynamodb import commit, raise_unless_refused, read_together, refused_parts
from iotcloud.errors import DeletionInProgress, DeviceIdTaken, DeviceNameTaken, DeviceNotRegistered
from iotcloud.pagination import Page, make_cursor, open_key_cursor

__all__ = ["DeviceNameRow", "DeviceRow", "DeviceStore"]

MAX_REMEMBERED = 1000
"""Names whose device an execution environment caches."""
MAX_TOGETHER = 100
"""Items of one transaction (Amazon DynamoDB quotas, "Transactions")."""


@dataclass(frozen=True)
class DeviceStore(NameRows, CertificateRows, PresenceRows, WatcherRows):
    """The registry in DynamoDB; its rows are bound before it is made."""

    _ids: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False)
    """Cache of the device behind a name, to read both rows in one request. Every read verifies it."""

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
        return device_of(name, row)

    def find_all(self, username: str, devicenames: Sequence[str]) -> list[Device]:
        """Read devices by the user's names, without unknown ones. Two batches per hundred."""
        keys = [(username, devicename) for devicename in devicenames]
        return self._join(list(DeviceNameRow.batch_get(keys, consistent_read=True)))

    def page(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Read a user's devices by name, `limit` at a time: one query, and one batch per hundred."""
        scope = f"devices of {username}"
        after = {"owner": {"S": username}, "devicename": {"S": open_key_cursor(scope, cursor)}} if cursor else None
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
        """Mark the device as being deleted, so that no new data is stored for it. Return it.

        Raise DeletionInProgress while another call may be running, or has just ended.
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
            raise DeletionInProgress from failed
        return registered(row)

    def stay(self, device: Device, now: datetime) -> None:
        """Let the deletion be begun again at once; the device remains marked. Nothing to do when it has gone."""
        change_if(
            device.deviceid,
            DeviceRow.leaving_until.set(now),
            condition=DeviceRow.registration == device.registration,
        )

    def remove(self, device: Device) -> None:
        """Delete the names and the row of this registration. A later registration's stay."""
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
        change(device, *_placing(location))

    def set_locations(self, placed: Sequence[tuple[Device, Location | None]]) -> None:
        """Place devices, or take them off the map, up to a hundred together; raise DeviceNotRegistered."""
        for begin in range(0, len(placed), MAX_TOGETHER):
            together = placed[begin : begin + MAX_TOGETHER]
            try:
                commit(DeviceRow, partial(_place, together))
            except TransactWriteError as failed:
                refused_parts(failed)
                raise DeviceNotRegistered from failed

    def find_devices(self, deviceids: Iterable[str]) -> dict[str, RegisteredDevice]:
        """Return the registered devices, by id, without those being deleted. One request per hundred."""
        return read_devices(deviceids)

    def find_registration(self, deviceid: str) -> str | None:
        """Return the registration of a device, also during its deletion, or None."""
        try:
            return DeviceRow.get(deviceid, consistent_read=True).registration
        except DoesNotExist:
            return None

    def find_owned(self, deviceid: str) -> Device | None:
        """Read a device by its id as its owner sees it. None when it is not registered or being deleted."""
        device = self.find_devices([deviceid]).get(deviceid)
        if device is None:
            return None
        names = DeviceNameRow.by_deviceid.query(deviceid, NamesOfDevice.owner == device.owner, limit=1)
        found = self._join(list(names))
        return found[0] if found else None

    def find_other(self, owner: str, name_or_id: str) -> Device | None:
        """Read a device of this owner by its name, else by its id. None when there is none."""
        (named,) = self.find_all(owner, [name_or_id]) or (None,)
        found = named or self.find_owned(name_or_id)
        return found if found is not None and found.owner == owner else None

    def _join(self, names: Sequence[DeviceNameRow]) -> list[Device]:
        """Read the devices of names, in their order, without leftovers."""
        rows = {
            row.deviceid: row for row in DeviceRow.batch_get([name.deviceid for name in names], consistent_read=True)
        }
        pairs = ((name, rows.get(name.deviceid)) for name in names)
        return [
            device_of(name, row) for name, row in pairs if row is not None and row.registration == name.registration
        ]

    def _read_at_once(self, username: str, devicename: str) -> "tuple[DeviceNameRow | None, DeviceRow | None]":
        """Read the name and its cached device in one request. Return the device only if the name still means it."""
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
