"""A device's status and settings."""

from functools import cached_property

from iotcloud.board.service import BoardService
from iotcloud.wiring.part import Part


class BoardPart(Part):
    """A device's status and settings."""

    @cached_property
    def service(self) -> BoardService:
        """Asks the device itself for status and settings."""
        return BoardService(
            self._wiring.devices.service,
            self._wiring.commands.link,
            self._wiring.stores.devices,
            self._wiring.live.updates,
        )
