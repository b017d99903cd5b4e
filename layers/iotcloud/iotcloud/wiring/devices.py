"""The registry: devices, who may use them, how they are reached (group 2), and what they say of themselves."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.users import Users

if TYPE_CHECKING:
    from iotcloud.administration.service import AdministrationService
    from iotcloud.board.service import BoardService
    from iotcloud.commands.interfaces import DeviceLink
    from iotcloud.devices.certificates import CertificateService
    from iotcloud.devices.connections import ConnectionService
    from iotcloud.devices.registration import DeviceData, RegistrationService
    from iotcloud.devices.service import DeviceService
    from iotcloud.groups.service import GroupService
    from iotcloud.provisioning.service import CertificateCleanup, ClaimService
    from iotcloud.sharing.service import SharingService


class Devices(Users):
    """The registry: devices, who may use them, how they are reached (group 2), and what they say of themselves."""

    @cached_property
    def administration(self) -> "AdministrationService":
        """Looks after users."""
        from datetime import timedelta

        from iotcloud.adapters.user_pool import CognitoUsers
        from iotcloud.administration.service import AdministrationService

        return AdministrationService(
            CognitoUsers(self._cognito, self.settings.user_pool_id),
            self.devices,
            self.suspension_store,
            timedelta(minutes=self.settings.access_token_minutes),
            self.clock,
        )

    @cached_property
    def board(self) -> "BoardService":
        """Asks the device itself for status and settings."""
        from iotcloud.board.service import BoardService

        return BoardService(self.devices, self.device_link, self.device_store)

    @cached_property
    def certificates(self) -> "CertificateService":
        """Renews, revokes and watches certificates."""
        from datetime import timedelta

        from iotcloud.adapters.certificate_requests import DeviceKeys
        from iotcloud.devices.certificates import CertificateService
        from iotcloud.notices.system_notices import Announcements

        return CertificateService(
            registry=self.devices,
            devices=self.device_store,
            things=self._things,
            keys=DeviceKeys(),
            brokers=self._broker,
            connections=self._broker_connections,
            notices=Announcements(self.device_store, self.contacts, self.ledger, self.notice_queue, self.clock),
            clock=self.clock,
            grace=timedelta(days=self.settings.certificate_grace_days),
        )

    @cached_property
    def claims(self) -> "ClaimService":
        """Decides on devices' claims."""
        from iotcloud.adapters.certificate_requests import read_expiry
        from iotcloud.provisioning.service import ClaimService

        return ClaimService(
            self.known_device_store, self._things, self.erasures, self.attempts, read_expiry, self.clock
        )

    @cached_property
    def certificate_cleanup(self) -> "CertificateCleanup":
        """Deletes certificates that claims left."""
        from iotcloud.provisioning.service import CertificateCleanup

        return CertificateCleanup(self._things)

    @cached_property
    def connections(self) -> "ConnectionService":
        """Keeps devices' comings and goings."""
        from iotcloud.devices.connections import ConnectionService

        return ConnectionService(self.device_store, self.certificates, self.parking)

    @cached_property
    def device_data(self) -> "tuple[DeviceData, ...]":
        """What each feature keeps under a device's id, to be erased with the device."""
        from iotcloud.histories.personal_data import DeviceMessages

        return (
            DeviceMessages(self.device_store, self.erasures),
            self.configuration_store,
            self.device_user_store,
            self.group_store,
            self.known_device_store,
            self.notification_blocks,
            self.device_states,
            self.sensor_store,
        )

    @cached_property
    def device_link(self) -> "DeviceLink":
        """Sends commands to devices and waits for their replies."""
        import boto3

        from iotcloud.adapters.device_link import MqttDeviceLink
        from iotcloud.adapters.mqtt_gateway import DataEndpoint, MqttGateway
        from iotcloud.adapters.mqtt_session import MqttSession
        from iotcloud.commands.offline_guard import OfflineGuard
        from iotcloud.commands.store import CommandLeaseRow, CommandLeaseStore

        region = self.settings.aws_region
        self._bind(CommandLeaseRow)
        endpoint = DataEndpoint(lambda: self._iot, self.settings.iot_endpoint)
        gateway = MqttGateway.from_session(boto3.Session(region_name=region), region, endpoint.find_host)
        link = MqttDeviceLink(
            lambda deadline: MqttSession(gateway.upgrade(), deadline),
            CommandLeaseStore(),
            self.device_store,
            self.settings.subscription_settle_ms / 1000,
        )
        return OfflineGuard(link, self._broker_connections)

    @cached_property
    def devices(self) -> "DeviceService":
        """Finds devices."""
        from iotcloud.devices.service import DeviceService

        return DeviceService(self.device_store, self.sensor_store, self.device_user_store)

    @cached_property
    def groups(self) -> "GroupService":
        """Keeps users' groups of devices."""
        from iotcloud.groups.service import GroupService

        return GroupService(self.devices, self.device_store, self.group_store)

    @cached_property
    def registration(self) -> "RegistrationService":
        """Registers and deletes devices."""
        from iotcloud.adapters.certificate_requests import DeviceKeys
        from iotcloud.devices.registration import RegistrationService
        from iotcloud.provisioning.model import Admission
        from iotcloud.provisioning.service import AdoptionService

        return RegistrationService(
            devices=self.device_store,
            things=self._things,
            keys=DeviceKeys(),
            brokers=self._broker,
            connections=self._broker_connections,
            origins=AdoptionService(self.known_device_store, self.attempts, Admission(self.settings.device_admission)),
            data=self.device_data,
            clock=self.clock,
            devices_per_user=self.settings.devices_per_user,
        )

    @cached_property
    def sharing(self) -> "SharingService":
        """Shares devices."""
        from iotcloud.sharing.service import SharingService

        return SharingService(self.devices, self.device_store, self.device_user_store, self.contacts, self.clock)
