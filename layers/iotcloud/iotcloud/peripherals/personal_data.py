"""The sensors of a user's devices, as the user takes them away; they are erased with their devices."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iotcloud.devices.interfaces import DeviceNames
from iotcloud.devices.model import DeviceName, Role
from iotcloud.peripherals.interfaces import Configurations, Sensors


@dataclass(frozen=True)
class SensorsData:
    """Show the sensors of a user's devices."""

    names: DeviceNames
    sensors: Sensors

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each sensor as it was registered."""
        for name in _owned(self.names, username):
            for sensor in self.sensors.list(name.deviceid):
                yield {
                    "devicename": name.devicename,
                    "deviceid": name.deviceid,
                    "sensorname": sensor.sensorname,
                    "source": sensor.slot.source,
                    "address": sensor.slot.address,
                    "class": sensor.sensor_class,
                    "subclass": sensor.subclass,
                    "type": sensor.type,
                    "manufacturer": sensor.manufacturer,
                    "model": sensor.model,
                    "registered_at": sensor.registered_at.isoformat(),
                }


@dataclass(frozen=True)
class ConfigurationsData:
    """Exports the configurations of a user's devices."""

    names: DeviceNames
    configurations: Configurations

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each slot's configuration."""
        for name in _owned(self.names, username):
            for configuration in self.configurations.list(name.deviceid):
                yield {
                    "devicename": name.devicename,
                    "deviceid": name.deviceid,
                    "source": configuration.slot.source,
                    "address": configuration.slot.address,
                    "attributes": dict(configuration.attributes),
                    "is_enabled": configuration.is_enabled,
                }


def _owned(names: DeviceNames, username: str) -> Iterable[DeviceName]:
    return (name for name in names.list_names(username) if name.role is Role.OWNER)
