"""The gap: "sent" codes of the user pool and the platform are not visible; on AWS they arrive.

Each e-mail and text message is printed when it is sent, among the functions' log lines (`make run`, `make logs`).
`make outbox` lists them.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, overload

from ministack.services import ses, ses_v2, sns

Message = dict[str, Any]


def apply() -> None:
    """Print each message that is added to the lists of sent messages."""
    path = os.environ["IOTCLOUD_FUNCTION_LOG"]
    log = open(path, "a", encoding="utf-8")  # noqa: SIM115 open as long as the process lives

    def show(line: str) -> None:
        log.write(json.dumps({"at": time.time(), "function": "outbox", "line": line}) + "\n")
        log.flush()

    emails_of, text_messages_to = ses._sent_emails_list, sns._sms_log_for
    ses._sent_emails_list = lambda: Outbox(emails_of(), lambda mail: show(of_mail(mail)))
    ses_v2._sent_emails_list = ses._sent_emails_list
    sns._sms_log_for = lambda number: Outbox(text_messages_to(number), lambda message: show(of_text_message(message)))


class Outbox(Sequence[Message]):
    """The emulator's list; it reports each added message."""

    def __init__(self, messages: list[Message], tell: Callable[[Message], None]) -> None:
        self._messages = messages
        self._tell = tell

    def append(self, message: Message) -> None:
        """Add a message, and report it."""
        self._messages.append(message)
        self._tell(message)

    @overload
    def __getitem__(self, index: int) -> Message: ...
    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...
    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        return self._messages[index]

    def __len__(self) -> int:
        return len(self._messages)


def of_mail(mail: Message) -> str:
    """Describe an e-mail in one line."""
    text = " ".join((mail.get("BodyText") or mail.get("BodyHtml") or "").split())
    return f"e-mail to {', '.join(mail.get('To') or ['nobody'])}: {mail.get('Subject') or '(no subject)'} | {text}"


def of_text_message(message: Message) -> str:
    """Describe a text message, or a push without a stand-in, in one line."""
    return f"{message.get('Kind', 'SMS')} to {message['PhoneNumber']}: {message['Message']}"
