"""What the services of board need from stores, adapters and other features."""

from typing import Protocol


class Versions(Protocol):
    """Stores the firmware version that a device reports."""

    def record_version(self, deviceid: str, version: str) -> None: ...
