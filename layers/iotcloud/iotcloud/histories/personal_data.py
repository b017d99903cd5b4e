"""The messages of a user's devices as personal data: exported for the user, and erased with their devices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iotcloud.devices.interfaces import DeviceNames, Registrations
from iotcloud.devices.model import DeviceName, Role
from iotcloud.histories.interfaces import MessageErasures, MessageLog
from iotcloud.histories.model import NEWEST, OLDEST, Lane, Message, Window, just_before

AT_ONCE = 1000
"""Messages per read: as many small ones as one response of DynamoDB holds."""


@dataclass(frozen=True)
class MessagesData:
    """Exports all messages between a user's devices and the server, readings included."""

    names: DeviceNames
    messages: MessageLog

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return every message that is kept, by device and lane, newest first."""
        for name in self.names.list_names(username):
            if name.role is Role.OWNER:
                for lane in Lane:
                    for message in self._read(name, lane):
                        yield _record(name, message)

    def _read(self, name: DeviceName, lane: Lane) -> Iterable[Message]:
        newest = NEWEST
        while True:
            stretch = self.messages.read_device(name.deviceid, name.registration, lane, Window(OLDEST, newest, AT_ONCE))
            yield from stretch.messages
            if stretch.reached is None:
                return
            newest = just_before(stretch.reached)


def _record(name: DeviceName, message: Message) -> Mapping[str, object]:
    return {
        "devicename": name.devicename,
        "deviceid": name.deviceid,
        "direction": message.lane.direction.value,
        "topic": message.topic,
        "payload": message.payload,
        "is_base64": message.is_base64,
        "received_at": message.received_at.isoformat(),
    }


@dataclass(frozen=True)
class MessagesOfDevice:
    """A job that erases the messages of a deleted device, and its notices."""

    deviceid: str
    registration: str


@dataclass(frozen=True)
class DeviceMessages:
    """The messages of a device: too many to delete while a caller waits."""

    registrations: Registrations
    erasures: MessageErasures

    def erase(self, deviceid: str) -> None:
        """Queue the erasure of a device's messages. They are invisible once its registration is deleted."""
        registration = self.registrations.find_registration(deviceid)
        if registration is not None:
            self.erasures.request_messages(MessagesOfDevice(deviceid, registration))
