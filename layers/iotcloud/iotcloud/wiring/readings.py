"""What sensors measured."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.peripherals import Peripherals

if TYPE_CHECKING:
    from iotcloud.readings.backtest import BacktestService
    from iotcloud.readings.ingest import ReadingIngest
    from iotcloud.readings.overview import OverviewService
    from iotcloud.readings.series import SeriesService
    from iotcloud.readings.service import ReadingService
    from iotcloud.readings.state.inactivity_check import InactivityCheck
    from iotcloud.readings.state.updater import StateUpdater


class Readings(Peripherals):
    """What sensors measured."""

    @cached_property
    def listener(self) -> "InactivityCheck":
        """Looks for silent sensors."""
        from iotcloud.readings.state.inactivity_check import InactivityCheck

        return InactivityCheck(
            devices=self.device_store,
            states=self.device_states,
            configurations=self.configuration_store,
            sensors=self.sensor_store,
            state_updater=self._rememberer,
            clock=self.clock,
        )

    @cached_property
    def overview(self) -> "OverviewService":
        """Shows devices at a glance."""
        from iotcloud.readings.overview import OverviewService

        return OverviewService(
            self.devices, self.sensor_store, self.configuration_store, self.device_states, self.message_store
        )

    @cached_property
    def readings(self) -> "ReadingService":
        """Shows and deletes readings."""
        from iotcloud.readings.service import ReadingService

        return ReadingService(
            devices=self.devices,
            sensors=self.sensor_store,
            log=self.message_store,
            states=self.device_states,
            forgetter=self.slot_memory,
            slots=self.sensors,
            link=self.device_link,
        )

    @cached_property
    def backtests(self) -> "BacktestService":
        """Rehearses settings of sensors."""
        from iotcloud.readings.backtest import BacktestService

        return BacktestService(
            devices=self.devices,
            sensors=self.sensor_store,
            log=self.message_store,
            states=self.device_states,
            blocks=self.notification_blocks,
            contacts=self.contacts,
            references=self.device_references,
            clock=self.clock,
        )

    @cached_property
    def sensorian(self) -> "ReadingIngest":
        """Records readings."""
        from iotcloud.readings.forwarding import Forwarder
        from iotcloud.readings.ingest import ReadingIngest

        return ReadingIngest(
            recorder=self.recorder,
            spans=self.message_store,
            states=self.device_states,
            configurations=self.configuration_store,
            sensors=self.sensor_store,
            state_updater=self._rememberer,
            forwarder=Forwarder(self.device_store, self.configuration_store, lambda: self.publisher),
        )

    @cached_property
    def series(self) -> "SeriesService":
        """Shows the course of sensors."""
        from iotcloud.readings.series import SeriesService

        return SeriesService(self.devices, self.sensor_store, self.message_store, self.device_states, self.clock)

    @cached_property
    def _rememberer(self) -> "StateUpdater":
        from iotcloud.adapters.trigger_queue import TriggerQueue
        from iotcloud.readings.state.triggers import TriggerOutbox
        from iotcloud.readings.state.updater import StateUpdater

        triggers = TriggerQueue(lambda: self._sqs, self.settings.triggers_queue_url)
        return StateUpdater(self.message_store, self.device_states, TriggerOutbox(triggers, self.message_store))
