"""What devices say and ask of their firmware (device protocol 9): blocks of an image, how an update ended, and at their
start whether there is one."""

from base64 import b64encode
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from iotcloud import device_input
from iotcloud.batches import Failures, confine
from iotcloud.device_input import MAX_VERSION
from iotcloud.devices.model import RegisteredDevice
from iotcloud.errors import InvalidInput
from iotcloud.firmware.interfaces import FirmwareRecords, ImageSource, Publisher, RegisteredDevices
from iotcloud.firmware.model import DEFAULT_MODEL, checked_model
from iotcloud.firmware.service import BEGIN
from iotcloud.firmware.updates import BlockRequest, DeviceFirmware, State, Update, begin_message
from iotcloud.ingest import Delivery, DeviceMessage

BLOCK_ASKED, BLOCK = "req_firmware", "rcv_firmware"
STATUS_ASKED = STATUS = "req_otastatus"
CONFIGURATION_ASKED = "req_configuration"
"""What every device asks at its start, older ones instead of req_otastatus."""
ENDED = "end_ota"
PATHS = frozenset({"https", "mqtt", "jobs"})
KEPT_IMAGES = 4
"""Images that an execution environment keeps in memory, of 16 MB at most each: devices of a rollout ask for one."""
WRITE_ATTEMPTS = 5


class RecordBusy(RuntimeError):
    """Others write a device's record all the time; the message comes again."""


@dataclass(frozen=True)
class Served:
    """What became of a batch."""

    blocks: int = 0
    block_bytes: int = 0
    refused: int = 0
    """Requests for blocks that were answered with nothing: no such file for this device, or no request."""
    begun: int = 0
    """Updates that devices were told of at their start."""
    ended: int = 0
    unasked: int = 0
    """Results of updates that nobody had asked for, and messages that were none."""
    failed: tuple[str, ...] = ()
    """The deliveries to make again."""
    reasons: Counter[str] = field(default_factory=Counter, compare=False)

    def __add__(self, other: "Served") -> "Served":
        return Served(
            self.blocks + other.blocks,
            self.block_bytes + other.block_bytes,
            self.refused + other.refused,
            self.begun + other.begun,
            self.ended + other.ended,
            self.unasked + other.unasked,
            self.failed + other.failed,
            self.reasons + other.reasons,
        )


@dataclass(frozen=True)
class _Known:
    """What is known of a batch's devices."""

    devices: Mapping[str, RegisteredDevice]
    firmware: dict[str, DeviceFirmware]


