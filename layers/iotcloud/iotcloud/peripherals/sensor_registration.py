"""Registers an owner's sensors, and lists them with the state that the device reports."""

from collections.abc import Sequence
from dataclasses import dataclass

from iotcloud.commands.interfaces import DeviceLink
from iotcloud.devices.interfaces import DeviceRegistry, LiveChanges
from iotcloud.devices.model import Device, Role
from iotcloud.errors import DeviceUnreachable, SensorNotRegistered
from iotcloud.peripherals.interfaces import Blocks, Configurations, Sensors, SensorState
from iotcloud.peripherals.model import Bus, Sensor, SensorTypeInvalid, Slot, block_sources, reconcile, unreachable


@dataclass(frozen=True)
class SlotListing:
    """The sensors of a slot, and whether their device could be asked."""

    device: Device
    sensors: tuple[Sensor, ...]
    is_device_reachable: bool


@dataclass(frozen=True)
class SensorRegistration:
    """The sensors of a user's devices."""

    devices: DeviceRegistry
    sensors: Sensors
    configurations: Configurations
    blocks: Blocks
    memory: SensorState
    link: DeviceLink
    live: LiveChanges | None = None

    def add_sensor(self, username: str, devicename: str, sensor: Sensor) -> None:
        """Register a sensor; the device is not contacted. Raise SensorNameTaken, SensorAddressTaken or SlotTaken.

        Its readings start empty, whatever used its slot before.
        """
        device = self.devices.find_device(username, devicename, Role.OWNER)
        if all(one.slot != sensor.slot for one in self.sensors.list(device.deviceid)):
            self.memory.begin_slot(device.deviceid, sensor)
        self.sensors.add(device.deviceid, sensor)
        self._tell(device)

    def get_sensor(self, username: str, devicename: str, bus: Bus, number: int, sensorname: str) -> Sensor:
        """Return the registered sensor. Raise SensorNotRegistered unless it is in that slot."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        return find_sensor(self.sensors, device, bus, number, sensorname)

    def delete_sensor(self, username: str, devicename: str, bus: Bus, number: int, sensorname: str) -> None:
        """Delete a sensor and its data. The device is not contacted.

        The sensor's row is deleted last, so a failed call can be repeated.
        """
        device = self.devices.find_device(username, devicename, Role.OWNER)
        sensor = find_sensor(self.sensors, device, bus, number, sensorname)
        self.blocks.delete(device.deviceid, *block_sources(sensor, self.sensors.list(device.deviceid)))
        self.configurations.delete(device.deviceid, [sensor.slot])
        self.memory.reset_slots(device.deviceid, [sensor.slot])
        self.sensors.delete(device.deviceid, sensor)
        self._tell(device)

    def _tell(self, device: Device) -> None:
        if self.live is not None:
            self.live.tell_change(device, "sensors")

    def list_bus(self, username: str, devicename: str, bus: Bus, *, is_input: bool | None = None) -> tuple[Sensor, ...]:
        """The registered sensors of a bus, or only its inputs or outputs."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        return tuple(
            sensor
            for sensor in self.sensors.list(device.deviceid)
            if sensor.slot.peripheral == bus.name and is_input in (None, sensor.is_input)
        )

    def list_slot(self, username: str, devicename: str, bus: Bus, number: int) -> SlotListing:
        """The sensors of a slot in the state that the device reports; switched off while it cannot be reached."""
        device = self.devices.find_device(username, devicename, Role.VIEWER)
        place = Slot(bus.name, bus.check_number(number))
        sensors = [one for one in self.sensors.list(device.deviceid) if one.slot.source == place.source]
        try:
            reply = self.link.request(device, f"get_{bus.name}_devs", {"number": place.number})
        except DeviceUnreachable:
            return SlotListing(device, unreachable(sensors), is_device_reachable=False)
        return SlotListing(
            device,
            reconcile_with_device(self.sensors, device, sensors, {place.source: reply.get("value")}),
            is_device_reachable=True,
        )


def find_sensor(sensors: Sensors, device: Device, bus: Bus, number: int, sensorname: str) -> Sensor:
    """The sensor of that name in that slot; raise SensorNotRegistered, or InvalidInput when there is no such slot."""
    place = Slot(bus.name, bus.check_number(number))
    sensor = sensors.find(device.deviceid, sensorname)
    if sensor is None or sensor.slot.source != place.source:
        raise SensorNotRegistered
    return sensor


def find_input(sensors: Sensors, device: Device, bus: Bus, number: int, sensorname: str) -> Sensor:
    """The same of a sensor that measures; raise SensorTypeInvalid for an output, too."""
    sensor = find_sensor(sensors, device, bus, number, sensorname)
    if not sensor.is_input:
        raise SensorTypeInvalid
    return sensor


def reconcile_with_device(
    store: Sensors, device: Device, sensors: Sequence[Sensor], reported: dict[str, object]
) -> tuple[Sensor, ...]:
    """Update the sensors to the state that the device reports, and store the changed ones."""
    current = reconcile(sensors, reported)
    store.switch(device.deviceid, [now for before, now in zip(sensors, current, strict=True) if now != before])
    return current
