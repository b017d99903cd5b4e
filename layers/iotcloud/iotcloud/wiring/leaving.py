"""What a user takes away, and what is erased when an account is closed."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iotcloud.histories.store import MessageStore
    from iotcloud.notices.owned import NoticesOfDevices
    from iotcloud.users.closing import ClosingService, ErasureService, OwnedData
    from iotcloud.users.exports import ExportedData, ExporterService, ExportService


class Leaving(Notices):
    """What a user takes away, and what is erased when an account is closed."""

    @cached_property
    def closing(self) -> "ClosingService":
        """Closes accounts."""
        from datetime import timedelta

        from iotcloud.users.closing import ClosingService

        lifetime = timedelta(minutes=self.settings.access_token_minutes)
        return ClosingService(self.directory, self.erasures, self.suspension_store, lifetime, self.clock)

    @cached_property
    def eraser(self) -> "ErasureService":
        """Erases what closed accounts left."""
        from datetime import timedelta

        from iotcloud.users.closing import ErasureService

        lifetime = timedelta(minutes=self.settings.access_token_minutes)
        return ErasureService(self.directory, self.owned, self.erasures, lifetime, self.clock)

    @cached_property
    def exported(self) -> "Mapping[str, ExportedData]":
        """What each feature keeps of a user, for the user to take away, by the name of its file in the archive."""
        from iotcloud.devices.owned import OwnedDevices
        from iotcloud.groups.owned import OwnedGroups
        from iotcloud.histories.owned import OwnedMessages
        from iotcloud.notices.owned import OwnedBlocks, OwnedNotices
        from iotcloud.peripherals.owned import OwnedConfigurations, OwnedSensors
        from iotcloud.users.owned import OwnedAccount, OwnedPushTokens

        return {
            "account": OwnedAccount(self.directory),
            "configurations": OwnedConfigurations(self.device_store, self.configuration_store),
            "devices": OwnedDevices(self.device_store, self.registration, self.sharing),
            "groups": OwnedGroups(self.group_store),
            "histories": OwnedMessages(self.device_store, self.message_store),
            "notification_blocks": OwnedBlocks(self.device_store, self.notification_blocks),
            "notices": OwnedNotices(self.ledger, self.stored_notices),
            "phones": OwnedPushTokens(self.push_token_store),
            "sensors": OwnedSensors(self.device_store, self.sensor_store),
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
        from iotcloud.adapters.orders import ExportQueue
        from iotcloud.users.exports import ExportService

        orders = ExportQueue(self.settings.exports_queue_url, self.settings.aws_region)
        return ExportService(self.export_store, orders, self.archives, self.attempts, self.clock)

    @cached_property
    def left_of_devices(self) -> "tuple[MessageStore, NoticesOfDevices]":
        """What is too much to be erased while somebody waits for the deletion of a device."""
        from iotcloud.notices.owned import NoticesOfDevices

        return self.message_store, NoticesOfDevices(self.ledger, self.stored_notices)

    @cached_property
    def owned(self) -> "Mapping[str, OwnedData]":
        """What each feature keeps of a user, to be erased in this order when the account is closed."""
        from iotcloud.devices.owned import OwnedDevices
        from iotcloud.groups.owned import OwnedGroups
        from iotcloud.notices.owned import OwnedNotices
        from iotcloud.users.store import UserStore

        self._bind_users()
        return {
            "devices": OwnedDevices(self.device_store, self.registration, self.sharing),
            "groups": OwnedGroups(self.group_store),
            "notices": OwnedNotices(self.ledger, self.stored_notices),
            "archives": self.archives,
            "users": UserStore(),
        }
