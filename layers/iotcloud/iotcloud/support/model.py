"""Feedback of users, and the pages that explain the platform. Pure rules, no I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KEPT = timedelta(days=365)
"""How long feedback is kept."""


class Page(StrEnum):
    """The pages that tell about the platform."""

    FAQS = "faqs"
    TERMS = "terms"
    PRIVACY = "privacy"
    LICENSE = "license"


@dataclass(frozen=True)
class Feedback:
    """What a user thinks of the platform."""

    feedback_id: str
    username: str
    at: datetime
    text: str
    rating: int
    """1 to 10."""
    may_contact: bool

    @property
    def expires_at(self) -> datetime:
        """When it is deleted."""
        return self.at + KEPT
