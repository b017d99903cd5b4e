"""Invitations to devices: addressee, role and whether accepted. Pure rules, no I/O."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from iotcloud.devices.model import Role
from iotcloud.email_address import EMAIL_PATTERN
from iotcloud.errors import AlreadyExists, InvalidInput, NotFound, Problem

MAX_USERS = 20
"""Users besides the owner that a device may have; their names go in one transaction with the device."""
MAX_EMAIL = 254
"""Octets of an address (RFC 5321 with erratum 1690: a path without its angle brackets)."""
INVITATION_LASTS = timedelta(days=30)


class TooManyUsers(AlreadyExists):
    message = "Device has as many users as it can have"


class NotInvited(NotFound):
    message = "User is not invited"


@dataclass(frozen=True)
class DeviceUser:
    """A person invited by the owner of a device, by e-mail address. `username` is None until they accept."""

    deviceid: str
    registration: str
    email: str
    role: Role
    invited_at: datetime
    devicename: str
    """The owner's name for the device at the time of the invitation."""
    invited_by: str
    """The owner's address."""
    username: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether this is an invitation that can still be taken."""
        return self.username is None and now < self.invited_at + INVITATION_LASTS


def checked_email(email: str) -> str:
    """Return the address in lower case, as it is stored. Raise InvalidInput for anything else."""
    kept = unicodedata.normalize("NFC", email).strip().lower()
    if len(kept) > MAX_EMAIL or not re.fullmatch(EMAIL_PATTERN, kept):
        raise InvalidInput(detail=[Problem("email", "not an address")])
    return kept


def checked_role(role: Role) -> Role:
    """Return the role of an invitation. Raise InvalidInput for the owner's role: a device has one owner."""
    if role is Role.OWNER:
        raise InvalidInput(detail=[Problem("role", "operator or viewer")])
    return role
