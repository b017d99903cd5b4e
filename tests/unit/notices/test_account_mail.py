"""The platform's own mails: queued once, refused without an address, not reported to a device."""

from datetime import UTC, datetime

from iotcloud.notices.account_mail import AccountMail
from iotcloud.notices.delivery import Courier
from iotcloud.notices.ledger import ACCOUNT, State
from iotcloud.notification_blocks.model import Channel
from tests.fakes.notices import FakeConsole, FakeLedger, FakeOutbox, FakeSender

AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_a_mail_is_entered_once_and_posted_while_it_waits() -> None:
    ledger, outbox = FakeLedger(), FakeOutbox()
    mail = AccountMail(ledger, outbox, lambda: AT)

    mail.send("payment-1", "ann", "ann@example.com", "PAYMENT", "Thank you")
    mail.send("payment-1", "ann", "ann@example.com", "PAYMENT", "Another text")

    (kept,) = ledger.kept.values()
    assert (kept.owner, kept.target, kept.text, kept.channel) == ("ann", "ann@example.com", "Thank you", Channel.EMAIL)
    assert outbox.posted == [kept, kept]


def test_a_mail_without_an_address_is_refused() -> None:
    ledger, outbox = FakeLedger(), FakeOutbox()

    AccountMail(ledger, outbox, lambda: AT).send("payment-1", "ann", "", "PAYMENT", "Thank you")

    (kept,) = ledger.kept.values()
    assert (kept.state, kept.text, outbox.posted) == (State.REFUSED, "", [])


def test_no_device_is_told_of_a_mail() -> None:
    ledger, console, sender = FakeLedger(), FakeConsole(), FakeSender()
    AccountMail(ledger, FakeOutbox(), lambda: AT).send("payment-1", "ann", "ann@example.com", "PAYMENT", "Thank you")

    Courier(ledger, {Channel.EMAIL: sender}, console).deliver(ACCOUNT, "payment-1", AT)

    assert (ledger.kept[ACCOUNT, "payment-1"].state, console.told) == (State.SENT, [])
    assert [one.text for one in sender.sent] == ["Thank you"]
