"""Device messages, kept and shown."""

from functools import cached_property

from iotcloud.histories.recording import Recorder
from iotcloud.histories.service import HistoryService
from iotcloud.wiring.part import Part


class HistoriesPart(Part):
    """Device messages, kept and shown."""

    @cached_property
    def recorder(self) -> Recorder:
        """Records device messages."""
        stores = self._wiring.stores
        return Recorder(stores.devices, stores.messages, self._wiring.clients.parking, self._settings.heartbeat_seconds)

    @cached_property
    def service(self) -> HistoryService:
        """Shows the messages between devices and server."""
        stores = self._wiring.stores
        return HistoryService(self._wiring.devices.service, stores.devices, stores.messages)
