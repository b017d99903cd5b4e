"""Ports and their sensors (groups 4 to 7)."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.histories import Histories

if TYPE_CHECKING:
    from iotcloud.peripherals.configuration_sync import ConfigurationSync
    from iotcloud.peripherals.port_control import PortControl
    from iotcloud.peripherals.references import DeviceReferences
    from iotcloud.peripherals.sensor_control import SensorControl
    from iotcloud.peripherals.sensor_registration import SensorRegistration
    from iotcloud.readings.state.resets import StateResets


class Peripherals(Histories):
    """Ports and their sensors (groups 4 to 7)."""

    @cached_property
    def configuration_exchange(self) -> "ConfigurationSync":
        """Gives devices their ports' settings back."""
        from iotcloud.peripherals.configuration_sync import ConfigurationSync

        return ConfigurationSync(self.device_store, self.configuration_store, self.publisher, self.device_references)

    @cached_property
    def device_references(self) -> "DeviceReferences":
        """Finds the devices that ports' properties name."""
        from iotcloud.peripherals.references import DeviceReferences

        return DeviceReferences(self.device_store)

    @cached_property
    def ports(self) -> "PortControl":
        """Sets UART and GPIO."""
        from iotcloud.peripherals.port_control import PortControl

        return PortControl(
            self.devices,
            self.configuration_store,
            self.notification_blocks,
            self.contacts,
            self.device_link,
            self.device_references,
        )

    @cached_property
    def sensor_control(self) -> "SensorControl":
        """Sets and switches sensors."""
        from iotcloud.peripherals.sensor_control import SensorControl

        return SensorControl(
            devices=self.devices,
            sensors=self.sensor_store,
            configurations=self.configuration_store,
            blocks=self.notification_blocks,
            contacts=self.contacts,
            memory=self.slot_memory,
            link=self.device_link,
            references=self.device_references,
        )

    @cached_property
    def sensors(self) -> "SensorRegistration":
        """Registers sensors."""
        from iotcloud.peripherals.sensor_registration import SensorRegistration

        return SensorRegistration(
            devices=self.devices,
            sensors=self.sensor_store,
            configurations=self.configuration_store,
            blocks=self.notification_blocks,
            memory=self.slot_memory,
            link=self.device_link,
        )

    @cached_property
    def slot_memory(self) -> "StateResets":
        """Forgets readings and thresholds' states."""
        from iotcloud.readings.state.resets import StateResets

        return StateResets(self.device_store, self.device_states, self.clock)
