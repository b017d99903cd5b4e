"""Request and response bodies of the sharing operations."""

from typing import Literal, Self

from pydantic import Field

from iotcloud.devices.model import Role
from iotcloud.schema import Answer, Body, Shape
from iotcloud.sharing.model import MAX_EMAIL, DeviceUser


class InviteUser(Body):
    """Addressee and role of an invitation: an operator controls the device, a viewer reads it."""

    email: str = Field(min_length=1, max_length=MAX_EMAIL, examples=["user@example.com"], description="Whom to invite.")
    role: Literal["operator", "viewer"] = Field(examples=["viewer"], description="What they may do.")

    def to_role(self) -> Role:
        """Make the role."""
        return Role(self.role)


class AcceptInvitation(Body):
    """The caller's name for the device."""

    devicename: str = Field(min_length=1, examples=["Ann's barn"], description="What the caller calls the device.")


class DeviceUserRecord(Shape):
    """Someone who was invited to a device."""

    email: str = Field(examples=["user@example.com"], description="Their e-mail address.")
    role: Role = Field(examples=["viewer"], description="What they may do.")
    state: Literal["invited", "active"] = Field(examples=["active"], description="Whether they have come.")
    timestamp: str = Field(description="When they were invited, epoch seconds.", examples=["1795428000"])

    @classmethod
    def from_model(cls, user: DeviceUser) -> Self:
        """Show a user of a device."""
        return cls(
            email=user.email,
            role=user.role.value,
            state="invited" if user.username is None else "active",
            timestamp=str(int(user.invited_at.timestamp())),
        )


class DeviceUsersAnswer(Answer):
    """Whom the owner invited to a device."""

    users: list[DeviceUserRecord] = Field(description="In the order of their addresses.")

    @classmethod
    def from_models(cls, users: list[DeviceUser]) -> Self:
        """Answer with users."""
        return cls(users=[DeviceUserRecord.from_model(user) for user in users])


class DeviceUserAnswer(Answer):
    """Someone who was invited."""

    user: DeviceUserRecord = Field(description="The user of the device.")

    @classmethod
    def from_model(cls, user: DeviceUser) -> Self:
        """Answer with a user."""
        return cls(user=DeviceUserRecord.from_model(user))


class InvitationRecord(Shape):
    """A device to which the caller is invited."""

    deviceid: str = Field(examples=["PH80XXRR1123264F"], description="The device's id.")
    devicename: str = Field(description="What its owner calls it.", examples=["Barn unit"])
    invited_by: str = Field(description="The owner's address.", examples=["owner@example.com"])
    role: Role = Field(examples=["viewer"], description="What the caller may do with it.")
    timestamp: str = Field(description="When, epoch seconds.", examples=["1795428000"])

    @classmethod
    def from_model(cls, user: DeviceUser) -> Self:
        """Show an invitation."""
        return cls(
            deviceid=user.deviceid,
            devicename=user.devicename,
            invited_by=user.invited_by,
            role=user.role.value,
            timestamp=str(int(user.invited_at.timestamp())),
        )


class InvitationsAnswer(Answer):
    """Invitations of the caller."""

    invitations: list[InvitationRecord] = Field(description="One for each device.")

    @classmethod
    def from_models(cls, users: list[DeviceUser]) -> Self:
        """Answer with invitations."""
        return cls(invitations=[InvitationRecord.from_model(user) for user in users])
