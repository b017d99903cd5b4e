"""Fakes of the ledger and its neighbours, in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.billing.model import Credits
from iotcloud.devices.model import Device
from iotcloud.errors import CreditsUsedUp
from iotcloud.notices.confirmations import Confirmation, recipient_id
from iotcloud.notices.ledger import Notice, NoticeFilter
from iotcloud.notices.limits import AccountLimits, Counter, Policy
from iotcloud.pagination import Page, make_cursor, open_cursor
from iotcloud.users.model import Contact, PushEndpoint


@dataclass
class FakeLedger:
    """See iotcloud.notices.store.LedgerStore."""

    kept: dict[tuple[str, str], Notice] = field(default_factory=dict)
    given_back: list[str] = field(default_factory=list)

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

    def enter_with(self, notice: Notice, part: Callable[[bool], bool]) -> Notice | None:
        known = self.find(notice.deviceid, notice.notice_id)
        if known is None and not part(True):
            raise CreditsUsedUp
        return known or self._swap(notice)

    def replace_with(self, known: Notice, changed: Notice, part: Callable[[bool], bool]) -> Notice:
        written = self.replace(known, changed)
        if written is changed:
            part(True)
        return written

    def returning(self, notice: Notice) -> Callable[[bool], bool]:
        self.given_back.append(notice.notice_id)
        return lambda _: True

    def page(
        self, owner: str, wanted: NoticeFilter, deviceid: str | None, limit: int, cursor: str | None = None
    ) -> Page[Notice]:
        scope = f"notices#{owner}"
        before = open_cursor(scope, cursor) if cursor else "~"
        found = [
            one
            for one in sorted(self.kept.values(), key=_place, reverse=True)
            if one.owner == owner
            and _place(one) < before
            and deviceid in (None, one.deviceid)
            and wanted.channel in (None, one.channel)
            and wanted.source in (None, one.source)
            and (wanted.begin is None or one.at >= wanted.begin)
            and (wanted.end is None or one.at <= wanted.end)
        ]
        shown = found[:limit]
        return Page(shown, make_cursor(scope, _place(shown[-1])) if len(found) > limit else None)

    def list_all(self, owner: str) -> Iterator[Notice]:
        yield from (one for one in sorted(self.kept.values(), key=_place) if one.owner == owner)

    def erase(self, owner: str) -> None:
        self.kept = {key: one for key, one in self.kept.items() if one.owner != owner}


def _place(notice: Notice) -> str:
    return f"{notice.at.isoformat()}#{notice.notice_id}"


@dataclass
class FakeCounters:
    """See iotcloud.notices.store.NoticeCounterStore."""

    counts: dict[str, int] = field(default_factory=dict)

    def count(
        self, counted: Sequence[Counter], note: Callable[[Counter, int], object] = lambda one, value: None
    ) -> str:
        for one in counted:
            if self.counts.get(one.key, 0) >= one.limit:
                return one.reason
        for one in counted:
            self.counts[one.key] = self.counts.get(one.key, 0) + 1
        for one in counted:
            note(one, self.counts[one.key])
        return ""

    def counted(self, key: str) -> int:
        return self.counts.get(key, 0)


@dataclass
class FakeConfirmations:
    """See iotcloud.users.store.ConfirmationStore."""

    kept: dict[tuple[str, str], Confirmation] = field(default_factory=dict)

    def find(self, owner: str, recipient: str) -> Confirmation | None:
        return self.kept.get((owner, recipient))

    def replace(self, known: Confirmation | None, changed: Confirmation) -> bool:
        place = changed.owner, recipient_id(changed.channel, changed.address)
        if self.kept.get(place) != known:
            return False
        self.kept[place] = changed
        return True


class FakePassingRecipients:
    """Recipients of whom nobody is asked, as on a platform without ConfirmationUrl."""

    def objection(self, notice: Notice, trigger_id: str, owner: Contact, policy: Policy, now: datetime) -> str:
        return ""


@dataclass
class FakePolicies:
    """The same policy for everybody."""

    policy: Policy = field(default_factory=Policy)

    def find_policy(self, username: str) -> Policy:
        return self.policy


@dataclass
class FakeLimits:
    """See iotcloud.users.store.NoticeLimitsStore."""

    kept: dict[str, AccountLimits] = field(default_factory=dict)

    def find(self, username: str) -> AccountLimits | None:
        return self.kept.get(username)

    def save(self, username: str, limits: AccountLimits) -> None:
        self.kept[username] = limits

    def forget(self, username: str) -> None:
        self.kept.pop(username, None)


@dataclass
class FakeStoredNotices:
    """See iotcloud.adapters.notice_storage.S3NoticeStorage."""

    erased: list[str] = field(default_factory=list)

    def lend(self, notice: Notice) -> str:
        return f"https://stored.example.com/{notice.notice_id}"

    def erase(self, owner: str) -> None:
        self.erased.append(owner)


@dataclass
class FakeOutbox:
    """Records the notices for the courier's queue."""

    posted: list[Notice] = field(default_factory=list)

    def post(self, notices: Sequence[Notice]) -> None:
        self.posted += notices


@dataclass
class FakeConsole:
    """Records the messages to devices."""

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
    phones: list[PushEndpoint] = field(default_factory=list)

    def list_phones(self, username: str) -> Sequence[PushEndpoint]:
        return self.phones


@dataclass
class FakeSender:
    """Runs the configured outcome of each notice, and records accepted notices."""

    behave: Callable[[Notice], str] = lambda notice: f"provider-{notice.notice_id}"
    sent: list[Notice] = field(default_factory=list)

    def send(self, notice: Notice) -> str:
        provider_id = self.behave(notice)
        self.sent.append(notice)
        return provider_id


@dataclass
class FakeBoughtCredits:
    """Bought credits of one owner; see iotcloud.billing.store.PaymentStore."""

    balance: int = 0
    filled: int = 0
    spent: int = 0
    returned: int = 0

    def find_credits(self, owner: str) -> Credits:
        return Credits(balance=self.balance, filled=self.filled, spent=self.spent, returned=self.returned)

    def spending(self, owner: str) -> Callable[[bool], bool]:
        def spend(_: bool) -> bool:
            if self.balance <= 0:
                return False
            self.balance, self.spent = self.balance - 1, self.spent + 1
            return True

        return spend

    def returning(self, owner: str) -> Callable[[bool], bool]:
        def give_back(_: bool) -> bool:
            self.balance, self.returned = self.balance + 1, self.returned + 1
            return True

        return give_back
