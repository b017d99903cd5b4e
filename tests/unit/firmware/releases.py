"""Releases for tests."""

from dataclasses import replace
from datetime import UTC, datetime

from iotcloud.firmware.model import Release

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def make_release(version: str = "0.2", model: str = "ft900", **members: object) -> Release:
    """Create a release; a test gives only the relevant values."""
    release = Release(
        model, version, NOON, f"{model}/modem_{version}_00000000.bin", 180_224, 305_419_896, "0" * 64, ("New: all",)
    )
    return replace(release, **members)  # type: ignore[arg-type]
