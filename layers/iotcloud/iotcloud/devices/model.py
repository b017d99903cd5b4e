"""Devices, roles of their users, and the rules of names. No I/O."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from iotcloud.devices.presence import Presence
from iotcloud.errors import EmptyParameter, InvalidInput, Problem
from iotcloud.names import checked_name
from iotcloud.topics import SERVER

MAX_DEVICENAME = 64
"""Characters of a device's name; the contract has no limit, its app's field takes 32."""
MAX_DEVICEID = 128
"""AWS IoT Core's limit for a client id and for a thing's name."""
MAX_SERIALNUMBER = 64
DEVICEID_PATTERN = r"^[A-Za-z0-9_:-]{1,128}$"
"""Characters that AWS IoT Core allows in a thing's name. None has a meaning in a topic or a policy."""
OUR_PREFIXES = ("api-", "claim-")
"""Client-id prefixes reserved for the platform's own MQTT sessions and for provisioning claims: AWS IoT disconnects the
older of two sessions with the same id."""
MAX_WATCHERS = 8
"""Users who watch a device at a time. A note takes some 50 octets of a row that is kept under 1 KB."""
NOTICE_DAYS = (30, 7, 1)
"""Days before a certificate's expiry on which its owner is notified."""
_DEVICEID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:-")


class Role(StrEnum):
    """A user's role on a device, from most to fewest rights."""

    OWNER = "owner"
    OPERATOR = "operator"
    VIEWER = "viewer"

    def permits(self, required: "Role") -> bool:
        """Whether this role includes the rights of `required`."""
        rank = tuple(Role)
        return rank.index(self) <= rank.index(required)


@dataclass(frozen=True)
class Location:
    """A point on the map, in degrees (WGS 84)."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Certificate:
    """A certificate of a device: its registry id and its times. Neither its key nor its text is kept."""

    certificate_id: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Watcher:
    """A user who is told of a device's data as it arrives, until an instant."""

    username: str
    until: datetime


@dataclass(frozen=True)
class DeviceName:
    """A user's name for a device, and the user's role."""

    username: str
    devicename: str
    deviceid: str
    registration: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class RegisteredDevice:
    """A device, without its users' names for it."""

    deviceid: str
    owner: str
    serialnumber: str
    registered_at: datetime
    registration: str
    """Random per registration of the id, so that data of an earlier registration is never taken for this one's."""
    is_leaving: bool = False
    """Whether its deletion has begun. Then it can only be listed and deleted."""
    version: str | None = None
    """Firmware version last reported by the device."""
    heartbeat_at: datetime | None = None
    """When the device last published anything."""
    is_mqtt5: bool | None = None
    """Whether the device speaks MQTT 5; None until it has answered once."""
    location: Location | None = None
    certificate: Certificate | None = None
    """The active certificate; None when it was revoked."""
    successor: Certificate | None = None
    """The certificate of a renewal that the device has not used yet."""
    presence: Presence = field(default_factory=Presence)
    watchers: tuple[Watcher, ...] = ()
    """Who watches it, by user; also those whose time is over."""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """All certificates that the device could connect with."""
        return tuple(certificate for certificate in (self.certificate, self.successor) if certificate is not None)

    @property
    def is_online(self) -> bool | None:
        """Whether the device can be reached now; None when unknown."""
        return self.presence.is_online(self.heartbeat_at)


@dataclass(frozen=True, kw_only=True)
class Device(RegisteredDevice):
    """A device as one of its users sees it."""

    username: str
    """The owner, or someone whom the owner invited."""
    devicename: str
    role: Role = Role.OWNER
    invited_as: str | None = None
    """The e-mail address of the invitation; None for the owner."""


def notice_days(certificate: Certificate, now: datetime) -> int | None:
    """Return the notice that is due now, as days before expiry: 30, 7, 1, or None."""
    days = [days for days in NOTICE_DAYS if certificate.expires_at - timedelta(days=days) <= now]
    return min(days) if days and now < certificate.expires_at else None


def next_duty_at(
    certificate: Certificate | None, successor: Certificate | None, grace: timedelta, now: datetime
) -> datetime | None:
    """Return when a device's certificates are due next, or None."""
    duties = []
    if certificate is not None:
        duties += [certificate.expires_at - timedelta(days=days) for days in NOTICE_DAYS]
    duties = [duty for duty in duties if duty > now]
    if successor is not None:
        duties.append(successor.issued_at + grace)
    return min(duties, default=None)


def is_found_by(text: str, device: Device, sensor_words: Iterable[str]) -> bool:
    """Whether a search finds the device: the text is in its name, its id or a line about a sensor, in any case."""
    sought = unicodedata.normalize("NFC", text).casefold()
    lines = (device.devicename, device.deviceid, *(line for words in sensor_words for line in words.splitlines()))
    return any(sought in line.casefold() for line in lines)


def checked_devicename(devicename: str) -> str:
    """Return the name in the form in which it is kept (Unicode NFC); raise InvalidInput when it cannot be one."""
    return checked_name("devicename", devicename, MAX_DEVICENAME, forbidden="/")


def checked_serialnumber(serialnumber: str) -> str:
    """Return the serial number in the form in which it is kept; raise InvalidInput when it cannot be one."""
    return checked_name("serialnumber", serialnumber, MAX_SERIALNUMBER)


def checked_deviceid(deviceid: str) -> str:
    """Return the id; raise InvalidInput unless it can be a client id, a thing's name and a topic level of its own."""
    if not deviceid:
        raise EmptyParameter(detail=[Problem("deviceid", "is empty")])
    if len(deviceid) > MAX_DEVICEID or not _DEVICEID_CHARACTERS.issuperset(deviceid):
        raise InvalidInput(detail=[Problem("deviceid", f"at most {MAX_DEVICEID} of letters, digits, '-', '_' and ':'")])
    if deviceid == SERVER or deviceid.startswith(OUR_PREFIXES):
        raise InvalidInput(
            detail=[Problem("deviceid", f"'{SERVER}' and what begins with {' or '.join(OUR_PREFIXES)} is ours")]
        )
    return deviceid
