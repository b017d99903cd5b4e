"""Updates of devices' firmware (group 2), and what devices ask of theirs."""

from functools import cached_property

from iotcloud.firmware.device_requests import FirmwareRequests
from iotcloud.firmware.service import UpdateService
from iotcloud.wiring.part import Part


class FirmwarePart(Part):
    """Updates of devices' firmware (group 2), and what devices ask of theirs."""

    @cached_property
    def service(self) -> UpdateService:
        """Updates devices one by one."""
        from uuid import uuid4

        return UpdateService(
            devices=self._wiring.devices.service,
            catalogue=self._wiring.clients.firmware_catalogue,
            records=self._wiring.stores.device_firmware,
            link=self._wiring.commands.link,
            new_id=lambda: uuid4().hex,
            clock=self._wiring.clock,
        )

    @cached_property
    def requests(self) -> FirmwareRequests:
        """Serves devices that ask for firmware."""
        stores, clients = self._wiring.stores, self._wiring.clients
        return FirmwareRequests(stores.devices, stores.device_firmware, clients.firmware_catalogue, clients.publisher)
