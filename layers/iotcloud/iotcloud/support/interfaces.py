"""What feedback needs of the rest of the platform."""

from typing import Protocol

from iotcloud.support.model import Feedback
from iotcloud.users.rate_limits import Limit


class Attempts(Protocol):
    """Counts attempts."""

    def spend(self, purpose: str, subject: str, limit: Limit) -> None:
        """Count one attempt; raise TooManyRequests when it is one too many."""
        ...


class FeedbackStore(Protocol):
    """Keeps feedback, each user's with the user's other data."""

    def add(self, feedback: Feedback) -> None:
        """Keep feedback until it expires."""
        ...

    def list_all(self, username: str) -> list[Feedback]:
        """Return a user's feedback, oldest first."""
        ...


class Mail(Protocol):
    """Sends mails of the platform itself."""

    def send(self, mail_id: str, owner: str, address: str, source: str, text: str) -> None:
        """Queue a mail once for each id; one without an address is not sent."""
        ...
