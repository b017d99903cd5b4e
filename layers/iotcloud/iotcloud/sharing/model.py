"""Who was invited to a device, as what, and whether they came. Pure rules, no I/O."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from iotcloud.devices.model import Role
from iotcloud.errors import AlreadyExists, InvalidInput, NotFound

MAX_USERS = 20
"""Users besides the owner that a device may have; their names go in one transaction with the device."""
MAX_EMAIL = 254
"""RFC 5321, as corrected by erratum 1690: what fits between the angle brackets of a path."""
INVITATION_LASTS = timedelta(days=30)


class TooManyUsers(AlreadyExists):
    message = "Device has as many users as it can have"


class NotInvited(NotFound):
    message = "User is not invited"


@dataclass(frozen=True)
class DeviceUser:
    """Someone whom the owner of a device invited, by e-mail address. `username` is None until they come."""

    deviceid: str
    registration: str
    email: str
    role: Role
    invited_at: datetime
    devicename: str
    """What the owner called the device then."""
    invited_by: str
    """The owner's address."""
    username: str | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether this is an invitation that can still be taken."""
        return self.username is None and now < self.invited_at + INVITATION_LASTS


def checked_email(email: str) -> str:
    """Return the address as it is kept, in lower case; raise InvalidInput when it is none."""
    kept = unicodedata.normalize("NFC", email).strip().lower()
    name, at, domain = kept.partition("@")
    is_plain = not any(character.isspace() or unicodedata.category(character) == "Cc" for character in kept)
    is_domain = "." in domain and not {"@", "/"} & set(domain)
    if not (name and at and is_domain and is_plain and len(kept) <= MAX_EMAIL):
        raise InvalidInput(detail=["email: not an address"])
    return kept


def checked_role(role: Role) -> Role:
    """Return what a user may be invited as; raise InvalidInput for the owner's role, which nobody shares."""
    if role is Role.OWNER:
        raise InvalidInput(detail=["role: operator or viewer"])
    return role
