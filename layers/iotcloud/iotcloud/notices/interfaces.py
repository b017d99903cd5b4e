"""What the services of notices need from stores, adapters and other features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from iotcloud.devices.model import Device, RegisteredDevice
from iotcloud.notification_blocks.model import NotificationBlock
from iotcloud.pagination import Page
from iotcloud.users.model import Contact, PushEndpoint

if TYPE_CHECKING:
    from iotcloud.notices.confirmations import Confirmation
    from iotcloud.notices.dispatch import Dispatched
    from iotcloud.notices.ledger import Notice, NoticeFilter
    from iotcloud.notices.limits import (
        AccountLimits,
        Counter,
        Policy,
    )
    from iotcloud.notices.push_applications import Attributes
    from iotcloud.notices.triggers import Trigger


class AddressableDevices(Protocol):
    """The part of the device registry that notices need."""

    def find_owned(self, deviceid: str) -> Device | None:
        """Return the device as its owner sees it, or None when it is not registered."""
        ...

    def find_other(self, owner: str, name_or_id: str) -> Device | None:
        """Return a device of that owner by its name or id, or None."""
        ...


class Applications(Protocol):
    """The applications at Amazon SNS."""

    def put(self, arn: str, attributes: Attributes) -> None:
        """Make an application, or change the one that is there; raise DependencyFailed with the reason."""
        ...

    def remove(self, arn: str) -> None:
        """Remove an application; one that is gone is no error."""
        ...


class Confirmations(Protocol):
    """Which recipients were asked, and confirmed."""

    def find(self, owner: str, recipient: str) -> Confirmation | None: ...

    def replace(self, known: Confirmation | None, changed: Confirmation) -> bool:
        """Write a confirmation unless another worker changed it; answer whether it was written."""
        ...

    def list_all(self, owner: str) -> Iterable[Confirmation]: ...


class Counters(Protocol):
    def count(self, counted: Sequence[Counter]) -> str:
        """Count one more against each; answer the reason of the first whose limit is reached, or nothing."""
        ...


class DeliveryLedger(Protocol):
    """The notices of all owners."""

    def find(self, deviceid: str, notice_id: str) -> Notice | None: ...

    def replace(self, known: Notice, changed: Notice) -> Notice:
        """Write a notice's new state if it is unchanged since `known` was read. Return the stored notice."""
        ...

    def find_by_provider(self, provider_id: str) -> Notice | None: ...


class DeviceConsole(Protocol):
    """The device's own console."""

    def tell_status(self, deviceid: str, status: str) -> None: ...


class Ledger(Protocol):
    def enter(self, notice: Notice) -> Notice | None: ...


class LimitPolicies(Protocol):
    """The limits of each account."""

    def find_policy(self, username: str) -> Policy: ...


class LimitsStore(Protocol):
    """Store of owners' own limits."""

    def find(self, username: str) -> AccountLimits | None: ...
    def save(self, username: str, limits: AccountLimits) -> None: ...

    def forget(self, username: str) -> None:
        """Return to the platform's limits. Idempotent."""
        ...


class NoticeCounters(Protocol):
    """The counters of notices."""

    def count(self, counted: Sequence[Counter], note: Callable[[Counter, int], object] = ...) -> str:
        """Count one more against each. Return the reason of the first reached limit, or an empty text."""
        ...

    def counted(self, key: str) -> int: ...


class NoticeLedger(Protocol):
    """The notices of all devices."""

    def enter(self, notice: Notice) -> Notice | None:
        """Add a notice. Return the existing one of the same id, or None when it was added."""
        ...

    def find(self, deviceid: str, notice_id: str) -> Notice | None: ...
    def list_all(self, owner: str) -> Iterable[Notice]: ...
    def erase(self, owner: str) -> None: ...
    def list_device(self, deviceid: str, registration: str) -> Iterable[Notice]: ...
    def forget(self, notices: Sequence[Notice]) -> None: ...

    def page(
        self, owner: str, wanted: NoticeFilter, deviceid: str | None, limit: int, cursor: str | None = None
    ) -> Page[Notice]:
        """Notices of all devices of an owner, newest first; raise InvalidInput for a foreign cursor."""
        ...


class NoticeOutbox(Protocol):
    """Queues notices for delivery."""

    def post(self, notices: Sequence[Notice]) -> None:
        """Hand queued notices to the couriers; handing one over twice does no harm."""
        ...


class NotificationBlocks(Protocol):
    """Each port's notification block."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None: ...
    def find_all(self, deviceid: str) -> Mapping[str, NotificationBlock]: ...
    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None: ...


class Outbox(Protocol):
    def post(self, notices: Sequence[Notice]) -> None: ...


class OwnerNames(Protocol):
    """Owners' names for their devices."""

    def find_owners_name(self, device: RegisteredDevice) -> str: ...


class PushEndpoints(Protocol):
    """The phones on which the owner is signed in."""

    def list_phones(self, username: str) -> Sequence[PushEndpoint]: ...

    def forget_phone(self, username: str, target: str) -> None:
        """Disable a push endpoint until it registers again. Idempotent."""
        ...


class RecipientConfirmations(Protocol):
    """Recipients that confirm once; see iotcloud.notices.confirmations."""

    def objection(self, notice: Notice, trigger_id: str, owner: Contact, policy: Policy, now: datetime) -> str:
        """Return why the recipient of a notice cannot be written to yet, or an empty text."""
        ...


class Secrets(Protocol):
    """Credentials of push services."""

    def read(self, name: str) -> str:
        """Raise DependencyFailed when no parameter has that name."""
        ...


class Sender(Protocol):
    """One channel's way out."""

    def send(self, notice: Notice) -> str:
        """Hand the notice over and answer the provider's id for it.

        Raise DeliveryRefused, DeliveryDeferred or DeliveryUncertain; each with a reason that may be shown.
        """
        ...


class Spending(Protocol):
    """What messages to people cost beyond the month's free ones."""

    def has_credits(self, owner: str) -> bool: ...

    def enter(self, notice: Notice) -> Notice | None:
        """Enter a notice and take a credit, together. Return the existing notice, or None; raise CreditsUsedUp."""
        ...

    def note_free(self, owner: str, address: str, used: int, allowance: int, at: datetime) -> None:
        """Tell the owner by mail when the free messages run out."""
        ...

    def note_bought(self, owner: str, address: str, at: datetime) -> None:
        """Tell the owner by mail when the bought credits run out."""
        ...


class StoredNotices(Protocol):
    """Their objects, where their channel is storage."""

    def erase(self, owner: str) -> None: ...
    def forget(self, notices: Sequence[Notice]) -> None: ...

    def lend(self, notice: Notice) -> str:
        """A link to the stored notice, for a short time."""
        ...


class TriggerDispatcher(Protocol):
    def dispatch(self, trigger: Trigger, now: datetime) -> Dispatched: ...


class LiveNotices(Protocol):
    """Tells the users who watch a device what became of a notice."""

    def tell_notice(self, deviceid: str, registration: str, notice_id: str, state: str) -> None: ...
