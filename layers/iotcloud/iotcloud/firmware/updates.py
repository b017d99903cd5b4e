"""The update of one device: its states, what moves it from one to the next, and the rules of blocks. No I/O.

pending --reached--> ongoing --end_ota--> succeeded
   |                    |                    |
   +--30 days-----------+--15 min silent-----+--reports another version--> failed
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from iotcloud.errors import AlreadyExists, InvalidInput
from iotcloud.firmware.model import DEFAULT_MODEL, Release
from iotcloud.firmware.versions import Version, is_newer

PENDING_FOR = timedelta(days=30)
"""How long an update waits for a device that is away."""
SILENT_FOR = timedelta(minutes=15)
"""How long after a device's last sign of an update that has failed. A download by HTTPS gives no signs meanwhile."""
ASKED_FOR = timedelta(seconds=10)
"""How long a call to the device may be under way: its timeout, and what surrounds it."""
SIGN_EVERY = timedelta(minutes=1)
"""How often a device's requests for blocks are noted as a sign: each note is a write."""
REVISED_FOR = timedelta(hours=1)
"""How long after its success an update fails still, when the device reports another version: it went back."""
MAX_ATTEMPTS = 3
"""How often a device that restarts is told of the same update."""
MAX_REASON = 100
MAX_BLOCK_BYTES = 96_000
"""What a message holds: AWS IoT Core takes 128 KB, of which base64 makes four for three."""
SUCCESSES = frozenset({"successful", "completed"})
"""What devices call a success: the contract's word, and that of later firmware."""
FAILURE = "failed"


class UpdateUnderWay(AlreadyExists):
    message = "Firmware is being updated"


class VersionTooOld(InvalidInput):
    message = "Device's version is too old for this firmware"


class State(StrEnum):
    """Where an update stands."""

    PENDING = "pending"
    ONGOING = "ongoing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


RESULTS = {
    State.PENDING: "ongoing",
    State.ONGOING: "ongoing",
    State.SUCCEEDED: "successful",
    State.FAILED: FAILURE,
}
"""What 2N answers."""


@dataclass(frozen=True)
class Update:
    """One update of one device, with all that the device is told of the image."""

    update_id: str
    version: str
    location: str
    size: int
    checksum: int
    sha256: str
    minimum: str
    key: str
    signature: str
    is_forced: bool
    """Whether it is the owner's will that the device gets the same or an older version."""
    state: State
    requested_at: datetime
    heard_at: datetime
    """The last sign of the device's work on it; of one that is pending, when it was requested."""
    attempts: int = 0
    """How often the device was told of it."""
    reason: str = ""
    """Why it failed."""
    rollout: str = ""
    """The rollout that it belongs to; empty: the owner asked for this device alone."""

    @classmethod
    def request(
        cls, release: Release, update_id: str, now: datetime, *, is_forced: bool, rollout: str = ""
    ) -> "Update":
        """Begin an update."""
        return cls(
            update_id,
            release.version,
            release.location,
            release.size,
            release.checksum,
            release.sha256,
            release.minimum,
            release.key,
            release.signature,
            is_forced,
            State.PENDING,
            requested_at=now,
            heard_at=now,
            attempts=1,
            rollout=rollout,
        )

    @property
    def is_open(self) -> bool:
        """Whether it has not ended, as far as it was told."""
        return self.state in (State.PENDING, State.ONGOING)

    def at(self, now: datetime) -> "Update":
        """Return it as it stands at an instant: what took too long has failed, though nobody said so."""
        if self.state is State.PENDING and now >= self.requested_at + PENDING_FOR:
            return self._failed("the device did not come back", self.requested_at + PENDING_FOR)
        if self.state is State.ONGOING and now >= self.heard_at + SILENT_FOR:
            return self._failed("the device was silent for too long", self.heard_at + SILENT_FOR)
        return self

    def blocks_another(self, now: datetime) -> bool:
        """Whether no other may begin: the device works on it, or a call that tells it is under way."""
        is_being_told = self.state is State.PENDING and now < self.heard_at + ASKED_FOR
        return is_being_told or self.at(now).state is State.ONGOING

    def reached(self, now: datetime) -> "Update":
        """Note that the device knows of it, or a sign of its work; the same object when there is nothing to note."""
        if self.state is State.PENDING or (self.state is State.ONGOING and now >= self.heard_at + SIGN_EVERY):
            return replace(self, state=State.ONGOING, heard_at=now)
        return self

    def ended(self, result: object, reason: object, now: datetime) -> "Update | None":
        """Take the device's word for how it ended.

        None when that is no result, when it was said before this was requested, or when nothing is under way.
        """
        if not self.is_open or now < self.requested_at or not isinstance(result, str):
            return None
        if result in SUCCESSES:
            return replace(self, state=State.SUCCEEDED, heard_at=now)
        return self._failed(reason if isinstance(reason, str) else "", now) if result == FAILURE else None

    def is_repeated_by(self, result: object) -> bool:
        """Whether the device says once more how it ended."""
        return not self.is_open and (result in SUCCESSES if self.state is State.SUCCEEDED else result == FAILURE)

    def reported(self, version: str, failed: str, reason: object, now: datetime) -> "Update":
        """Take what a device says at its start: the version that it runs, and one that it went back from."""
        if now < self.requested_at:
            return self
        seen = self.at(now)
        if failed == self.version and (seen.is_open or self._is_fresh_success(now)):
            return seen._failed(reason if isinstance(reason, str) else "went back", now)
        runs_it = _is_same(version, self.version)
        if seen.state is State.ONGOING and runs_it and not self.is_forced:
            return replace(self, state=State.SUCCEEDED, heard_at=now)
        if not runs_it and self._is_fresh_success(now):
            return seen._failed(f"runs version {version}", now)
        if seen.is_open and self.attempts >= MAX_ATTEMPTS and now >= self.heard_at + ASKED_FOR:
            return seen._failed(f"not done after {MAX_ATTEMPTS} attempts", now)
        return seen

    def told_again(self, now: datetime) -> "Update | None":
        """Return it as it is once the device is told again after a start; None when it was told just now."""
        if self.state is State.ONGOING and now < self.heard_at + ASKED_FOR:
            return None
        return replace(self, state=State.ONGOING, heard_at=now, attempts=self.attempts + 1)

    def cancelled(self, now: datetime) -> "Update":
        """End it by its owner's will; one that has ended stays as it is."""
        seen = self.at(now)
        return seen._failed("cancelled", now) if seen.is_open else seen

    def _is_fresh_success(self, now: datetime) -> bool:
        return self.state is State.SUCCEEDED and self.heard_at < now < self.heard_at + REVISED_FOR

    def _failed(self, reason: str, at: datetime) -> "Update":
        return replace(self, state=State.FAILED, reason=reason[:MAX_REASON], heard_at=at)


