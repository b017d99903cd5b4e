"""What is kept of users and devices: exported, and erased."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iotcloud.devices.interfaces import DeviceData
    from iotcloud.devices.personal_data import DevicesData
    from iotcloud.histories.store import MessageStore
    from iotcloud.notices.personal_data import NoticesOfDevices
    from iotcloud.users.account_deletion import AccountDeletionService, ErasureService
    from iotcloud.users.exports import ExporterService, ExportService
    from iotcloud.users.interfaces import ExportedData, PersonalData


class PersonalDataPart(Part):
    """What is kept of users and devices: exported, and erased."""

    @cached_property
    def account_deletion(self) -> "AccountDeletionService":
        """Deletes accounts."""
        from iotcloud.users.account_deletion import AccountDeletionService

        clients = self._wiring.clients
        return AccountDeletionService(
            clients.directory,
            clients.erasures,
            self._wiring.stores.suspensions,
            timedelta(minutes=self._settings.access_token_minutes),
            self._wiring.clock,
        )

    @cached_property
    def erasure(self) -> "ErasureService":
        """Erases the data of deleted accounts."""
        from iotcloud.users.account_deletion import ErasureService

        clients = self._wiring.clients
        lifetime = timedelta(minutes=self._settings.access_token_minutes)
        return ErasureService(clients.directory, self.erased, clients.erasures, lifetime, self._wiring.clock)

    @cached_property
    def erased(self) -> "Mapping[str, PersonalData]":
        """What each feature keeps of a user, to be erased in this order when the account is deleted."""
        from iotcloud.billing.personal_data import PaymentsData
        from iotcloud.groups.personal_data import GroupsData
        from iotcloud.notices.personal_data import NoticesData

        return {
            "devices": self._devices,
            "groups": GroupsData(self._wiring.stores.groups),
            "notices": NoticesData(self._wiring.stores.ledger, self._wiring.clients.stored_notices),
            "payments": PaymentsData(self._wiring.stores.payments),
            "archives": self._wiring.clients.archives,
            "users": self._wiring.stores.users,
        }

    @cached_property
    def exported(self) -> "Mapping[str, ExportedData]":
        """What each feature keeps of a user, for the user to take away, by the name of its file in the archive."""
        from iotcloud.billing.personal_data import PaymentsData
        from iotcloud.groups.personal_data import GroupsData
        from iotcloud.histories.personal_data import MessagesData
        from iotcloud.notices.personal_data import BlocksData, ConfirmationsData, NoticesData
        from iotcloud.peripherals.personal_data import ConfigurationsData, SensorsData
        from iotcloud.support.service import FeedbackData
        from iotcloud.users.personal_data import AccountData, PreferencesData, PushTokensData

        stores, clients = self._wiring.stores, self._wiring.clients
        return {
            "account": AccountData(clients.directory),
            "configurations": ConfigurationsData(stores.devices, stores.configurations),
            "devices": self._devices,
            "feedback": FeedbackData(stores.feedback),
            "groups": GroupsData(stores.groups),
            "histories": MessagesData(stores.devices, stores.messages),
            "notification_blocks": BlocksData(stores.devices, stores.notification_blocks),
            "notices": NoticesData(stores.ledger, clients.stored_notices),
            "payments": PaymentsData(stores.payments),
            "preferences": PreferencesData(self._wiring.users.preferences),
            "phones": PushTokensData(stores.push_tokens),
            "recipients": ConfirmationsData(stores.confirmations),
            "sensors": SensorsData(stores.devices, stores.sensors),
        }

    @cached_property
    def exporter(self) -> "ExporterService":
        """Makes archives of users' data."""
        from iotcloud.users.exports import ExporterService

        directory = self._wiring.clients.directory
        return ExporterService(
            self._wiring.stores.exports,
            self.exported,
            self._wiring.clients.archives,
            lambda username: directory.find_account(username) is not None,
        )

    @cached_property
    def exports(self) -> "ExportService":
        """Requests and fetches archives of a user's data."""
        from iotcloud.adapters.job_queues import ExportQueue
        from iotcloud.users.exports import ExportService

        jobs = ExportQueue(self._settings.exports_queue_url, self._settings.aws_region)
        return ExportService(
            self._wiring.stores.exports,
            jobs,
            self._wiring.clients.archives,
            self._wiring.users.rate_limiter,
            self._wiring.clock,
        )

    @cached_property
    def of_a_device(self) -> "tuple[DeviceData, ...]":
        """What each feature keeps under a device's id, to be erased with the device."""
        from iotcloud.histories.personal_data import DeviceMessages

        stores = self._wiring.stores
        return (
            DeviceMessages(stores.devices, self._wiring.clients.erasures),
            stores.configurations,
            stores.device_firmware,
            stores.device_users,
            stores.groups,
            stores.known_devices,
            stores.notification_blocks,
            stores.device_states,
            stores.sensors,
        )

    @cached_property
    def of_devices_later(self) -> "tuple[MessageStore, NoticesOfDevices]":
        """What is too much to be erased while somebody waits for the deletion of a device."""
        from iotcloud.notices.personal_data import NoticesOfDevices

        stores = self._wiring.stores
        return stores.messages, NoticesOfDevices(stores.ledger, self._wiring.clients.stored_notices)

    @cached_property
    def _devices(self) -> "DevicesData":
        from iotcloud.devices.personal_data import DevicesData

        return DevicesData(self._wiring.stores.devices, self._wiring.devices.registration, self._wiring.sharing.service)
