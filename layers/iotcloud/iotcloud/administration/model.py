"""Administrators, and their view of users. Pure rules, no I/O."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from iotcloud.errors import NotFound, NotPermitted

ADMINISTRATORS = "admin"
"""The group of the user pool whose members run the platform."""
MAX_USERS = 60
"""Users that one page lists (Amazon Cognito, ListUsers)."""


class UserNotRegistered(NotFound):
    message = "User is not registered"


@dataclass(frozen=True)
class User:
    """An account, as an administrator sees it."""

    username: str
    email: str
    status: str
    """In the user pool's words, e.g. `CONFIRMED`."""
    is_suspended: bool
    created_at: datetime


def check_administrator(groups: Set[str]) -> None:
    """Raise NotPermitted unless the caller's groups make them an administrator."""
    if ADMINISTRATORS not in groups:
        raise NotPermitted
