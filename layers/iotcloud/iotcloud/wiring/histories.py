"""Device messages, kept and shown."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.devices import Devices

if TYPE_CHECKING:
    from iotcloud.histories.recording import Recorder
    from iotcloud.histories.service import HistoryService


class Histories(Devices):
    """Device messages, kept and shown."""

    @cached_property
    def histories(self) -> "HistoryService":
        """Shows what devices and server said to each other."""
        from iotcloud.histories.service import HistoryService

        return HistoryService(self.devices, self.device_store, self.message_store)

    @cached_property
    def recorder(self) -> "Recorder":
        """Records device messages."""
        from iotcloud.histories.recording import Recorder

        return Recorder(self.device_store, self.message_store, self.parking, self.settings.heartbeat_seconds)
