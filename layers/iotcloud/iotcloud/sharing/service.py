"""Device sharing: an owner invites people by e-mail address. They accept under a name of their choice; either side can
end it.
"""

from dataclasses import dataclass

from iotcloud.clock import Clock
from iotcloud.devices.interfaces import DeviceRegistry
from iotcloud.devices.model import Device, RegisteredDevice, Role, checked_devicename
from iotcloud.errors import InvalidInput
from iotcloud.sharing.interfaces import SharedNames, Users
from iotcloud.sharing.model import (
    MAX_USERS,
    DeviceUser,
    NotInvited,
    TooManyUsers,
    checked_email,
    checked_role,
)
from iotcloud.users.interfaces import Contacts


@dataclass(frozen=True)
class SharingService:
    """Share devices. Whether an address has an account is nowhere to be seen."""

    registry: DeviceRegistry
    devices: SharedNames
    users: Users
    contacts: Contacts
    clock: Clock

    def invite_user(self, username: str, devicename: str, email: str, role: Role) -> DeviceUser:
        """Invite an address as operator or viewer, or change the role of who was invited before.

        Raise TooManyUsers, DeviceNotRegistered, NotPermitted to all but the owner.
        """
        address = checked_email(email)
        checked_role(role)
        device = self.registry.find_device(username, devicename, Role.OWNER)
        known = {user.email for user in self._current_users(device)}
        if address not in known and len(known) >= MAX_USERS:
            raise TooManyUsers
        contact = self.contacts.find_contact(username)
        if address == contact.email.strip().lower():
            raise InvalidInput("Owner cannot be invited")
        user = DeviceUser(
            deviceid=device.deviceid,
            registration=device.registration,
            email=address,
            role=role,
            invited_at=self.clock(),
            devicename=device.devicename,
            invited_by=contact.email,
        )
        self.users.invite(user)
        return user

    def list_users(self, username: str, devicename: str) -> list[DeviceUser]:
        """Return whom the owner invited to a device."""
        return self._current_users(self.registry.find_device(username, devicename, Role.OWNER))

    def remove_user(self, username: str, devicename: str, email: str) -> None:
        """Take a user's rights at once, or an invitation back; raise NotInvited."""
        device = self.registry.find_device(username, devicename, Role.OWNER)
        user = self.users.find(device.deviceid, checked_email(email))
        if user is None or user.registration != device.registration:
            raise NotInvited
        self._take_off(user)

    def leave_device(self, username: str, devicename: str) -> None:
        """Leave a shared device. Raise InvalidInput for the owner, who can only delete the device."""
        device = self.registry.find_device(username, devicename, Role.VIEWER)
        if device.role is Role.OWNER or device.invited_as is None:
            raise InvalidInput("Owner cannot leave a device")
        self.users.remove(device.deviceid, device.invited_as)
        self.devices.unwatch(device.deviceid, username)
        self.devices.forget_names(device.deviceid, username)

    def list_invitations(self, username: str) -> list[DeviceUser]:
        """Return the open invitations to the user's verified address."""
        address = self._verified_address(username)
        found = self.users.list_invitations(address) if address else ()
        devices = self.devices.find_devices(user.deviceid for user in found)
        return [user for user in found if self._is_open(user, devices.get(user.deviceid))]

    def accept_invitation(self, username: str, deviceid: str, devicename: str) -> Device:
        """Accept an invitation, under a name of the user's choice. Raise NotInvited or DeviceNameTaken.

        The right is written first and the name second: after DeviceNameTaken the user accepts again with another name.
        """
        kept_name = checked_devicename(devicename)
        user, device = self._invitation(username, deviceid)
        self.users.admit(user, username)
        return self.devices.add_name(device, username, kept_name, user.role, user.email)

    def decline_invitation(self, username: str, deviceid: str) -> None:
        """Refuse an invitation; raise NotInvited."""
        user, _ = self._invitation(username, deviceid)
        self._take_off(user)

    def _invitation(self, username: str, deviceid: str) -> tuple[DeviceUser, RegisteredDevice]:
        address = self._verified_address(username)
        user = self.users.find(deviceid, address) if address else None
        device = self.devices.find_devices([deviceid]).get(deviceid)
        if user is None or device is None or user.registration != device.registration or device.owner == username:
            raise NotInvited
        if not (user.username == username or user.is_open(self.clock())):
            raise NotInvited
        return user, device

    def _verified_address(self, username: str) -> str:
        contact = self.contacts.find_contact(username)
        return checked_email(contact.email) if contact.is_email_verified else ""

    def _current_users(self, device: RegisteredDevice) -> list[DeviceUser]:
        now = self.clock()
        return [
            user
            for user in self.users.list_users(device.deviceid)
            if user.registration == device.registration and (user.username is not None or user.is_open(now))
        ]

    def _is_open(self, user: DeviceUser, device: RegisteredDevice | None) -> bool:
        return device is not None and user.registration == device.registration and user.is_open(self.clock())

    def _take_off(self, user: DeviceUser) -> None:
        self.users.remove(user.deviceid, user.email)
        if user.username is not None:
            self.devices.unwatch(user.deviceid, user.username)
            self.devices.forget_names(user.deviceid, user.username)
