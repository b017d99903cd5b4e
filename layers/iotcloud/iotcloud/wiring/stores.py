"""The stores, each bound to its deployed tables. A store is imported when it is first used: it loads PynamoDB."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.administration.store import SuspensionStore
    from iotcloud.billing.store import PaymentStore
    from iotcloud.commands.store import CommandLeaseStore
    from iotcloud.devices.store import DeviceStore
    from iotcloud.dynamodb import Row
    from iotcloud.firmware.store import DeviceFirmwareStore
    from iotcloud.groups.store import DeviceGroupStore
    from iotcloud.histories.store import MessageStore
    from iotcloud.notices.store import ConfirmationStore, LedgerStore, NoticeCounterStore, NoticeLimitsStore
    from iotcloud.notification_blocks.store import NotificationBlockStore
    from iotcloud.peripherals.store import ConfigurationStore, SensorStore
    from iotcloud.provisioning.store import KnownDeviceStore
    from iotcloud.readings.state.store import DeviceStateStore
    from iotcloud.sharing.store import DeviceUserStore
    from iotcloud.support.store import FeedbackStore
    from iotcloud.users.store import (
        ExportStore,
        IdpCodeStore,
        PreferenceStore,
        PushTokenStore,
        RateLimitStore,
        UserStore,
    )


class Stores(Part):
    """The stores, each bound to its deployed tables."""

    @cached_property
    def command_leases(self) -> "CommandLeaseStore":
        """Leases of commands under way."""
        from iotcloud.commands.store import CommandLeaseRow, CommandLeaseStore

        self._bind(CommandLeaseRow)
        return CommandLeaseStore()

    @cached_property
    def configurations(self) -> "ConfigurationStore":
        """What ports were set to."""
        from iotcloud.peripherals.store import ConfigurationRow, ConfigurationStore

        self._bind(ConfigurationRow)
        return ConfigurationStore(self._wiring.clock)

    @cached_property
    def device_firmware(self) -> "DeviceFirmwareStore":
        """Updates of devices' firmware."""
        from iotcloud.firmware.store import DeviceFirmwareRow, DeviceFirmwareStore

        self._bind(DeviceFirmwareRow)
        return DeviceFirmwareStore()

    @cached_property
    def device_states(self) -> "DeviceStateStore":
        """State kept of sensors beside their readings."""
        from iotcloud.readings.state.store import DeviceStateRow, DeviceStateStore

        self._bind(DeviceStateRow)
        return DeviceStateStore()

    @cached_property
    def device_users(self) -> "DeviceUserStore":
        """Who may use devices besides their owners."""
        from iotcloud.sharing.store import DeviceUserRow, DeviceUserStore

        self._bind(DeviceUserRow)
        return DeviceUserStore()

    @cached_property
    def devices(self) -> "DeviceStore":
        """The device registry."""
        from iotcloud.devices.store import DeviceNameRow, DeviceRow, DeviceStore

        self._bind(DeviceNameRow, DeviceRow)
        return DeviceStore()

    @cached_property
    def exports(self) -> "ExportStore":
        """The newest export of each user."""
        from iotcloud.users.store import ExportStore, UserRow

        self._bind(UserRow)
        return ExportStore()

    @cached_property
    def confirmations(self) -> "ConfirmationStore":
        """Which recipients confirmed that an account may write to them."""
        from iotcloud.notices.store import ConfirmationStore
        from iotcloud.users.store import UserRow

        self._bind(UserRow)
        return ConfirmationStore()

    @cached_property
    def feedback(self) -> "FeedbackStore":
        """Feedback of users."""
        from iotcloud.support.store import FeedbackStore
        from iotcloud.users.store import UserRow

        self._bind(UserRow)
        return FeedbackStore()

    @cached_property
    def groups(self) -> "DeviceGroupStore":
        """Groups of devices."""
        from iotcloud.groups.store import DeviceGroupRow, DeviceGroupStore

        self._bind(DeviceGroupRow)
        return DeviceGroupStore()

    @cached_property
    def known_devices(self) -> "KnownDeviceStore":
        """What makers told us of their devices."""
        from iotcloud.provisioning.store import KnownDeviceRow, KnownDeviceStore

        self._bind(KnownDeviceRow)
        return KnownDeviceStore()

    @cached_property
    def ledger(self) -> "LedgerStore":
        """The state of each notice."""
        from iotcloud.notices.store import LedgerStore, NoticeCounterRow, NoticeRow

        self._bind(NoticeRow, NoticeCounterRow)
        return LedgerStore(self._settings.notice_days)

    @cached_property
    def messages(self) -> "MessageStore":
        """Device messages."""
        from iotcloud.histories.store import MessageRow, MessageStore

        self._bind(MessageRow)
        return MessageStore(self._settings.history_days, self._settings.reading_days)

    @cached_property
    def notice_counters(self) -> "NoticeCounterStore":
        """Counts of notices against limits."""
        from iotcloud.notices.store import NoticeCounterRow, NoticeCounterStore

        self._bind(NoticeCounterRow)
        return NoticeCounterStore()

    @cached_property
    def notice_limits(self) -> "NoticeLimitsStore":
        """The limits that owners set."""
        from iotcloud.notices.store import NoticeLimitsStore
        from iotcloud.users.store import UserRow

        self._bind(UserRow)
        return NoticeLimitsStore()

    @cached_property
    def notification_blocks(self) -> "NotificationBlockStore":
        """Each port's notification block."""
        from iotcloud.notification_blocks.store import NotificationBlockRow, NotificationBlockStore

        self._bind(NotificationBlockRow)
        return NotificationBlockStore()

    @cached_property
    def payments(self) -> "PaymentStore":
        """Payments and bought credits."""
        from iotcloud.billing.store import CreditRow, PaymentRow, PaymentStore

        self._bind(CreditRow, PaymentRow)
        return PaymentStore(self._settings.payment_years)

    @cached_property
    def preferences(self) -> "PreferenceStore":
        """What users' apps want to find again."""
        from iotcloud.users.store import PreferenceStore, UserRow

        self._bind(UserRow)
        return PreferenceStore()

    @cached_property
    def push_tokens(self) -> "PushTokenStore":
        """Push tokens of users."""
        from iotcloud.users.store import PushTokenStore, UserRow

        self._bind(UserRow)
        return PushTokenStore()

    @cached_property
    def rate_limits(self) -> "RateLimitStore":
        """Counts of what may not be tried too often."""
        from iotcloud.users.store import RateLimitRow, RateLimitStore

        self._bind(RateLimitRow)
        return RateLimitStore()

    @cached_property
    def sensors(self) -> "SensorStore":
        """The sensors of devices."""
        from iotcloud.peripherals.store import SensorRow, SensorStore

        self._bind(SensorRow)
        return SensorStore()

    @cached_property
    def social_sign_in_codes(self) -> "IdpCodeStore":
        """Codes of social sign-ins."""
        from iotcloud.users.store import IdpCodeRow, IdpCodeStore

        self._bind(IdpCodeRow)
        return IdpCodeStore()

    @cached_property
    def suspensions(self) -> "SuspensionStore":
        """Who was suspended lately."""
        from iotcloud.administration.store import SuspensionRow, SuspensionStore

        self._bind(SuspensionRow)
        return SuspensionStore()

    @cached_property
    def users(self) -> "UserStore":
        """All rows of a user, for their erasure."""
        from iotcloud.users.store import UserRow, UserStore

        self._bind(UserRow)
        return UserStore()

    def _bind(self, *rows: "type[Row]") -> None:
        from iotcloud.dynamodb import bind

        for row in rows:
            bind(row, self._settings.table_prefix, self._settings.aws_region)
