"""Takes feedback, and tells where the pages about the platform are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from uuid import uuid4

from iotcloud.clock import Clock
from iotcloud.errors import DocumentUnavailable
from iotcloud.support.interfaces import Attempts, FeedbackStore, Mail
from iotcloud.support.model import Feedback, Page
from iotcloud.users.interfaces import Contacts
from iotcloud.users.rate_limits import Limit

FEEDBACK_OF_ONE_ACCOUNT = Limit(10, 86_400)
FEEDBACK_SOURCE = "FEEDBACK"
TEXT = "Rating: {rating} of 10\nFrom: {sender}\n\n{text}\n"
NO_ANSWER = "a user who does not want to be contacted"


@dataclass(frozen=True)
class SupportService:
    """Takes feedback, and tells where the pages are."""

    store: FeedbackStore
    attempts: Attempts
    contacts: Contacts
    mail: Mail
    clock: Clock
    operator: str
    """The operator's e-mail address; empty: feedback is stored alone."""
    addresses: Mapping[Page, str]
    """Where the operator's own pages are; empty: the API serves a page of the package."""

    def send_feedback(self, username: str, text: str, rating: int, *, may_contact: bool) -> None:
        """Keep feedback, and mail it to the operator; raise TooManyRequests for more than ten in a day.

        The mail goes to the operator alone. With a `recipient` of the client's the platform would write to strangers.
        """
        self.attempts.spend("feedback", username, FEEDBACK_OF_ONE_ACCOUNT)
        feedback = Feedback(uuid4().hex, username, self.clock(), text, rating, may_contact)
        self.store.add(feedback)
        if self.operator:
            sender = self.contacts.find_contact(username).email if may_contact else NO_ANSWER
            written = TEXT.format(rating=rating, sender=sender, text=text)
            self.mail.send(f"feedback-{feedback.feedback_id}", username, self.operator, FEEDBACK_SOURCE, written)

    def find_address(self, page: Page, own_pages: str) -> str:
        """Return where a page is; `own_pages` is where the API serves its pages."""
        return self.addresses.get(page) or f"{own_pages}/{page}"


def read_page(page: Page) -> str:
    """Return a page of the package as HTML; raise DocumentUnavailable when its file cannot be read."""
    try:
        return files(__package__).joinpath("pages", f"{page}.html").read_text(encoding="utf-8")
    except OSError as unreadable:
        raise DocumentUnavailable from unreadable


@dataclass(frozen=True)
class FeedbackData:
    """Show a user's feedback; it is erased with the user's other rows."""

    store: FeedbackStore

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return each feedback."""
        for one in self.store.list_all(username):
            yield {"at": one.at.isoformat(), "text": one.text, "rating": one.rating, "may_contact": one.may_contact}
