"""The local cloud's "sent" e-mails, text messages and pushes, from the emulator, newest last."""

import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAILS = "/_ministack/ses/messages"
TEXT_MESSAGES = "/_ministack/sns/sms-messages"


@dataclass(frozen=True)
class Sent:
    """One sent message."""

    at: float | None
    """Epoch seconds; the emulator does not store them for text messages."""
    recipient: str
    """An e-mail address, a phone number, or a phone at its push service, `GCM:{token}`."""
    text: str

    def __str__(self) -> str:
        moment = time.strftime("%H:%M:%S", time.localtime(self.at)) if self.at else " " * 8
        return f"{moment}  {self.recipient}  {self.text}"


def read(endpoint_url: str) -> list[Sent]:
    """Return all mails, and after them all text messages and pushes."""
    return [*_mails(_get(endpoint_url + MAILS)), *_text_messages(_get(endpoint_url + TEXT_MESSAGES))]


def _get(url: str) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return json.load(answer)


def _mails(answer: Any) -> Iterator[Sent]:
    mails = [mail for account in answer["messages"].values() for mail in account]
    for mail in sorted(mails, key=lambda mail: float(mail["Timestamp"])):
        text = " ".join((mail.get("BodyText") or mail.get("BodyHtml") or "").split())
        yield Sent(mail["Timestamp"], ", ".join(mail["To"]), f"{mail['Subject']}: {text}")


def _text_messages(answer: Any) -> Iterator[Sent]:
    for phone_number, messages in answer["sms_messages"].items():
        for message in messages:
            yield Sent(None, phone_number, message["Message"])