@dataclass(frozen=True)
class DeviceFirmware:
    """What is kept of a device's firmware: what it told of itself, and its newest update."""

    deviceid: str
    registration: str
    owner: str
    model: str = DEFAULT_MODEL
    checks_signatures: bool = False
    """Whether it wants to be told hash and signature; older devices are told what the contract has, and no more."""
    path: str = ""
    """How it fetches images, as it told: `https`, `mqtt` or `jobs`; empty: it did not tell."""
    update: Update | None = None
    revision: int = 0
    """Counts the writes; each is made on the condition that nobody else wrote meanwhile."""


def begin_message(update: Update, *, with_signature: bool) -> dict[str, object]:
    """Make the payload of beg_ota. What the contract does not have comes last, and only to those that want it."""
    members: dict[str, object] = {
        "version": update.version,
        "size": update.size,
        "location": update.location,
        "checksum": update.checksum,
    }
    if with_signature:
        members |= {
            "sha256": update.sha256,
            "minimum": update.minimum,
            "key": update.key,
            "signature": update.signature,
        }
        members |= {"force": 1} if update.is_forced else {}
    return members


def needs_force(release: Release, running: str | None) -> bool:
    """Whether a device that runs a version gets the same or an older one."""
    return is_newer(release.version, running) is False


def check_minimum(release: Release, running: str | None) -> None:
    """Raise VersionTooOld when a device must be updated to another version first."""
    if release.minimum and is_newer(release.minimum, running):
        raise VersionTooOld


@dataclass(frozen=True)
class BlockRequest:
    """A part of an image that a device asks for."""

    location: str
    offset: int
    size: int

    @classmethod
    def read(cls, members: Mapping[str, object]) -> "BlockRequest | None":
        """Read the payload of req_firmware; None when it asks for nothing that can be."""
        location, offset, size = members.get("location"), members.get("offset"), members.get("size")
        if not isinstance(location, str) or type(offset) is not int or type(size) is not int:
            return None
        return cls(location, offset, size) if offset >= 0 and size > 0 else None

    def cut(self, image: bytes) -> bytes:
        """Return the part: less than was asked for at the end of the image, nothing behind it, never more."""
        return image[self.offset : self.offset + min(self.size, MAX_BLOCK_BYTES)]


def _is_same(version: str, other: str) -> bool:
    try:
        return Version(version) == Version(other)
    except InvalidInput:
        return version == other
