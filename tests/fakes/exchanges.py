"""Turns, in memory; tests/integration/board/test_store.py holds the fake and the real store to one suite."""

from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.board.model import Lease


@dataclass
class FakeExchanges:
    """See iotcloud.board.store.ExchangeStore. Taken turns are kept in `held`, by device and api."""

    held: dict[tuple[str, str], Lease] = field(default_factory=dict)
    unanswered: dict[tuple[str, str], tuple[datetime, ...]] = field(default_factory=dict)
    refusals: int = 0
    """How many more attempts find the turn taken, whoever holds it."""

    def acquire(self, deviceid: str, api: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        key = deviceid, api
        if self.refusals > 0:
            self.refusals -= 1
            return None
        if key in self.held and self.held[key].until >= now:
            return None
        earlier = self.unanswered.get(key, ())
        self.unanswered[key] = (*earlier, now)
        self.held[key] = Lease(deviceid, api, holder, until, earlier)
        return self.held[key]

    def release(self, lease: Lease, unanswered: tuple[datetime, ...]) -> None:
        key = lease.deviceid, lease.api
        if key in self.held and self.held[key].holder == lease.holder:
            del self.held[key]
            self.unanswered[key] = unanswered

    def add_unanswered(self, deviceid: str, api: str, sent_at: datetime) -> None:
        self.unanswered[deviceid, api] = (*self.unanswered.get((deviceid, api), ()), sent_at)
