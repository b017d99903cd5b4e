"""The gap: SQS batch calls check rights of their own names, which IAM does not define.

On AWS the right to a single call is the right to its batch (Amazon SQS developer guide, "Amazon SQS API permissions").
"""

from typing import Any

from ministack.core import iam_actions

RIGHTS = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


def apply() -> None:
    """Check the right to the single call."""
    extract = iam_actions.extract_iam_action

    def extract_single(*request: Any) -> Any:
        action = extract(*request)
        return RIGHTS.get(action, action)

    iam_actions.extract_iam_action = extract_single
