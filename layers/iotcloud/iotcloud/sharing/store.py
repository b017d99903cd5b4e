"""The rows of devices' users. A user's row is the user's right: each call on a shared device reads it, and it alone
grants access. The user's name for the device is stored in the names table and grants nothing.
"""

from collections.abc import Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from iotcloud.devices.model import Device, Role
from iotcloud.dynamodb import InstantAttribute, Row, raise_unless_refused
from iotcloud.sharing.model import INVITATION_LASTS, DeviceUser, NotInvited


class UsersByEmail(GlobalSecondaryIndex["DeviceUserRow"]):  # type: ignore[no-untyped-call]
    """The devices to which an address was invited."""

    class Meta:
        index_name = "by_email"
        projection = AllProjection()

    email = UnicodeAttribute(hash_key=True)
    deviceid = UnicodeAttribute(range_key=True)


class DeviceUserRow(Row):
    class Meta(Row.Meta):
        table_name = "device_users"

    deviceid = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute(range_key=True)
    registration = UnicodeAttribute()
    role = UnicodeAttribute()
    invited_at = InstantAttribute()
    devicename = UnicodeAttribute()
    invited_by = UnicodeAttribute()
    username = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    """An invitation that nobody takes goes by itself; a user stays."""
    by_email = UsersByEmail()


class DeviceUserStore:
    """Keeps the users of devices."""

    def invite(self, user: DeviceUser) -> None:
        """Keep an invitation; of someone who has come already, only the role changes."""
        row = DeviceUserRow(user.deviceid, user.email)
        is_there = (DeviceUserRow.registration == user.registration) & DeviceUserRow.username.exists()
        try:
            row.update(actions=[DeviceUserRow.role.set(user.role.value)], condition=is_there)
        except UpdateError as failed:
            raise_unless_refused(failed)
            _row(user).save()

    def find(self, deviceid: str, email: str) -> DeviceUser | None:
        """Read a user or an invitation."""
        try:
            return _user(DeviceUserRow.get(deviceid, email, consistent_read=True))
        except DoesNotExist:
            return None

    def find_roles(self, devices: Sequence[Device]) -> list[Role | None]:
        """Return the role of each device's user, None where access was withdrawn. One request per hundred rows."""
        keys = [(device.deviceid, device.invited_as or "") for device in devices]
        rows = DeviceUserRow.batch_get(sorted({key for key in keys if key[1]}), consistent_read=True)
        users = {(row.deviceid, row.email): row for row in rows}
        return [_role(users.get(key), device) for key, device in zip(keys, devices, strict=True)]

    def list_users(self, deviceid: str) -> list[DeviceUser]:
        """Return the users and invitations of a device."""
        return [_user(row) for row in DeviceUserRow.query(deviceid, consistent_read=True)]

    def list_invitations(self, email: str) -> list[DeviceUser]:
        """Return the open invitations of an address."""
        found = DeviceUserRow.by_email.query(email, filter_condition=DeviceUserRow.username.does_not_exist())
        return [_user(row) for row in found]

    def admit(self, user: DeviceUser, username: str) -> None:
        """Accept an invitation for a user. Idempotent. Raise NotInvited when it was withdrawn or accepted by another
        user.
        """
        is_open = (DeviceUserRow.registration == user.registration) & (
            DeviceUserRow.username.does_not_exist() | (DeviceUserRow.username == username)
        )
        try:
            DeviceUserRow(user.deviceid, user.email).update(
                actions=[DeviceUserRow.username.set(username), DeviceUserRow.expires_at.remove()], condition=is_open
            )
        except UpdateError as failed:
            raise_unless_refused(failed)
            raise NotInvited from failed

    def remove(self, deviceid: str, email: str) -> None:
        """Remove a user's right, or an invitation. Idempotent."""
        DeviceUserRow(deviceid, email).delete()

    def erase(self, deviceid: str) -> None:
        """Take the rights of all users of a device."""
        with DeviceUserRow.batch_write() as batch:
            for row in DeviceUserRow.query(deviceid, consistent_read=True):
                batch.delete(row)


def _role(row: DeviceUserRow | None, device: Device) -> Role | None:
    if row is None or (row.username, row.registration) != (device.username, device.registration):
        return None
    return Role(row.role)


def _row(user: DeviceUser) -> DeviceUserRow:
    return DeviceUserRow(
        user.deviceid,
        user.email,
        registration=user.registration,
        role=user.role.value,
        invited_at=user.invited_at,
        devicename=user.devicename,
        invited_by=user.invited_by,
        expires_at=int((user.invited_at + INVITATION_LASTS).timestamp()),
    )


def _user(row: DeviceUserRow) -> DeviceUser:
    return DeviceUser(
        deviceid=row.deviceid,
        registration=row.registration,
        email=row.email,
        role=Role(row.role),
        invited_at=row.invited_at,
        devicename=row.devicename,
        invited_by=row.invited_by,
        username=row.username,
    )
