"""What sensors measured."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.peripherals import Peripherals

if TYPE_CHECKING:
    from iotcloud.readings.listening import Listener
    from iotcloud.readings.recording import Sensorian
    from iotcloud.readings.rehearsal import RehearsalService
    from iotcloud.readings.remembering import Rememberer
    from iotcloud.readings.series import SeriesService
    from iotcloud.readings.service import ReadingService


class Readings(Peripherals):
    """What sensors measured."""

    @cached_property
    def listener(self) -> "Listener":
        """Looks for silent sensors."""
        from iotcloud.readings.listening import Listener

        return Listener(
            devices=self.device_store,
            memories=self.sensor_memories,
            configurations=self.configuration_store,
            sensors=self.sensor_store,
            rememberer=self._rememberer,
            clock=self.clock,
        )

    @cached_property
    def readings(self) -> "ReadingService":
        """Shows and deletes readings."""
        from iotcloud.readings.service import ReadingService

        return ReadingService(
            devices=self.devices,
            sensors=self.sensor_store,
            log=self.message_store,
            memories=self.sensor_memories,
            forgetter=self.slot_memory,
            slots=self.sensors,
            link=self.device_link,
        )

    @cached_property
    def rehearsals(self) -> "RehearsalService":
        """Rehearses settings of sensors."""
        from iotcloud.readings.rehearsal import RehearsalService

        return RehearsalService(
            devices=self.devices,
            sensors=self.sensor_store,
            log=self.message_store,
            memories=self.sensor_memories,
            blocks=self.notification_blocks,
            contacts=self.contacts,
            references=self.device_references,
            clock=self.clock,
        )

    @cached_property
    def sensorian(self) -> "Sensorian":
        """Records readings."""
        from iotcloud.readings.forwarding import Forwarder
        from iotcloud.readings.recording import Sensorian

        return Sensorian(
            recorder=self.recorder,
            spans=self.message_store,
            memories=self.sensor_memories,
            configurations=self.configuration_store,
            sensors=self.sensor_store,
            rememberer=self._rememberer,
            forwarder=Forwarder(self.device_store, self.configuration_store, lambda: self.publisher),
        )

    @cached_property
    def series(self) -> "SeriesService":
        """Shows the course of sensors."""
        from iotcloud.readings.series import SeriesService

        return SeriesService(self.devices, self.sensor_store, self.message_store, self.sensor_memories, self.clock)

    @cached_property
    def _rememberer(self) -> "Rememberer":
        from iotcloud.adapters.trigger_queue import TriggerQueue
        from iotcloud.readings.remembering import Rememberer
        from iotcloud.readings.telling import TriggerTelling

        triggers = TriggerQueue(lambda: self._sqs, self.settings.triggers_queue_url)
        return Rememberer(self.message_store, self.sensor_memories, TriggerTelling(triggers, self.message_store))
