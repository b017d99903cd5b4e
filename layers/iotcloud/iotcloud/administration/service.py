"""Administrators list users and their devices, and suspend users."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import timedelta

from iotcloud.administration.interfaces import ListedDevices, Pool, Suspensions
from iotcloud.administration.model import MAX_USERS, User, check_administrator
from iotcloud.clock import Clock
from iotcloud.devices.model import Device
from iotcloud.errors import InvalidInput
from iotcloud.pagination import Page, make_cursor, open_cursor

USERS = "users"


@dataclass(frozen=True)
class AdministrationService:
    """Look after users. Every use case is for administrators only, and raises NotPermitted to others."""

    pool: Pool
    devices: ListedDevices
    suspensions: Suspensions
    access_token_lifetime: timedelta
    clock: Clock

    def list_users(self, groups: Set[str], limit: int, cursor: str | None = None) -> Page[User]:
        """Return users in the pool's order, 60 at most."""
        check_administrator(groups)
        token = open_cursor(USERS, cursor) if cursor else None
        users, following = self.pool.list_users(min(limit, MAX_USERS), token)
        return Page(users, make_cursor(USERS, following) if following else None)

    def list_devices(self, groups: Set[str], username: str, limit: int, cursor: str | None = None) -> Page[Device]:
        """Return a user's devices by name."""
        check_administrator(groups)
        return self.devices.list_devices(self.pool.find_username(username), limit, cursor)

    def suspend_user(self, groups: Set[str], administrator: str, username: str) -> None:
        """Keep a user out, at once: neither password nor tokens are good any more; their devices go on.

        Raise UserNotRegistered; InvalidInput for oneself.
        """
        check_administrator(groups)
        kept_name = self.pool.find_username(username)
        if kept_name == administrator:
            raise InvalidInput("Administrator cannot suspend themselves")
        self.pool.disable(kept_name)
        self.suspensions.add(kept_name, self.clock(), self.access_token_lifetime)

    def restore_user(self, groups: Set[str], username: str) -> None:
        """End a suspension. Raise UserNotRegistered."""
        check_administrator(groups)
        kept_name = self.pool.find_username(username)
        self.pool.enable(kept_name)
        self.suspensions.remove(kept_name)
