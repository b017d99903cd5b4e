"""Feedback and the platform's own mails, in memory."""

from dataclasses import dataclass, field

from iotcloud.support.model import Feedback


@dataclass
class FakeFeedback:
    """See iotcloud.users.store.FeedbackStore."""

    kept: list[Feedback] = field(default_factory=list)

    def add(self, feedback: Feedback) -> None:
        self.kept.append(feedback)

    def list_all(self, username: str) -> list[Feedback]:
        return sorted((one for one in self.kept if one.username == username), key=lambda one: one.at)


@dataclass
class FakeMail:
    """Records the queued mails: id, owner, address, source, text."""

    sent: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)

    def send(self, mail_id: str, owner: str, address: str, source: str, text: str) -> None:
        self.sent.setdefault(mail_id, (owner, address, source, text))
