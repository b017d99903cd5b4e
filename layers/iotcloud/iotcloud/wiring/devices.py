"""The device registry: devices, certificates, connections."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.devices.certificates import CertificateService
    from iotcloud.devices.connections import ConnectionService
    from iotcloud.devices.registration import RegistrationService
    from iotcloud.devices.service import DeviceService


class DevicesPart(Part):
    """The device registry: devices, certificates, connections."""

    @cached_property
    def certificates(self) -> "CertificateService":
        """Renews, revokes and checks certificates."""
        from iotcloud.adapters.certificate_requests import DeviceKeys
        from iotcloud.devices.certificates import CertificateService

        clients, stores = self._wiring.clients, self._wiring.stores
        return CertificateService(
            registry=self.service,
            devices=stores.devices,
            things=clients.things,
            keys=DeviceKeys(),
            brokers=clients.broker,
            connections=clients.broker_connections,
            notices=self._wiring.notices.system_notices,
            clock=self._wiring.clock,
            grace=timedelta(days=self._settings.certificate_grace_days),
        )

    @cached_property
    def connections(self) -> "ConnectionService":
        """Records when devices connect and disconnect."""
        from iotcloud.devices.connections import ConnectionService

        return ConnectionService(
            self._wiring.stores.devices, self.certificates, self._wiring.clients.parking, self._wiring.live.updates
        )

    @cached_property
    def registration(self) -> "RegistrationService":
        """Registers and deletes devices."""
        from iotcloud.adapters.certificate_requests import DeviceKeys
        from iotcloud.devices.registration import RegistrationService

        clients = self._wiring.clients
        return RegistrationService(
            devices=self._wiring.stores.devices,
            things=clients.things,
            keys=DeviceKeys(),
            brokers=clients.broker,
            connections=clients.broker_connections,
            origins=self._wiring.provisioning.adoptions,
            data=self._wiring.personal_data.of_a_device,
            clock=self._wiring.clock,
            devices_per_user=self._settings.devices_per_user,
        )

    @cached_property
    def service(self) -> "DeviceService":
        """Finds devices."""
        from iotcloud.devices.service import DeviceService

        stores = self._wiring.stores
        return DeviceService(stores.devices, stores.sensors, stores.device_users)
