"""The catalogue of firmware: which images there are, what is signed of each, and the rules of publishing. No I/O."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from iotcloud.errors import AlreadyExists, InvalidInput, NotFound, Problem
from iotcloud.firmware.versions import Version

DEFAULT_MODEL = "ft900"
"""What a device is that never told its model: the contract's devices tell none."""
MAX_IMAGE_BYTES = 16 * 1024 * 1024
MAX_LINES, MAX_LINE = 20, 200
"""Lines of a description, and characters of a line."""
MAX_RELEASES = 1000
"""Versions that the catalogue holds in all, the withdrawn ones too: it is one object and read whole."""
MANIFEST_FORMAT = "iotcloud-firmware 1"
MODEL_PATTERN = r"[a-z0-9][a-z0-9_-]{0,31}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", re.ASCII)
_MODEL = re.compile(MODEL_PATTERN, re.ASCII)


class FirmwareNotFound(NotFound):
    message = "Firmware is not found"


class VersionPublished(AlreadyExists):
    message = "Version is already published"


class CatalogueFull(AlreadyExists):
    message = "Catalogue has as many versions as it can have"


@dataclass(frozen=True)
class Release:
    """One published version of a model's firmware. It never changes, but for being withdrawn."""

    model: str
    version: str
    published_at: datetime
    location: str
    """Where the image lies under `/firmware/`."""
    size: int
    """Bytes of the image."""
    checksum: int
    """CRC-32 of the image, unsigned."""
    sha256: str
    """SHA-256 of the image, in lower-case hex."""
    description: tuple[str, ...] = ()
    minimum: str = ""
    """The oldest version from which a device may update to this one; empty: any."""
    key: str = ""
    """Which key signed it: the first 16 hex digits of the SHA-256 of its public part (DER)."""
    signature: str = ""
    """ECDSA signature (P-256, SHA-256, DER) of the manifest, in base64."""
    is_withdrawn: bool = False

    @property
    def manifest(self) -> bytes:
        """What is signed: a line for each member, so that a small device needs no JSON to rebuild it."""
        members = {"model": self.model, "version": self.version, "size": self.size, "sha256": self.sha256}
        lines = [f"{name} {value}" for name, value in {**members, "minimum": self.minimum or "-"}.items()]
        return "\n".join([MANIFEST_FORMAT, *lines, ""]).encode()


@dataclass(frozen=True)
class Catalogue:
    """All releases, in the order in which they were published."""

    releases: tuple[Release, ...] = ()

    @property
    def models(self) -> list[str]:
        """The models for which there is firmware, by name."""
        return sorted({one.model for one in self.releases if not one.is_withdrawn})

    def offered(self, model: str) -> list[Release]:
        """Return what a model can be updated to, newest first."""
        found = [one for one in self.releases if one.model == model and not one.is_withdrawn]
        return sorted(found, key=lambda one: Version(one.version), reverse=True)

    def latest(self, model: str) -> Release:
        """Return the newest release of a model, a prerelease only when there is nothing else.

        Raise FirmwareNotFound.
        """
        offered = self.offered(model)
        if not offered:
            raise FirmwareNotFound
        return next((one for one in offered if not Version(one.version).is_prerelease), offered[0])

    def find(self, model: str, version: str) -> Release:
        """Return a release that is not withdrawn; raise FirmwareNotFound, also for what cannot be a version."""
        try:
            wanted = Version(version)
        except InvalidInput:
            raise FirmwareNotFound from None
        found = [one for one in self.offered(model) if Version(one.version) == wanted]
        if not found:
            raise FirmwareNotFound
        return found[0]

    def find_location(self, location: str) -> Release | None:
        """Return the release whose image lies there, unless it is withdrawn."""
        return next((one for one in self.releases if one.location == location and not one.is_withdrawn), None)

    def with_release(self, release: Release) -> "Catalogue":
        """Add a release; raise VersionPublished, also for a version that was withdrawn, and CatalogueFull."""
        taken = {Version(one.version) for one in self.releases if one.model == release.model}
        if Version(release.version) in taken:
            raise VersionPublished
        if len(self.releases) >= MAX_RELEASES:
            raise CatalogueFull
        return Catalogue((*self.releases, release))

    def without(self, release: Release) -> "Catalogue":
        """Withdraw a release. It stays in the catalogue, so that nothing else is published under its version."""
        return Catalogue(tuple(replace(one, is_withdrawn=True) if one == release else one for one in self.releases))


def checked_model(model: str) -> str:
    """Return the name of a model; raise InvalidInput unless it can be a folder of the download path."""
    if not _MODEL.fullmatch(model):
        raise InvalidInput(detail=[Problem("model", "at most 32 of a-z, 0-9, '-' and '_', not first a sign")])
    return model


def checked_image(image: bytes) -> bytes:
    """Return an image; raise InvalidInput when it is empty or too large."""
    if not 0 < len(image) <= MAX_IMAGE_BYTES:
        raise InvalidInput(detail=[Problem("image", f"1 to {MAX_IMAGE_BYTES} bytes")])
    return image


def checked_description(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the lines of a description; raise InvalidInput when there are too many, or one is too long."""
    if len(lines) > MAX_LINES or any(
        not line.strip() or len(line) > MAX_LINE or not line.isprintable() for line in lines
    ):
        raise InvalidInput(
            detail=[Problem("description", f"at most {MAX_LINES} lines of 1 to {MAX_LINE} printable characters")]
        )
    return tuple(lines)


def make_location(model: str, name: str, version: str, sha256: str) -> str:
    """Make the path of an image. It holds a part of the hash: other bytes never come to lie at the same place."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(detail=[Problem("name", "at most 32 of letters, digits, '-' and '_', not first a sign")])
    return f"{checked_model(model)}/{name}_{version.partition('+')[0]}_{sha256[:8]}.bin"
