"""Queries of the messages between devices and server, newest first, of one device or of all devices of an owner."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from iotcloud.devices.interfaces import DeviceNames, DeviceRegistry
from iotcloud.devices.model import DeviceName, Role
from iotcloud.errors import DeviceNotRegistered, InvalidInput, Problem
from iotcloud.histories.interfaces import MessageLog
from iotcloud.histories.model import HistoryFilter, Lane, Message, Stretch, Window, cut, just_before, merge
from iotcloud.pagination import Page, make_cursor, open_cursor
from iotcloud.parallel import run_together

MAX_MERGED = 10
"""Devices up to which an owner's list holds readings too. Each costs a request; who owns more asks device by device."""
SHARES = 2
"""How many times its even share of a page is read of a device's readings at first."""
LEAST_SHARE = 10
OWNERS_TOPICS = ("status_notification", "trigger_notification")
"""Topics whose messages name recipients of notices."""
_POSITION = re.compile(r"\d{13}#[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True)
class HistoryEntry:
    """A message, with the current name of its device."""

    devicename: str
    message: Message


@dataclass(frozen=True)
class HistoryService:
    """Reads histories in a bounded number of requests, for any number of stored messages."""

    devices: DeviceRegistry
    names: DeviceNames
    messages: MessageLog

    def list_histories(
        self, username: str, asked: HistoryFilter, limit: int, cursor: str | None = None
    ) -> Page[HistoryEntry]:
        """Return the newest messages that match the filter, or the newest before the cursor.

        A page may be short, even empty, and still have a cursor, since one call reads a bounded number of rows. An
        unknown device name gives an empty page. Only the owner sees messages about notices: they name recipients.
        """
        scope = f"histories of {username} {asked}"
        newest = min(asked.newest, just_before(_position(scope, cursor))) if cursor else asked.newest
        if newest < asked.oldest:
            return Page(())
        window = Window(asked.oldest, newest, limit, asked.topic)
        if asked.devicename is None:
            stretch, names = self._read_owner(username, asked.lanes(), window)
        else:
            stretch, names = self._read_device(username, asked.devicename, asked.lanes(), window)
        page = cut(stretch, limit)
        return Page(
            [
                HistoryEntry(names[message.registration], message)
                for message in page.messages
                if message.registration in names and _is_visible(message, username)
            ],
            None if page.reached is None else make_cursor(scope, page.reached),
        )

    def _read_device(
        self, username: str, devicename: str, lanes: Sequence[Lane], window: Window
    ) -> tuple[Stretch, Mapping[str, str]]:
        try:
            device = self.devices.find_device(username, devicename, Role.VIEWER)
        except DeviceNotRegistered:
            return Stretch(()), {}
        return merge(self._read_lanes([(device.deviceid, device.registration, lane) for lane in lanes], window)), {
            device.registration: device.devicename
        }

    def _read_owner(self, username: str, lanes: Sequence[Lane], window: Window) -> tuple[Stretch, Mapping[str, str]]:
        """Read the owner's index while the names are read, and then the readings of all devices together."""
        names: list[DeviceName] = []

        def read_names() -> Stretch:
            names.extend(name for name in self.names.list_names(username) if name.role is Role.OWNER)
            return Stretch(())

        indexed: list[Callable[[], Stretch]] = [
            partial(self.messages.read_owner, username, lane.direction, window)
            for lane in lanes
            if lane is not Lane.READINGS
        ]
        stretches = run_together([read_names, *indexed])
        if Lane.READINGS in lanes and len(names) <= MAX_MERGED:
            stretches += self._read_readings(names, window, merge(stretches))
        return merge(stretches), {name.registration: name.devicename for name in names}

    def _read_readings(self, names: Sequence[DeviceName], window: Window, others: Stretch) -> list[Stretch]:
        """Read an even share of the page from each device first, then more from devices with more messages."""
        streams = [(name.deviceid, name.registration, Lane.READINGS) for name in names]
        share = max(LEAST_SHARE, -(-SHARES * window.limit // max(1, len(streams))))
        if share >= window.limit:
            return self._read_lanes(streams, window)
        found = self._read_lanes(streams, replace(window, limit=share))
        page = merge([others, *found])
        if page.reached is None or len(page.messages) >= window.limit:
            return found
        known = sorted((one.position for part in (others, *found) for one in part.messages), reverse=True)
        goal = known[window.limit - 1] if len(known) >= window.limit else window.oldest
        further = {
            stream: partial(self.messages.read_device, *stream, replace(window, newest=just_before(part.reached)))
            for stream, part in zip(streams, found, strict=True)
            if part.reached is not None and part.reached > goal
        }
        more = dict(zip(further, run_together(list(further.values())), strict=True))
        return [
            Stretch([*part.messages, *more[stream].messages], more[stream].reached) if stream in more else part
            for stream, part in zip(streams, found, strict=True)
        ]

    def _read_lanes(self, streams: Sequence[tuple[str, str, Lane]], window: Window) -> list[Stretch]:
        return run_together([partial(self.messages.read_device, *stream, window) for stream in streams])


def _is_visible(message: Message, username: str) -> bool:
    return message.owner == username or message.topic.partition("/")[0] not in OWNERS_TOPICS


def _position(scope: str, cursor: str) -> str:
    position = open_cursor(scope, cursor)
    if not _POSITION.fullmatch(position):
        raise InvalidInput(detail=[Problem("cursor", "unknown")])
    return position
