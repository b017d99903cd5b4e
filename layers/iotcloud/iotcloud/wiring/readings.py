"""What sensors measured."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.readings.ingest import ReadingIngest
    from iotcloud.readings.overview import OverviewService
    from iotcloud.readings.series import SeriesService
    from iotcloud.readings.service import ReadingService
    from iotcloud.readings.state.inactivity_check import InactivityCheck
    from iotcloud.readings.state.resets import StateResets
    from iotcloud.readings.state.updater import StateUpdater


class ReadingsPart(Part):
    """What sensors measured."""

    @cached_property
    def inactivity_check(self) -> "InactivityCheck":
        """Finds sensors that have stopped sending."""
        from iotcloud.readings.state.inactivity_check import InactivityCheck

        stores = self._wiring.stores
        return InactivityCheck(
            devices=stores.devices,
            states=stores.device_states,
            configurations=stores.configurations,
            sensors=stores.sensors,
            state_updater=self.state_updater,
            clock=self._wiring.clock,
        )

    @cached_property
    def ingest(self) -> "ReadingIngest":
        """Records readings."""
        from iotcloud.readings.forwarding import Forwarder
        from iotcloud.readings.ingest import ReadingIngest

        stores, clients = self._wiring.stores, self._wiring.clients
        return ReadingIngest(
            recorder=self._wiring.histories.recorder,
            spans=stores.messages,
            states=stores.device_states,
            configurations=stores.configurations,
            sensors=stores.sensors,
            state_updater=self.state_updater,
            forwarder=Forwarder(stores.devices, stores.configurations, lambda: clients.publisher),
            live=self._wiring.live.updates,
        )

    @cached_property
    def overview(self) -> "OverviewService":
        """Shows devices at a glance."""
        from iotcloud.readings.overview import OverviewService

        stores = self._wiring.stores
        return OverviewService(
            self._wiring.devices.service, stores.sensors, stores.configurations, stores.device_states, stores.messages
        )

    @cached_property
    def series(self) -> "SeriesService":
        """Shows the course of a sensor's readings."""
        from iotcloud.readings.series import SeriesService

        stores = self._wiring.stores
        return SeriesService(
            self._wiring.devices.service, stores.sensors, stores.messages, stores.device_states, self._wiring.clock
        )

    @cached_property
    def service(self) -> "ReadingService":
        """Shows and deletes readings."""
        from iotcloud.readings.service import ReadingService

        stores = self._wiring.stores
        return ReadingService(
            devices=self._wiring.devices.service,
            sensors=stores.sensors,
            log=stores.messages,
            states=stores.device_states,
            forgetter=self.state_resets,
            slots=self._wiring.peripherals.sensors,
            link=self._wiring.commands.link,
        )

    @cached_property
    def state_resets(self) -> "StateResets":
        """Resets what is kept of sensors."""
        from iotcloud.readings.state.resets import StateResets

        stores = self._wiring.stores
        return StateResets(stores.devices, stores.device_states, self._wiring.clock)

    @cached_property
    def state_updater(self) -> "StateUpdater":
        """Takes readings into devices' states."""
        from iotcloud.adapters.trigger_queue import TriggerQueue
        from iotcloud.readings.state.triggers import TriggerOutbox
        from iotcloud.readings.state.updater import StateUpdater

        stores, clients = self._wiring.stores, self._wiring.clients
        triggers = TriggerQueue(lambda: clients.sqs, self._settings.triggers_queue_url)
        return StateUpdater(stores.messages, stores.device_states, TriggerOutbox(triggers, stores.messages))
