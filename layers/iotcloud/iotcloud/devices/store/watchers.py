"""Who watches devices now. The note stands on the device's row, so that its reader needs no other request."""

from datetime import datetime

from pynamodb.exceptions import DoesNotExist

from iotcloud.devices.model import MAX_WATCHERS, Device, Watcher
from iotcloud.devices.store.tables import DeviceRow, change_if, read_watchers, write_watchers
from iotcloud.errors import DependencyFailed

MAX_ATTEMPTS = 5
"""How often a note is written again after another one came first."""


class WatcherRows:
    """Keeps who watches devices."""

    def watch(self, device: Device, until: datetime, now: datetime) -> bool:
        """Note that the device's user watches it; False when it has as many watchers as it can have, or has gone.

        One conditional write over what was read with the device; after a collision the row is read again.
        """
        known: tuple[Watcher, ...] | None = device.watchers
        for _ in range(MAX_ATTEMPTS):
            if known is None:
                return False
            others = [one for one in known if one.username != device.username and one.until > now]
            if len(others) >= MAX_WATCHERS:
                return False
            if _replace(device.deviceid, device.registration, known, (*others, Watcher(device.username, until))):
                return True
            known = _read(device.deviceid, device.registration)
        raise DependencyFailed

    def unwatch(self, deviceid: str, username: str) -> None:
        """Remove a user's note; a read, and a write when there is one. Raise DependencyFailed."""
        for _ in range(MAX_ATTEMPTS):
            try:
                row = DeviceRow.get(deviceid, consistent_read=True)
            except DoesNotExist:
                return
            known = read_watchers(row.watchers)
            others = tuple(one for one in known if one.username != username)
            if others == known or _replace(deviceid, row.registration, known, others):
                return
        raise DependencyFailed


def _read(deviceid: str, registration: str) -> tuple[Watcher, ...] | None:
    try:
        row = DeviceRow.get(deviceid, consistent_read=True)
    except DoesNotExist:
        return None
    return read_watchers(row.watchers) if row.registration == registration and row.leaving_until is None else None


def _replace(deviceid: str, registration: str, known: tuple[Watcher, ...], watchers: tuple[Watcher, ...]) -> bool:
    text, before = write_watchers(watchers), write_watchers(known)
    is_unchanged = DeviceRow.watchers.does_not_exist() if before is None else DeviceRow.watchers == before
    action = DeviceRow.watchers.remove() if text is None else DeviceRow.watchers.set(text)
    return change_if(deviceid, action, condition=(DeviceRow.registration == registration) & is_unchanged)
