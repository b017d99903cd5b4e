"""Feedback, in the rows of `users`, so that it is erased with its user."""

from iotcloud.dynamodb import to_ms
from iotcloud.support.model import Feedback
from iotcloud.users.store import UserRow

_FEEDBACK = "feedback#"


class FeedbackStore:
    """What users think of the platform, in `users`."""

    def add(self, feedback: Feedback) -> None:
        """Keep feedback until it expires."""
        UserRow(
            feedback.username,
            f"{_FEEDBACK}{to_ms(feedback.at):013}#{feedback.feedback_id}",
            requested_at=feedback.at,
            feedback=feedback.text,
            rating=feedback.rating,
            may_contact=feedback.may_contact,
            expires_at=int(feedback.expires_at.timestamp()),
        ).save()

    def list_all(self, username: str) -> list[Feedback]:
        """Return a user's feedback, oldest first."""
        return [
            Feedback(
                row.item.rpartition("#")[2],
                username,
                row.requested_at,
                row.feedback or "",
                int(row.rating or 0),
                bool(row.may_contact),
            )
            for row in UserRow.query(username, UserRow.item.startswith(_FEEDBACK), consistent_read=True)
            if row.requested_at is not None
        ]
