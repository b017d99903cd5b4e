"""The ledger and what stands around it, in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from iotcloud.devices.model import Device
from iotcloud.notices.dispatch import Phone
from iotcloud.notices.ledger import Notice
from iotcloud.notices.limits import Counter


@dataclass
class FakeLedger:
    """See iotcloud.notices.store.LedgerStore."""

    kept: dict[tuple[str, str], Notice] = field(default_factory=dict)

    def enter(self, notice: Notice) -> Notice | None:
        return self._swap(notice)

    def _swap(self, notice: Notice) -> Notice | None:
        key = (notice.deviceid, notice.notice_id)
        if key in self.kept:
            return self.kept[key]
        self.kept[key] = notice
        return None

    def find(self, deviceid: str, notice_id: str) -> Notice | None:
        return self.kept.get((deviceid, notice_id))

    def find_by_provider(self, provider_id: str) -> Notice | None:
        return next((one for one in self.kept.values() if one.provider_id == provider_id), None)

    def replace(self, known: Notice, changed: Notice) -> Notice:
        key = (known.deviceid, known.notice_id)
        current = self.kept[key]
        if (current.state, current.attempts) != (known.state, known.attempts):
            return current
        self.kept[key] = changed
        return changed


@dataclass
class FakeCounters:
    """See iotcloud.notices.store.NoticeCounterStore."""

    counted: dict[str, int] = field(default_factory=dict)

    def count(self, counted: Sequence[Counter]) -> str:
        for one in counted:
            if self.counted.get(one.key, 0) >= one.limit:
                return one.reason
            self.counted[one.key] = self.counted.get(one.key, 0) + 1
        return ""


@dataclass
class FakeOutbox:
    """Keeps what couriers would have been handed."""

    posted: list[Notice] = field(default_factory=list)

    def post(self, notices: Sequence[Notice]) -> None:
        self.posted += notices


@dataclass
class FakeConsole:
    """Keeps what devices were told."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def tell_status(self, deviceid: str, status: str) -> None:
        self.told.append((deviceid, status))


@dataclass
class FakeOwnedDevices:
    """Devices by id."""

    known: dict[str, Device] = field(default_factory=dict)

    def find_owned(self, deviceid: str) -> Device | None:
        return self.known.get(deviceid)

    def find_other(self, owner: str, name_or_id: str) -> Device | None:
        mine = (one for one in self.known.values() if one.owner == owner)
        return next((one for one in mine if name_or_id in (one.devicename, one.deviceid)), None)


@dataclass
class FakePhones:
    phones: list[Phone] = field(default_factory=list)

    def list_phones(self, username: str) -> Sequence[Phone]:
        return self.phones


@dataclass
class FakeSender:
    """Does what it is told for each notice, and keeps those that a provider would have taken."""

    behave: Callable[[Notice], str] = lambda notice: f"provider-{notice.notice_id}"
    sent: list[Notice] = field(default_factory=list)

    def send(self, notice: Notice) -> str:
        provider_id = self.behave(notice)
        self.sent.append(notice)
        return provider_id
