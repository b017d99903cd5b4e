"""Fakes of the dependencies of historian and histories, in memory."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.devices.model import Device, DeviceName, RegisteredDevice, Role
from iotcloud.errors import DeviceNotRegistered
from iotcloud.histories.model import Lane, Message, Span, Stretch, Window
from iotcloud.topics import Direction


@dataclass
class FakeRegistry:
    """Devices as histories see them, and the heartbeats that were recorded."""

    devices: list[Device] = field(default_factory=list)
    heartbeats: dict[str, datetime] = field(default_factory=dict)

    def find_devices(self, deviceids: Iterable[str]) -> Mapping[str, RegisteredDevice]:
        wanted = set(deviceids)
        return {device.deviceid: device for device in self.devices if device.deviceid in wanted}

    def find_registration(self, deviceid: str) -> str | None:
        return next((device.registration for device in self.devices if device.deviceid == deviceid), None)

    def record_heartbeats(self, heartbeats: Mapping[str, datetime]) -> None:
        self.heartbeats.update(heartbeats)

    def find_device(self, username: str, devicename: str, role: Role) -> Device:
        for device in self.devices:
            if (device.username, device.devicename) == (username, devicename) and device.role.permits(role):
                return device
        raise DeviceNotRegistered

    def find_all(self, username: str, devicenames: Sequence[str]) -> list[Device]:
        return [one for one in self.devices if one.username == username and one.devicename in devicenames]

    def find_names(self, username: str, devicenames: Mapping[str, str]) -> list[DeviceName]:
        return [name for name in self.list_names(username) if name.deviceid in devicenames]

    def list_names(self, username: str) -> Sequence[DeviceName]:
        return [
            DeviceName(username, device.devicename, device.deviceid, device.registration, device.role)
            for device in self.devices
            if device.username == username
        ]


@dataclass
class InMemoryMessages:
    """The table of messages; `refused` holds the ids of messages that it will not take."""

    rows: dict[tuple[str, str, Lane, str], Message] = field(default_factory=dict)
    positions: dict[tuple[str, str, Lane], list[str]] = field(default_factory=lambda: defaultdict(list))
    """The positions of each stream, in the order of a sort key."""
    refused: set[str] = field(default_factory=set)
    spans: dict[tuple[str, str, str], Span] = field(default_factory=dict)
    page: int = 5000
    """How many messages one request reads, oldest first."""
    writes: int = 0
    reads: int = 0
    """Requests that read oldest first."""
    span_reads: int = 0
    rows_read: int = 0
    """Messages that requests of one lane read."""

    def put_messages(self, messages: Sequence[Message]) -> Collection[Message]:
        for message in messages:
            if message.message_id not in self.refused:
                self.writes += 1
                stream = (message.deviceid, message.registration, message.lane)
                if (*stream, message.position) not in self.rows:
                    insort(self.positions[stream], message.position)
                self.rows[*stream, message.position] = message
        return [message for message in messages if message.message_id in self.refused]

    def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        found = _read(self._between(deviceid, registration, lane, window.oldest, window.newest), window)
        self.rows_read += len(found.messages)
        return found

    def read_on(self, deviceid: str, registration: str, lane: Lane, oldest: str) -> Sequence[Message] | None:
        found = self._between(deviceid, registration, lane, oldest, "~")
        return None if len(found) > 5000 else found

    def _between(self, deviceid: str, registration: str, lane: Lane, oldest: str, newest: str) -> list[Message]:
        stream = (deviceid, registration, lane)
        positions = self.positions[stream]
        wanted = positions[bisect_left(positions, oldest) : bisect_right(positions, newest)]
        return [self.rows[*stream, position] for position in wanted]

    def read_back(self, deviceid: str, registration: str, lane: Lane, newest: str) -> Sequence[Message]:
        return self.read_device(deviceid, registration, lane, Window("", newest, 25)).messages[:25]

    def read_forward(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        found = self._between(deviceid, registration, lane, window.oldest, window.newest)
        self.reads += 1
        page = found[: min(window.limit, self.page)]
        self.rows_read += len(page)
        return Stretch(page, page[-1].position if len(page) < len(found) else None)

    def put_spans(self, owner: str, deviceid: str, registration: str, spans: Sequence[Span]) -> None:
        for span in spans:
            self.spans[deviceid, registration, span.first] = span

    def read_spans(
        self, deviceid: str, registration: str, oldest: str, newest: str, limit: int
    ) -> tuple[Sequence[Span], str | None]:
        found = sorted(
            (
                span
                for (*life, first), span in self.spans.items()
                if life == [deviceid, registration] and oldest <= first <= newest
            ),
            key=lambda span: span.first,
        )
        self.span_reads += 1
        return found[:limit], found[limit - 1].first if len(found) > limit else None

    def find_messages(self, deviceid: str, registration: str, positions: Iterable[str]) -> Sequence[Message]:
        keys = [(deviceid, registration, Lane.READINGS, position) for position in positions]
        found = [self.rows[key] for key in keys if key in self.rows]
        self.rows_read += len(found)
        return found

    def read_owner(self, owner: str, direction: Direction, window: Window) -> Stretch:
        return _read(
            (
                row
                for row in self.rows.values()
                if row.owner == owner and row.lane.direction is direction and row.lane is not Lane.READINGS
            ),
            window,
        )


def _read(rows: Iterable[Message], window: Window) -> Stretch:
    found = sorted(
        (row for row in rows if window.oldest <= row.position <= window.newest and window.topic in (None, row.topic)),
        key=lambda row: row.position,
        reverse=True,
    )
    if len(found) <= window.limit:
        return Stretch(found)
    return Stretch(found[: window.limit + 1], found[window.limit].position)


@dataclass
class FakeParking:
    """The queue of useless messages."""

    parked: dict[str, str] = field(default_factory=dict)

    def park(self, bodies: Mapping[str, str]) -> None:
        self.parked.update(bodies)
