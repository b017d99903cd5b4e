"""Lets a user listen to their own topics, and notes which devices they watch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from iotcloud.clock import Clock
from iotcloud.devices.model import Device, Role
from iotcloud.live.interfaces import LiveBroker, PermittedDevices, Watchers
from iotcloud.live.model import CREDENTIALS_LAST, LEASE, LiveAccess, client_id, segment, session_policy
from iotcloud.parallel import run_together
from iotcloud.topics import LIVE


@dataclass(frozen=True)
class Lease:
    """The devices of which a user is told, and until when."""

    devicenames: Sequence[str]
    until: datetime


@dataclass(frozen=True)
class LiveService:
    """Live data of a user's devices."""

    devices: PermittedDevices
    watchers: Watchers
    broker: LiveBroker
    clock: Clock

    def open_access(self, username: str) -> LiveAccess:
        """Return a URL, signed for a minute, with which the user can listen to their own topics for an hour."""
        now = self.clock()
        seconds = int(CREDENTIALS_LAST.total_seconds())
        policy = session_policy(username, self.broker.arn_prefix)
        url = self.broker.open_session(f"live-{segment(username)}"[:64], policy, seconds)
        return LiveAccess(
            url, client_id(username, uuid4().hex[:12]), f"{LIVE}/{segment(username)}/#", now + CREDENTIALS_LAST
        )

    def watch_devices(self, username: str, devicenames: Sequence[str]) -> Lease:
        """Note for ten minutes that the user watches these devices.

        Devices that the user has not, and those with as many watchers as they can have, are left out of the answer.
        Rights are checked before and after the note is written, so that a share taken back in between leaves none.
        """
        now = self.clock()
        until = now + LEASE
        names = list(dict.fromkeys(devicenames))
        found = self.devices.find_permitted(username, names, Role.VIEWER)
        notes: list[Callable[[], bool]] = [partial(self.watchers.watch, device, until, now) for device in found]
        watched = [device for device, is_noted in zip(found, run_together(notes), strict=True) if is_noted]
        return Lease([device.devicename for device in self._still_permitted(username, watched)], until)

    def _still_permitted(self, username: str, watched: Sequence[Device]) -> list[Device]:
        shared = [device for device in watched if device.role is not Role.OWNER]
        if not shared:
            return list(watched)
        names = [device.devicename for device in shared]
        kept = {device.deviceid for device in self.devices.find_permitted(username, names, Role.VIEWER)}
        lost = [device for device in shared if device.deviceid not in kept]
        for device in lost:
            self.watchers.unwatch(device.deviceid, username)
        return [device for device in watched if device not in lost]
