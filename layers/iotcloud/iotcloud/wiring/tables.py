"""The stores, each bound to its deployed tables."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.clients import Clients

if TYPE_CHECKING:
    from iotcloud.administration.store import SuspensionStore
    from iotcloud.billing.store import PaymentStore
    from iotcloud.devices.store import DeviceStore
    from iotcloud.groups.store import DeviceGroupStore
    from iotcloud.histories.store import MessageStore
    from iotcloud.notices.store import LedgerStore, NoticeCounterStore, NotificationBlockStore
    from iotcloud.peripherals.store import ConfigurationStore, SensorStore
    from iotcloud.provisioning.store import KnownDeviceStore
    from iotcloud.readings.state.store import DeviceStateStore
    from iotcloud.sharing.store import DeviceUserStore
    from iotcloud.users.store import ExportStore, PushTokenStore


class Tables(Clients):
    """The stores, each bound to its deployed tables."""

    @cached_property
    def configuration_store(self) -> "ConfigurationStore":
        """Keeps what ports were told."""
        from iotcloud.peripherals.store import ConfigurationRow, ConfigurationStore

        self._bind(ConfigurationRow)
        return ConfigurationStore(self.clock)

    @cached_property
    def device_store(self) -> "DeviceStore":
        """Keeps the registry."""
        from iotcloud.devices.store import DeviceNameRow, DeviceRow, DeviceStore

        self._bind(DeviceNameRow, DeviceRow)
        return DeviceStore()

    @cached_property
    def device_user_store(self) -> "DeviceUserStore":
        """Keeps who may use devices besides their owners."""
        from iotcloud.sharing.store import DeviceUserRow, DeviceUserStore

        self._bind(DeviceUserRow)
        return DeviceUserStore()

    @cached_property
    def export_store(self) -> "ExportStore":
        """Keeps the newest export of each user."""
        from iotcloud.users.store import ExportStore

        self._bind_users()
        return ExportStore()

    @cached_property
    def group_store(self) -> "DeviceGroupStore":
        """Keeps groups of devices."""
        from iotcloud.groups.store import DeviceGroupRow, DeviceGroupStore

        self._bind(DeviceGroupRow)
        return DeviceGroupStore()

    @cached_property
    def known_device_store(self) -> "KnownDeviceStore":
        """Keeps what makers told us of their devices."""
        from iotcloud.provisioning.store import KnownDeviceRow, KnownDeviceStore

        self._bind(KnownDeviceRow)
        return KnownDeviceStore()

    @cached_property
    def ledger(self) -> "LedgerStore":
        """Keeps what becomes of notices."""
        from iotcloud.notices.store import LedgerStore, NoticeRow

        self._bind(NoticeRow)
        return LedgerStore(self.settings.notice_days)

    @cached_property
    def message_store(self) -> "MessageStore":
        """Keeps device messages."""
        from iotcloud.histories.store import MessageRow, MessageStore

        self._bind(MessageRow)
        return MessageStore(self.settings.history_days, self.settings.reading_days)

    @cached_property
    def notice_counters(self) -> "NoticeCounterStore":
        """Counts notices against limits."""
        from iotcloud.notices.store import NoticeCounterRow, NoticeCounterStore

        self._bind(NoticeCounterRow)
        return NoticeCounterStore()

    @cached_property
    def notification_blocks(self) -> "NotificationBlockStore":
        """Keeps each port's notification block."""
        from iotcloud.notices.store import NotificationBlockRow, NotificationBlockStore

        self._bind(NotificationBlockRow)
        return NotificationBlockStore()

    @cached_property
    def payment_store(self) -> "PaymentStore":
        """Keeps payments and bought credits."""
        from iotcloud.billing.store import CreditRow, PaymentRow, PaymentStore

        self._bind(CreditRow, PaymentRow)
        return PaymentStore(self.settings.payment_years)

    @cached_property
    def push_token_store(self) -> "PushTokenStore":
        """Keeps push tokens."""
        from iotcloud.users.store import PushTokenStore

        self._bind_users()
        return PushTokenStore()

    @cached_property
    def device_states(self) -> "DeviceStateStore":
        """Keeps what is remembered of sensors beside their readings."""
        from iotcloud.readings.state.store import DeviceStateRow, DeviceStateStore

        self._bind(DeviceStateRow)
        return DeviceStateStore()

    @cached_property
    def sensor_store(self) -> "SensorStore":
        """Keeps the sensors of devices."""
        from iotcloud.peripherals.store import SensorRow, SensorStore

        self._bind(SensorRow)
        return SensorStore()

    @cached_property
    def suspension_store(self) -> "SuspensionStore":
        """Keeps who was suspended lately."""
        from iotcloud.administration.store import SuspensionRow, SuspensionStore

        self._bind(SuspensionRow)
        return SuspensionStore()

    def _bind_users(self) -> None:
        from iotcloud.users.store import UserRow

        self._bind(UserRow)
