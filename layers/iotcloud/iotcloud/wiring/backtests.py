"""Settings of sensors, tried on past readings."""

from functools import cached_property

from iotcloud.backtests.service import BacktestService
from iotcloud.wiring.part import Part


class BacktestsPart(Part):
    """Settings of sensors, tried on past readings."""

    @cached_property
    def service(self) -> BacktestService:
        """Tries settings of a sensor on its past readings."""
        stores = self._wiring.stores
        return BacktestService(
            devices=self._wiring.devices.service,
            sensors=stores.sensors,
            log=stores.messages,
            states=stores.device_states,
            blocks=stores.notification_blocks,
            contacts=self._wiring.users.contacts,
            references=self._wiring.peripherals.references,
            clock=self._wiring.clock,
        )
