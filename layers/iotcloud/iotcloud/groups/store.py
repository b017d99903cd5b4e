"""The rows of groups: `group {groupname}` for each group, with its size, and `device {groupname}\\n{deviceid}` for each
device in it. No name has a line break, so that no group's rows begin as another's.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.transactions import TransactWrite

from iotcloud.devices.model import Device
from iotcloud.dynamodb import Row, commit, raise_unless_refused, refused_parts
from iotcloud.groups.model import (
    MAX_MEMBERS,
    Group,
    GroupFull,
    GroupNameTaken,
    GroupNotRegistered,
    Member,
)
from iotcloud.pagination import Page, make_cursor, open_key_cursor

_GROUP = "group "
_DEVICE = "device "
_END = "\n"


class GroupsOfDevice(GlobalSecondaryIndex["DeviceGroupRow"]):  # type: ignore[no-untyped-call]
    """In which groups of which users a device is."""

    class Meta:
        index_name = "by_deviceid"
        projection = KeysOnlyProjection()

    deviceid = UnicodeAttribute(hash_key=True)
    username = UnicodeAttribute(range_key=True)


class DeviceGroupRow(Row):
    class Meta(Row.Meta):
        table_name = "device_groups"

    username = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    size = NumberAttribute(null=True)
    """Devices in the group, in its own row."""
    deviceid = UnicodeAttribute(null=True)
    registration = UnicodeAttribute(null=True)
    devicename = UnicodeAttribute(null=True)
    """Where the user's name for the device is looked for first; it may have been renamed."""
    by_deviceid = GroupsOfDevice()


class DeviceGroupStore:
    """Keeps groups of devices."""

    def add(self, username: str, groupname: str) -> None:
        """Keep a new group; raise GroupNameTaken."""
        try:
            DeviceGroupRow(username, _GROUP + groupname, size=0).save(condition=DeviceGroupRow.item.does_not_exist())
        except PutError as failed:
            raise_unless_refused(failed)
            raise GroupNameTaken from failed

    def list_groups(self, username: str) -> list[Group]:
        """Return a user's groups by name: one request."""
        rows = DeviceGroupRow.query(username, DeviceGroupRow.item.startswith(_GROUP), consistent_read=True)
        return [Group(row.item.removeprefix(_GROUP), int(row.size or 0)) for row in rows]

    def add_member(self, username: str, groupname: str, device: Device) -> None:
        """Add a device to a group. Idempotent. Raise GroupNotRegistered or GroupFull."""
        group, member = DeviceGroupRow(username, _GROUP + groupname), _member_row(username, groupname, device.deviceid)
        member.registration, member.devicename = device.registration, device.devicename

        def fill(write: TransactWrite) -> None:
            write.update(
                group,
                actions=[DeviceGroupRow.size.add(1)],
                condition=DeviceGroupRow.item.exists() & (DeviceGroupRow.size < MAX_MEMBERS),
            )
            write.save(member, condition=DeviceGroupRow.registration != device.registration)

        try:
            commit(DeviceGroupRow, fill)
        except TransactWriteError as failed:
            _, is_closed = refused_parts(failed)
            if is_closed:
                self._find_group(username, groupname)
                raise GroupFull from failed

    def remove_member(self, username: str, groupname: str, deviceid: str) -> None:
        """Remove a device from a group. Idempotent."""

        def fill(write: TransactWrite) -> None:
            write.delete(_member_row(username, groupname, deviceid), condition=DeviceGroupRow.item.exists())
            write.update(
                DeviceGroupRow(username, _GROUP + groupname),
                actions=[DeviceGroupRow.size.add(-1)],
                condition=DeviceGroupRow.item.exists(),
            )

        try:
            commit(DeviceGroupRow, fill)
        except TransactWriteError as failed:
            refused_parts(failed)

    def page(self, username: str, groupname: str, limit: int, cursor: str | None = None) -> Page[Member]:
        """Return a group's devices, by id: two requests; raise GroupNotRegistered."""
        self._find_group(username, groupname)
        scope, first = f"group {groupname} of {username}", _DEVICE + groupname + _END
        after = {"username": {"S": username}, "item": {"S": first + open_key_cursor(scope, cursor)}} if cursor else None
        found = DeviceGroupRow.query(
            username,
            DeviceGroupRow.item.startswith(first),
            limit=limit,
            last_evaluated_key=after,
            consistent_read=True,
        )
        members = [Member(row.deviceid, row.registration, row.devicename or "") for row in found]
        return Page(members, make_cursor(scope, members[-1].deviceid) if found.last_evaluated_key else None)

    def delete(self, username: str, groupname: str) -> None:
        """Delete a group, which stays until its devices have left it; raise GroupNotRegistered."""
        group = self._find_group(username, groupname)
        with DeviceGroupRow.batch_write() as batch:
            for row in DeviceGroupRow.query(
                username, DeviceGroupRow.item.startswith(_DEVICE + groupname + _END), consistent_read=True
            ):
                batch.delete(row)
        group.delete()

    def erase(self, deviceid: str) -> None:
        """Remove a device from all groups of all users. The index is eventually consistent; a missed row appears in no
        list.
        """
        for row in DeviceGroupRow.by_deviceid.query(deviceid):
            self.remove_member(row.username, row.item.removeprefix(_DEVICE).partition(_END)[0], deviceid)

    def erase_user(self, username: str) -> None:
        """Delete all groups of a user."""
        with DeviceGroupRow.batch_write() as batch:
            for row in DeviceGroupRow.query(username, consistent_read=True):
                batch.delete(row)

    def _find_group(self, username: str, groupname: str) -> DeviceGroupRow:
        try:
            return DeviceGroupRow.get(username, _GROUP + groupname, consistent_read=True)
        except DoesNotExist:
            raise GroupNotRegistered from None


def _member_row(username: str, groupname: str, deviceid: str) -> DeviceGroupRow:
    return DeviceGroupRow(username, _DEVICE + groupname + _END + deviceid, deviceid=deviceid)
