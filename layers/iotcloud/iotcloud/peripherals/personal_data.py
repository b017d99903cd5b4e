"""The sensors of a user's devices, as the user takes them away; they are erased with their devices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from iotcloud.devices.model import DeviceName, Role
from iotcloud.peripherals.model import Configuration, Sensor


class Names(Protocol):
    """Users' names for devices."""

    def list_names(self, username: str) -> Sequence[DeviceName]: ...


class Sensors(Protocol):
    """The sensors of devices."""

    def list(self, deviceid: str) -> tuple[Sensor, ...]: ...


class Configurations(Protocol):
    """Configurations of devices' slots."""

    def list(self, deviceid: str) -> tuple[Configuration, ...]: ...


@dataclass(frozen=True)
class SensorsData:
    """Show the sensors of a user's devices."""

    names: Names
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

    names: Names
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


def _owned(names: Names, username: str) -> Iterable[DeviceName]:
    return (name for name in names.list_names(username) if name.role is Role.OWNER)
