"""Properties of sensors, and enabling them. The device is set first, then the settings are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from iotcloud.commands.interfaces import DeviceLink
from iotcloud.devices.interfaces import DeviceRegistry, LiveChanges
from iotcloud.devices.model import Device, Role
from iotcloud.errors import CommunicationFailed, DeviceUnreachable
from iotcloud.notification_blocks.model import NotificationBlock, default_block
from iotcloud.peripherals.blocks import find_block
from iotcloud.peripherals.interfaces import Blocks, Configurations, References, Sensors, SensorState
from iotcloud.peripherals.model import (
    Bus,
    Configuration,
    Sensor,
    SensorNotConfigured,
    address_member,
    block_source,
)
from iotcloud.peripherals.recipients import check_block, visible_block, with_destination
from iotcloud.peripherals.references import named_devices
from iotcloud.peripherals.sensor_registration import find_sensor
from iotcloud.users.interfaces import Contacts


@dataclass(frozen=True)
class SensorProperties:
    """Settings of a sensor: the attributes that its device stores, and the blocks that the platform stores.

    A block is None where there is none. When setting, None keeps the stored one.
    """

    attributes: Mapping[str, Any]
    block: NotificationBlock | None = None
    subclass_block: NotificationBlock | None = None


@dataclass(frozen=True)
class SensorControl:
    """The sensors of a user's devices at work."""

    devices: DeviceRegistry
    sensors: Sensors
    configurations: Configurations
    blocks: Blocks
    contacts: Contacts
    memory: SensorState
    link: DeviceLink
    references: References
    live: LiveChanges | None = None

    def find_sensor(
        self, username: str, devicename: str, bus: Bus, number: int, sensorname: str, required: Role
    ) -> tuple[Device, Sensor]:
        """The device and its sensor; raise DeviceNotRegistered, NotPermitted or SensorNotRegistered."""
        device = self.devices.find_device(username, devicename, required)
        return device, find_sensor(self.sensors, device, bus, number, sensorname)

    def set_properties(self, device: Device, sensor: Sensor, properties: SensorProperties) -> None:
        """Set the sensor and store its settings; it is disabled afterwards. A device failure leaves it unconfigured.

        Raise InvalidInput when it names a device that is unknown or not shared with the user, NotPermitted when a user
        other than the owner changes its recipients or its destination. Then nothing was set.
        """
        shown: Mapping[str, str] = {}
        if device.role is not Role.OWNER:
            stored = self._stored(device, sensor)
            properties = self._as_permitted(device, sensor, properties, stored)
            shown = self.references.shown_ids(device, (stored and stored.references) or {})
        properties, references = self._resolve(device, properties, shown)
        command = {**properties.attributes, **address_member(sensor.slot), **_class_members(sensor)}
        command["number"] = sensor.slot.number
        try:
            self.link.request(device, f"set_{sensor.slot.peripheral}_dev_prop", command)
        except (DeviceUnreachable, CommunicationFailed):
            self.sensors.switch(device.deviceid, [sensor.switched(is_enabled=False, is_configured=False)])
            raise
        self.configurations.save(
            device.deviceid,
            Configuration(
                sensor.slot,
                properties.attributes,
                sensor.class_number,
                sensor.subclass_number,
                references=references or None,
            ),
        )
        for block, source in (
            (properties.block, block_source(sensor)),
            (properties.subclass_block, block_source(sensor, is_subclass=True)),
        ):
            if block is not None and sensor.has_notices:
                self.blocks.save(device.deviceid, source, block)
        self.memory.rearm_slot(device.deviceid, sensor.slot)
        self.sensors.switch(device.deviceid, [sensor.switched(is_enabled=False, is_configured=True)])
        self._tell(device, sensor.slot.source)

    def get_properties(self, device: Device, sensor: Sensor) -> SensorProperties:
        """Request the sensor's settings from the device. The blocks are the stored ones or the defaults.

        Devices appear under their current names. Users other than the owner see no recipients.
        """
        question = {**address_member(sensor.slot), "class": sensor.class_number, "number": sensor.slot.number}
        reply = self.link.request(device, f"get_{sensor.slot.peripheral}_dev_prop", question)
        value = reply.get("value", {})
        attributes = self._shown(device, sensor, value if isinstance(value, dict) else {})
        if not sensor.has_notices:
            return SensorProperties(attributes)
        return SensorProperties(
            attributes,
            visible_block(device, self._block(device, sensor)),
            visible_block(device, self._block(device, sensor, is_subclass=True))
            if isinstance(attributes.get("subattributes"), dict)
            else None,
        )

    def enable_sensor(self, device: Device, sensor: Sensor, *, is_enabled: bool) -> None:
        """Switch the sensor on or off; raise SensorNotConfigured when the device holds no properties for it."""
        if not sensor.is_configured:
            raise SensorNotConfigured
        command = {"enable": int(is_enabled), **address_member(sensor.slot), "number": sensor.slot.number}
        self.link.request(device, f"enable_{sensor.slot.peripheral}_dev", command)
        if not is_enabled:
            self.memory.rearm_slot(device.deviceid, sensor.slot)
        self.configurations.enable(device.deviceid, sensor.slot, is_enabled=is_enabled)
        if is_enabled:
            self._expect(device, sensor)
        self.sensors.switch(device.deviceid, [sensor.switched(is_enabled=is_enabled, is_configured=True)])
        self._tell(device, sensor.slot.source)

    def delete_configurations(self, username: str, devicename: str) -> None:
        """Delete the configuration of every port of the device. It starts unconfigured next time."""
        device = self.devices.find_device(username, devicename, Role.OWNER)
        self.configurations.erase(device.deviceid)
        self._tell(device, "settings")

    def _tell(self, device: Device, what: str) -> None:
        if self.live is not None:
            self.live.tell_change(device, what)

    def _resolve(
        self, device: Device, properties: SensorProperties, shown: Mapping[str, str]
    ) -> tuple[SensorProperties, Mapping[str, str]]:
        resolved = self.references.resolve(device, properties.attributes, shown)
        block, subclass_block = (
            None if one is None else self.references.resolve_block(device, one)
            for one in (properties.block, properties.subclass_block)
        )
        return SensorProperties(resolved.attributes, block, subclass_block), resolved.references

    def _shown(self, device: Device, sensor: Sensor, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
        if not named_devices(attributes):
            return attributes
        stored = self._stored(device, sensor)
        return self.references.show(device, attributes, (stored and stored.references) or {})

    def _stored(self, device: Device, sensor: Sensor) -> Configuration | None:
        """What the sensor was set to last."""
        kept = (one for one in self.configurations.list(device.deviceid) if one.slot == sensor.slot)
        return next(kept, None)

    def _expect(self, device: Device, sensor: Sensor) -> None:
        """Start the inactivity check of the sensor now, if its owner set one: it may never send anything."""
        for one in self.configurations.list(device.deviceid):
            if one.slot == sensor.slot and one.inactivity_seconds is not None:
                self.memory.expect_data(device.deviceid, sensor.slot, one.inactivity_seconds)

    def _as_permitted(
        self, device: Device, sensor: Sensor, properties: SensorProperties, stored: Configuration | None
    ) -> SensorProperties:
        """Return the settings that a user other than the owner may make, with stored blocks and destination. Raise
        NotPermitted.
        """
        if not sensor.has_notices:
            return properties
        for posted, is_subclass in ((properties.block, False), (properties.subclass_block, True)):
            if posted is not None:
                check_block(posted, self._block(device, sensor, is_subclass=is_subclass))
        shown = {} if stored is None else self.references.show(device, stored.attributes, stored.references or {})
        attributes = with_destination(properties.attributes, shown)
        return replace(properties, attributes=attributes, block=None, subclass_block=None)

    def _block(self, device: Device, sensor: Sensor, *, is_subclass: bool = False) -> NotificationBlock:
        stored = find_block(self.blocks, self.sensors, device.deviceid, sensor, is_subclass=is_subclass)
        if stored is not None:
            return self.references.show_block(device, stored)
        return default_block(sensor.slot.source, self.contacts.find_contact(device.owner))


def _class_members(sensor: Sensor) -> dict[str, int]:
    members = {"class": sensor.class_number}
    return members if sensor.subclass_number is None else {**members, "subclass": sensor.subclass_number}
