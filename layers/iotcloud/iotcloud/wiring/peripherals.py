"""Ports and their sensors (groups 4 to 7)."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.peripherals.configuration_sync import ConfigurationSync
    from iotcloud.peripherals.port_control import PortControl
    from iotcloud.peripherals.references import DeviceReferences
    from iotcloud.peripherals.sensor_control import SensorControl
    from iotcloud.peripherals.sensor_registration import SensorRegistration


class PeripheralsPart(Part):
    """Ports and their sensors (groups 4 to 7)."""

    @cached_property
    def configuration_sync(self) -> "ConfigurationSync":
        """Gives devices their ports' settings back."""
        from iotcloud.peripherals.configuration_sync import ConfigurationSync

        stores = self._wiring.stores
        return ConfigurationSync(stores.devices, stores.configurations, self._wiring.clients.publisher, self.references)

    @cached_property
    def ports(self) -> "PortControl":
        """Sets UART and GPIO."""
        from iotcloud.peripherals.port_control import PortControl

        return PortControl(
            self._wiring.devices.service,
            self._wiring.stores.configurations,
            self._wiring.stores.notification_blocks,
            self._wiring.users.contacts,
            self._wiring.commands.link,
            self.references,
            self._wiring.live.updates,
        )

    @cached_property
    def references(self) -> "DeviceReferences":
        """Finds the devices that ports' properties name."""
        from iotcloud.peripherals.references import DeviceReferences

        return DeviceReferences(self._wiring.stores.devices)

    @cached_property
    def sensor_control(self) -> "SensorControl":
        """Sets and switches sensors."""
        from iotcloud.peripherals.sensor_control import SensorControl

        stores = self._wiring.stores
        return SensorControl(
            devices=self._wiring.devices.service,
            sensors=stores.sensors,
            configurations=stores.configurations,
            blocks=stores.notification_blocks,
            contacts=self._wiring.users.contacts,
            memory=self._wiring.readings.state_resets,
            link=self._wiring.commands.link,
            references=self.references,
            live=self._wiring.live.updates,
        )

    @cached_property
    def sensors(self) -> "SensorRegistration":
        """Registers sensors."""
        from iotcloud.peripherals.sensor_registration import SensorRegistration

        stores = self._wiring.stores
        return SensorRegistration(
            devices=self._wiring.devices.service,
            sensors=stores.sensors,
            configurations=stores.configurations,
            blocks=stores.notification_blocks,
            memory=self._wiring.readings.state_resets,
            link=self._wiring.commands.link,
            live=self._wiring.live.updates,
        )
