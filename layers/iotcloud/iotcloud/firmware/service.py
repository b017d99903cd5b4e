"""What an owner asks of a device's firmware: to update it, how that went, and to leave it (contract 2M, 2N)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from iotcloud.commands.model import last_known
from iotcloud.devices.model import Device, Role
from iotcloud.errors import DeviceUnreachable
from iotcloud.firmware.interfaces import Catalogues, DeviceLink, Devices, FirmwareRecords
from iotcloud.firmware.model import Catalogue, Release
from iotcloud.firmware.updates import (
    DeviceFirmware,
    Update,
    UpdateUnderWay,
    begin_message,
    check_minimum,
    needs_force,
)

BEGIN = "beg_ota"
COMES_LATER = "Device is unreachable; it is updated when it is back"


@dataclass(frozen=True)
class UpdateService:
    """Updates devices one by one."""

    devices: Devices
    catalogue: Catalogues
    records: FirmwareRecords
    link: DeviceLink
    new_id: Callable[[], str]
    clock: Callable[[], datetime]

    def start_update(self, username: str, devicename: str, version: str | None = None) -> Update:
        """Tell a device to fetch a version, the latest of its model when none is named.

        It is kept before the device is told, so that one that is away is told when it is back. The same or an older
        version is the owner's will, and the device is told so. Raise FirmwareNotFound, VersionTooOld, UpdateUnderWay,
        DeviceUnreachable.
        """
        device = self.devices.find_device(username, devicename, Role.OWNER)
        firmware = self._find(device)
        release = choose(self.catalogue.read(), firmware.model, version)
        check_minimum(release, device.version)
        now = self.clock()
        if firmware.update is not None and firmware.update.blocks_another(now):
            raise UpdateUnderWay
        is_forced = needs_force(release, device.version)
        update = Update.request(release, self.new_id(), now, is_forced=is_forced)
        kept = self.records.save(replace(firmware, update=update))
        if kept is None:
            raise UpdateUnderWay
        self._tell(device, kept, update)
        return update

    def get_update(self, username: str, devicename: str) -> Update | None:
        """Return a device's newest update as it stands now; None when there was none."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        update = self._find(device).update
        return None if update is None else update.at(self.clock())

    def cancel_update(self, username: str, devicename: str) -> Update | None:
        """End a device's update, which then counts as failed.

        A device that is fetching the image gets no more of it by MQTT; one that fetches by HTTPS may still install it.
        """
        device = self.devices.find_device(username, devicename, Role.OWNER)
        while True:
            firmware = self._find(device)
            if firmware.update is None or not firmware.update.is_open:
                return firmware.update
            update = firmware.update.cancelled(self.clock())
            if self.records.save(replace(firmware, update=update)) is not None:
                return update

    def _find(self, device: Device) -> DeviceFirmware:
        found = self.records.find(device.deviceid)
        if found is None:
            return DeviceFirmware(device.deviceid, device.registration, device.owner)
        if found.registration != device.registration:
            # Of an earlier registration; its row is written over.
            return DeviceFirmware(device.deviceid, device.registration, device.owner, revision=found.revision)
        return found

    def _tell(self, device: Device, firmware: DeviceFirmware, update: Update) -> None:
        try:
            self.link.request(device, BEGIN, begin_message(update, with_signature=firmware.checks_signatures))
        except DeviceUnreachable as unreachable:
            raise DeviceUnreachable(COMES_LATER, value=last_known(device)) from unreachable
        # When somebody wrote meanwhile, it was the device: it has begun to fetch the image, or has ended already.
        self.records.save(replace(firmware, update=update.reached(self.clock())))


def choose(catalogue: Catalogue, model: str, version: str | None) -> Release:
    """Return a version of a model, the latest when none is named; raise FirmwareNotFound."""
    return catalogue.latest(model) if version is None else catalogue.find(model, version)
