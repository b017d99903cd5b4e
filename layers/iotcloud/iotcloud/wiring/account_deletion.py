"""What a user takes away, and what is erased when an account is closed."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.billing import Billing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iotcloud.histories.store import MessageStore
    from iotcloud.notices.personal_data import NoticesOfDevices
    from iotcloud.users.account_deletion import AccountDeletionService, ErasureService, PersonalData
    from iotcloud.users.exports import ExportedData, ExporterService, ExportService


class Leaving(Billing):
    """What a user takes away, and what is erased when an account is closed."""

    @cached_property
    def closing(self) -> "AccountDeletionService":
        """Closes accounts."""
        from datetime import timedelta

        from iotcloud.users.account_deletion import AccountDeletionService

        lifetime = timedelta(minutes=self.settings.access_token_minutes)
        return AccountDeletionService(self.directory, self.erasures, self.suspension_store, lifetime, self.clock)

    @cached_property
    def eraser(self) -> "ErasureService":
        """Erases what closed accounts left."""
        from datetime import timedelta

        from iotcloud.users.account_deletion import ErasureService

        lifetime = timedelta(minutes=self.settings.access_token_minutes)
        return ErasureService(self.directory, self.owned, self.erasures, lifetime, self.clock)

    @cached_property
    def exported(self) -> "Mapping[str, ExportedData]":
        """What each feature keeps of a user, for the user to take away, by the name of its file in the archive."""
        from iotcloud.billing.personal_data import PaymentsData
        from iotcloud.devices.personal_data import DevicesData
        from iotcloud.groups.personal_data import GroupsData
        from iotcloud.histories.personal_data import MessagesData
        from iotcloud.notices.personal_data import BlocksData, NoticesData
        from iotcloud.peripherals.personal_data import ConfigurationsData, SensorsData
        from iotcloud.support.service import FeedbackData
        from iotcloud.users.personal_data import AccountData, PreferencesData, PushTokensData

        return {
            "account": AccountData(self.directory),
            "configurations": ConfigurationsData(self.device_store, self.configuration_store),
            "devices": DevicesData(self.device_store, self.registration, self.sharing),
            "feedback": FeedbackData(self.feedback_store),
            "groups": GroupsData(self.group_store),
            "histories": MessagesData(self.device_store, self.message_store),
            "notification_blocks": BlocksData(self.device_store, self.notification_blocks),
            "notices": NoticesData(self.ledger, self.stored_notices),
            "payments": PaymentsData(self.payment_store),
            "phones": PushTokensData(self.push_token_store),
            "preferences": PreferencesData(self.preferences),
            "sensors": SensorsData(self.device_store, self.sensor_store),
        }

    @cached_property
    def exporter(self) -> "ExporterService":
        """Makes archives of users' data."""
        from iotcloud.users.exports import ExporterService

        return ExporterService(
            self.export_store,
            self.exported,
            self.archives,
            lambda username: self.directory.find_account(username) is not None,
        )

    @cached_property
    def exports(self) -> "ExportService":
        """Orders and fetches archives of a user's data."""
        from iotcloud.adapters.job_queues import ExportQueue
        from iotcloud.users.exports import ExportService

        orders = ExportQueue(self.settings.exports_queue_url, self.settings.aws_region)
        return ExportService(self.export_store, orders, self.archives, self.attempts, self.clock)

    @cached_property
    def left_of_devices(self) -> "tuple[MessageStore, NoticesOfDevices]":
        """What is too much to be erased while somebody waits for the deletion of a device."""
        from iotcloud.notices.personal_data import NoticesOfDevices

        return self.message_store, NoticesOfDevices(self.ledger, self.stored_notices)

    @cached_property
    def owned(self) -> "Mapping[str, PersonalData]":
        """What each feature keeps of a user, to be erased in this order when the account is closed."""
        from iotcloud.billing.personal_data import PaymentsData
        from iotcloud.devices.personal_data import DevicesData
        from iotcloud.groups.personal_data import GroupsData
        from iotcloud.notices.personal_data import NoticesData
        from iotcloud.users.store import UserStore

        self._bind_users()
        return {
            "devices": DevicesData(self.device_store, self.registration, self.sharing),
            "groups": GroupsData(self.group_store),
            "notices": NoticesData(self.ledger, self.stored_notices),
            "payments": PaymentsData(self.payment_store),
            "archives": self.archives,
            "users": UserStore(),
        }
