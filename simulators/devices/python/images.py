"""Firmware images of simulated devices, and the keys that sign them.

An image begins with a line of JSON: `version`, which the device reports once it runs the image; `boots` and `connects`,
which are false in images that crash at boot or never reach the server. The rest is filling.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MAX_LINE = 1000


@dataclass(frozen=True)
class Image:
    """What a board runs."""

    version: str
    boots: bool = True
    connects: bool = True

    @classmethod
    def read(cls, data: bytes) -> "Image | None":
        """Read an image's first line; None for what is no image of a simulated device."""
        try:
            members = json.loads(data[:MAX_LINE].partition(b"\n")[0])
            version = members["version"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if not isinstance(version, str):
            return None
        return cls(version, members.get("boots", True) is True, members.get("connects", True) is True)


def make_image(size: int, version: str, **members: object) -> bytes:
    """Make an image of `size` bytes at least; the same one each time."""
    head = json.dumps({"version": version, **members}).encode() + b"\n"
    block = hashlib.sha256(head).digest()
    return head + (block * (size // len(block) + 1))[: max(0, size - len(head))]


@dataclass(frozen=True)
class Key:
    """A public key that a device trusts until an instant."""

    public_key: bytes
    not_after: float = float("inf")
    """Epoch seconds."""


@dataclass(frozen=True)
class TrustedKeys:
    """The keys of a device, by their short names."""

    keys: Mapping[str, Key]
    epoch_seconds: Callable[[], float] = field(default=time.time, compare=False)

    @classmethod
    def read(cls, text: str | bytes) -> "TrustedKeys":
        """Read JSON: what `make firmware ARGS=public-key` prints, or a list of such, each with `not_after` or without.

        Raise ValueError.
        """
        try:
            listed = json.loads(text)
            entries = listed if isinstance(listed, list) else [listed]
            return cls(
                {
                    one["key"]: Key(
                        base64.b64decode(one["public_key"], validate=True), float(one.get("not_after", "inf"))
                    )
                    for one in entries
                }
            )
        except (KeyError, TypeError) as unreadable:
            raise ValueError(f"no list of keys: {unreadable}") from unreadable

    def fault(self, name: str, signature: str, manifest: bytes) -> str | None:
        """Tell why a signature is not accepted; None when it is."""
        key = self.keys.get(name)
        if key is None:
            return "unknown key" if name else "not signed"
        if self.epoch_seconds() > key.not_after:
            return "expired key"
        return None if _is_signed(key.public_key, signature, manifest) else "wrong signature"


def manifest(model: str, version: str, size: int, sha256: str, minimum: str) -> bytes:
    """Write what was signed: see docs/reference/firmware.md."""
    lines = ["iotcloud-firmware 1", f"model {model}", f"version {version}", f"size {size}", f"sha256 {sha256}"]
    return "\n".join([*lines, f"minimum {minimum or '-'}", ""]).encode()


def version_key(version: str) -> tuple[int, ...]:
    """Rank the numbers of a version; what stands behind a dash ranks below its release."""
    numbers, _, words = version.partition("+")[0].partition("-")
    try:
        parts = [int(part) for part in numbers.split(".")]
    except ValueError:
        return ()
    return (*([*parts, 0, 0, 0])[:3], 0 if words else 1)


def _is_signed(public_key: bytes, signature: str, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = serialization.load_der_public_key(public_key)
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(base64.b64decode(signature, validate=True), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
