"""What the services of administration need from stores, adapters and other features."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from iotcloud.administration.model import User
from iotcloud.devices.model import Device
from iotcloud.pagination import Page


class ListedDevices(Protocol):
    """Finds a user's devices."""

    def list_devices(self, username: str, limit: int, cursor: str | None = None) -> Page[Device]: ...


class Pool(Protocol):
    """The part of the user pool that administration needs."""

    def list_users(self, limit: int, token: str | None) -> tuple[list[User], str | None]:
        """Return some users and the token for the next ones; raise InvalidInput for a token that is no longer good."""
        ...

    def find_username(self, name: str) -> str:
        """Return the pool's own name of a user who is given by it or by e-mail address; raise UserNotRegistered."""
        ...

    def disable(self, username: str) -> None:
        """Refuse the user's password and refresh tokens; raise UserNotRegistered."""
        ...

    def enable(self, username: str) -> None:
        """Enable the user's sign-in. Raise UserNotRegistered."""
        ...


class Suspensions(Protocol):
    """Lists the users whose tokens are refused."""

    def add(self, username: str, now: datetime, lasts: timedelta) -> None: ...
    def remove(self, username: str) -> None: ...

    def list_refused(self, now: datetime) -> Mapping[str, datetime | None]:
        """Return these users, with the latest issue time refused; None for all tokens."""
        ...
