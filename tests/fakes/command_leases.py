"""Command leases in memory; tests/integration/commands/test_store.py runs one suite against fake and real store."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from iotcloud.commands.model import OWED_FOR, CommandLease


@dataclass
class FakeCommandLeases:
    """See iotcloud.commands.store.CommandLeaseStore. Taken turns are kept in `held`, by device and api."""

    held: dict[tuple[str, str], CommandLease] = field(default_factory=dict)
    owed: dict[tuple[str, str], tuple[datetime, ...]] = field(default_factory=dict)
    refusals: int = 0
    """How many more attempts find the turn taken, whoever holds it."""
    on_acquire: Callable[[], object] = bool
    """A callback that runs while the lease is acquired."""

    def acquire(self, deviceid: str, api: str, holder: str, now: datetime, until: datetime) -> CommandLease | None:
        key = deviceid, api
        self.on_acquire()
        if self.refusals > 0:
            self.refusals -= 1
            return None
        if key in self.held and self.held[key].until >= now:
            return None
        earlier = self.owed.get(key, ())
        self.owed[key] = (*earlier, now + OWED_FOR)
        self.held[key] = CommandLease(deviceid, api, holder, until, earlier)
        return self.held[key]

    def release(self, lease: CommandLease, owed: tuple[datetime, ...]) -> None:
        key = lease.deviceid, lease.api
        if key in self.held and self.held[key].holder == lease.holder:
            del self.held[key]
            self.owed[key] = owed

    def add_owed(self, deviceid: str, api: str, until: datetime) -> None:
        self.owed[deviceid, api] = (*self.owed.get((deviceid, api), ()), until)
