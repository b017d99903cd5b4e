"""Settings of the ports without sensors, UART and GPIO. The device is set first, then the settings are stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iotcloud.commands.interfaces import DeviceLink
from iotcloud.devices.interfaces import DeviceRegistry, LiveChanges
from iotcloud.devices.model import Device, Role
from iotcloud.notification_blocks.model import NotificationBlock, default_block
from iotcloud.peripherals.interfaces import Blocks, Configurations, References
from iotcloud.peripherals.model import Configuration, Slot, number_member
from iotcloud.peripherals.recipients import check_block, visible_block
from iotcloud.users.interfaces import Contacts


@dataclass(frozen=True)
class PortProperties:
    """Settings of a port: the attributes that its device stores, and the block that the platform stores.

    When setting, a block of None keeps the stored one.
    """

    attributes: Mapping[str, Any]
    block: NotificationBlock | None = None


@dataclass(frozen=True)
class PortControl:
    """The UART and GPIO ports of a user's devices."""

    devices: DeviceRegistry
    configurations: Configurations
    blocks: Blocks
    contacts: Contacts
    link: DeviceLink
    references: References
    live: LiveChanges | None = None

    def set_properties(self, username: str, devicename: str, slot: Slot, properties: PortProperties) -> None:
        """Set the port, and store its settings for the device's next start. On a device failure nothing is stored.

        Raise InvalidInput when the block names an unknown device, NotPermitted when a user other than the owner changes
        it. Then nothing was set.
        """
        device = self.devices.find_device(username, devicename, Role.OPERATOR)
        block = None
        if properties.block is not None and device.role is Role.OWNER:
            block = self.references.resolve_block(device, properties.block)
        elif properties.block is not None:
            check_block(properties.block, self._block(device, slot))
        self.link.request(device, f"set_{slot.peripheral}_prop", {**properties.attributes, **number_member(slot)})
        self.configurations.save(device.deviceid, Configuration(slot, properties.attributes))
        if block is not None:
            self.blocks.save(device.deviceid, slot.source, block)
        if self.live is not None:
            self.live.tell_change(device, slot.source)

    def get_properties(self, username: str, devicename: str, slot: Slot) -> PortProperties:
        """Request the port's settings from the device. The block is the stored one or the default.

        Users other than the owner see no recipients.
        """
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        reply = self.link.request(device, f"get_{slot.peripheral}_prop", number_member(slot))
        value = reply.get("value")
        block = visible_block(device, self._block(device, slot))
        return PortProperties(value if isinstance(value, dict) else {}, block)

    def _block(self, device: Device, slot: Slot) -> NotificationBlock:
        stored = self.blocks.find(device.deviceid, slot.source)
        if stored is not None:
            return self.references.show_block(device, stored)
        return default_block(slot.source, self.contacts.find_contact(device.owner))