@dataclass(frozen=True)
class FirmwareRequests:
    """Serves devices. Nothing is remembered between requests for blocks: each says what it wants."""

    devices: RegisteredDevices
    records: FirmwareRecords
    images: ImageSource
    publisher: Publisher
    kept_images: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)

    def serve(self, deliveries: Sequence[Delivery]) -> Served:
        """Serve a batch in the order in which it was received; what failed comes again.

        A message that is delivered again changes nothing more, but for a block, which is sent once more: the device
        ignores what it did not ask for last.
        """
        readable = [(delivery.delivery_id, delivery.message) for delivery in deliveries if delivery.message is not None]
        failures, served = Failures(), Served(unasked=len(deliveries) - len(readable))
        for part, known in confine(readable, self._look_up, lambda each: (each[0],), failures):
            for delivery_id, message in sorted(part, key=lambda each: each[1].received_at):
                with failures.confined([delivery_id]):
                    served += self._serve(message, known)
        return served + Served(failed=tuple(failures.ids), reasons=failures.reasons)

    def _look_up(self, part: Sequence[tuple[str, DeviceMessage]]) -> tuple[Sequence[tuple[str, DeviceMessage]], _Known]:
        ids = {message.topic.deviceid for _, message in part}
        devices, firmware = self.devices.find_devices(ids), self.records.find_all(ids)
        current = {
            deviceid: one
            for deviceid, one in firmware.items()
            if deviceid in devices and devices[deviceid].registration == one.registration
        }
        return part, _Known(devices, current)

    def _serve(self, message: DeviceMessage, known: _Known) -> Served:
        handlers: dict[str, Callable[[DeviceMessage, Mapping[str, object], _Known], Served]] = {
            BLOCK_ASKED: self._send_block,
            ENDED: self._take_end,
            STATUS_ASKED: self._tell_status,
            CONFIGURATION_ASKED: self._tell_waiting,
        }
        try:
            members = device_input.read_object(message.payload or b"{}")
        except device_input.UnusableInput:
            members = {}
        serve = handlers.get(message.topic.api)
        return Served(unasked=1) if serve is None else serve(message, members, known)

    # ------------------------------------------------------------ blocks
    def _send_block(self, message: DeviceMessage, members: Mapping[str, object], known: _Known) -> Served:
        """Answer whoever asks, and those who may not have it with an empty object: who hears nothing waits for ever."""
        deviceid = message.topic.deviceid
        asked, firmware = BlockRequest.read(members), known.firmware.get(deviceid)
        update = firmware.update.at(message.received_at) if firmware and firmware.update else None
        image = None
        if asked and update and update.is_open and update.location == asked.location:
            image = self._image(asked.location)
        if asked is None or image is None:
            self.publisher.publish(deviceid, BLOCK, {})
            return Served(refused=1)
        block = asked.cut(image)
        self.publisher.publish(deviceid, BLOCK, _block_message(asked, block))
        self._change(known, deviceid, lambda update: update.reached(message.received_at))
        return Served(blocks=1, block_bytes=len(block))

    def _image(self, location: str) -> bytes | None:
        """Return an image; it never changes under its location, so that it is kept."""
        kept = self.kept_images
        if location not in kept:
            image = self.images.get(location)
            if image is None:
                return None
            kept[location] = image
            while len(kept) > KEPT_IMAGES:
                kept.popitem(last=False)
        kept.move_to_end(location)
        return kept[location]

    # ------------------------------------------------------------ the end
    def _take_end(self, message: DeviceMessage, members: Mapping[str, object], known: _Known) -> Served:
        value = members.get("value")
        said: Mapping[str, object] = value if isinstance(value, dict) else {}
        result, reason = said.get("result"), said.get("reason")
        outcome: list[Update | None] = []

        def end(update: Update) -> Update | None:
            ended = update.ended(result, reason, message.received_at)
            outcome.append(ended)
            return ended

        before = known.firmware.get(message.topic.deviceid)
        self._change(known, message.topic.deviceid, end)
        if outcome and outcome[-1] is not None:
            return Served(ended=1)
        repeats = before is not None and before.update is not None and before.update.is_repeated_by(result)
        return Served() if repeats else Served(unasked=1)

    # ------------------------------------------------------------ a device's start
    def _tell_status(self, message: DeviceMessage, members: Mapping[str, object], known: _Known) -> Served:
        """Take what a device says of itself, and tell it of an update, or that there is none."""
        deviceid, device = message.topic.deviceid, known.devices.get(message.topic.deviceid)
        version = _text(members, "version")
        if device is not None and version:
            self._note_traits(device, members, known)
            if version != device.version:
                self.devices.record_version(deviceid, version)
            failed, reason = _text(members, "failed"), members.get("reason")
            self._change(known, deviceid, lambda update: update.reported(version, failed, reason, message.received_at))
        told = self._tell_of_update(message, known)
        if not told:
            self.publisher.publish(deviceid, STATUS, {})
        return Served(begun=int(told))

    def _tell_waiting(self, message: DeviceMessage, members: Mapping[str, object], known: _Known) -> Served:
        """Tell a device that starts of an update that waits for it; one that it works on is its own business."""
        firmware = known.firmware.get(message.topic.deviceid)
        if firmware is None or firmware.update is None:
            return Served()
        is_waiting = firmware.update.at(message.received_at).state is State.PENDING
        return Served(begun=int(is_waiting and self._tell_of_update(message, known)))

    def _tell_of_update(self, message: DeviceMessage, known: _Known) -> bool:
        """Tell a device of the update that is open; False when there is none."""
        deviceid = message.topic.deviceid
        firmware = known.firmware.get(deviceid)
        if firmware is None or firmware.update is None or not firmware.update.at(message.received_at).is_open:
            return False
        if self._change(known, deviceid, lambda update: update.told_again(message.received_at)):
            payload = begin_message(firmware.update, with_signature=known.firmware[deviceid].checks_signatures)
            self.publisher.publish(deviceid, BEGIN, payload)
        return True

    def _note_traits(self, device: RegisteredDevice, members: Mapping[str, object], known: _Known) -> None:
        """Keep what a device says of its kind, if it says anything new."""
        kept = known.firmware.get(device.deviceid)
        firmware = kept or DeviceFirmware(device.deviceid, device.registration, device.owner)
        model, path = _text(members, "model") or DEFAULT_MODEL, _text(members, "path")
        try:
            checked_model(model)
        except InvalidInput:
            model = firmware.model
        traits = replace(
            firmware,
            model=model,
            path=path if path in PATHS else "",
            checks_signatures=members.get("signed") in (1, True),
        )
        if traits == firmware:
            return
        if kept is None and (stale := self.records.find(device.deviceid)) is not None:
            traits = replace(traits, revision=stale.revision)
        saved = self.records.save(traits)
        if saved is None:
            raise RecordBusy
        known.firmware[device.deviceid] = saved

    def _change(self, known: _Known, deviceid: str, change: Callable[[Update], Update | None]) -> bool:
        """Change a device's update by a rule, which is asked again when somebody else wrote meanwhile.

        Return whether anything changed.
        """
        for _ in range(WRITE_ATTEMPTS):
            firmware = known.firmware.get(deviceid)
            if firmware is None or firmware.update is None:
                return False
            changed = change(firmware.update)
            if changed is None or changed == firmware.update:
                return False
            saved = self.records.save(replace(firmware, update=changed))
            if saved is not None:
                known.firmware[deviceid] = saved
                return True
            newest = self.records.find(deviceid)
            if newest is None or newest.registration != firmware.registration:
                known.firmware.pop(deviceid, None)
            else:
                known.firmware[deviceid] = newest
        raise RecordBusy


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    return value[:MAX_VERSION] if isinstance(value, str) else ""


def _block_message(asked: BlockRequest, block: bytes) -> dict[str, object]:
    encoded = b64encode(block).decode()
    return {"location": asked.location, "offset": asked.offset, "size": len(block), "bin": encoded}
