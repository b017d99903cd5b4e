"""The queue between notifier and courier, with moto's SQS."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from iotcloud.adapters.notice_queue import NoticeQueue, NoticeRounds
from iotcloud.errors import DependencyFailed
from iotcloud.notices.delivery import Delivered
from iotcloud.notices.ledger import MAX_ATTEMPTS
from tests.unit.notices.test_delivery import AT, NOTICE


@dataclass
class SlowCourier:
    """Returns configured responses."""

    answer: Delivered
    asked: list[tuple[str, str, bool]] = field(default_factory=list)

    def deliver(self, deviceid: str, notice_id: str, now: datetime, *, is_redriven: bool = False) -> Delivered:
        self.asked.append((deviceid, notice_id, is_redriven))
        return self.answer


@pytest.fixture
def sqs(client: Callable[[str], Any]) -> Any:
    return client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="deliveries")["QueueUrl"])


def receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    return list(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))


def test_notices_are_posted_by_their_keys_alone(sqs: Any, url: str) -> None:
    notices = [replace(NOTICE, notice_id=f"n{number}") for number in range(12)]

    NoticeQueue(lambda: sqs, url).post(notices)

    bodies = [json.loads(one["Body"]) for _ in range(2) for one in receive(sqs, url)]
    assert sorted(bodies, key=lambda body: int(body["notice"][1:])) == [
        {"device": "PH80", "notice": f"n{number}"} for number in range(12)
    ]


def test_notices_that_cannot_be_queued_are_to_be_posted_again(sqs: Any, url: str) -> None:
    sqs.delete_queue(QueueUrl=url)

    with pytest.raises(DependencyFailed):
        NoticeQueue(lambda: sqs, url).post([NOTICE])


@pytest.mark.parametrize(("retry_after", "is_done"), [(None, True), (timedelta(seconds=19.2), False)])
def test_a_notice_that_waits_is_hidden_until_it_is_due(
    sqs: Any, url: str, retry_after: timedelta | None, is_done: bool
) -> None:
    NoticeQueue(lambda: sqs, url).post([NOTICE])
    (message,) = receive(sqs, url)
    hidden: list[int] = []
    sqs.meta.events.register(
        "before-parameter-build.sqs.ChangeMessageVisibility",
        lambda params, **_: hidden.append(params["VisibilityTimeout"]),
    )
    courier = SlowCourier(Delivered(NOTICE, retry_after))
    record = {"body": message["Body"], "receiptHandle": message["ReceiptHandle"]}

    assert NoticeRounds(lambda: sqs, url, "", courier, lambda: AT).deliver(record) is is_done
    assert courier.asked == [("PH80", "n1", False)]
    assert hidden == ([] if retry_after is None else [20])


def test_a_notice_that_its_provider_never_took_is_set_aside_and_known_when_it_is_redriven(sqs: Any, url: str) -> None:
    dead = str(sqs.create_queue(QueueName="deliveries-dead")["QueueUrl"])
    exhausted = NOTICE
    for _ in range(MAX_ATTEMPTS):
        exhausted = exhausted.begin(AT).deferred("429")
    courier = SlowCourier(Delivered(exhausted))
    rounds = NoticeRounds(lambda: sqs, url, dead, courier, lambda: AT)
    NoticeQueue(lambda: sqs, url).post([NOTICE])

    for waiting in (url, dead):
        (message,) = receive(sqs, waiting)
        assert rounds.deliver({"body": message["Body"], "receiptHandle": message["ReceiptHandle"]})

    assert courier.asked == [("PH80", "n1", False), ("PH80", "n1", True)]
    (again,) = receive(sqs, dead)
    assert json.loads(again["Body"]) == {"device": "PH80", "notice": "n1", "again": True}
