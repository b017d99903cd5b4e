"""Benchmark of notices under faults: devices' triggers go through the real handlers of notifier and courier, in
processes that are killed at random, over the local cloud's queues and tables, to a carrier that fails 30 % of the
requests."""

import json
import math
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from iotcloud import ingest
from iotcloud.ingest import DeviceMessage
from iotcloud.notices.ledger import FINAL, SUCCESS, State
from iotcloud.topics import parse
from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT_KEY
from simulators.cloud.processes import Child
from simulators.providers.stand_in import Fault, StandIn
from tests.bench.notice_workers import QUEUES, SPEED, deviceid_of
from tests.bench.packages import function_environment
from tests.bench.people import Bench
from tests.bench.tables import Section

NOTICES = int(os.environ.get("IOTCLOUD_NOTICES", "10000"))
RECIPIENTS = 5
TRIGGERS = 10
"""Of each device: fifty notices, which no limit holds back."""
TWICE = 0.2
"""Chance that a rule hands a trigger over twice."""
FAULTS: Mapping[Fault | None, int] = {
    None: 70,
    Fault.THROTTLE: 6,
    Fault.TOO_MANY: 6,
    Fault.REFUSE: 4,
    Fault.ERROR: 5,
    Fault.HANG: 4,
    Fault.DROP: 5,
}
"""In a hundred requests."""
VISIBILITY_SECONDS = {"TRIGGERS_QUEUE_URL": 120, "DELIVERIES_QUEUE_URL": 270}
MAX_RECEIVE_COUNTS = {"TRIGGERS_QUEUE_URL": 5, "DELIVERIES_QUEUE_URL": 12}
"""As infrastructure/notices.yaml has them."""
SECRET = "/bench/sms"
CARRIER = {"key": "AC0123456789", "secret": "carrier-token"}
NOBODY = "http://127.0.0.1:9"
"""Address of receipts without a receiver: the carrier's log has the notice's key, which is counted here."""
PATIENCE_SECONDS = 3600.0


@dataclass(frozen=True)
class Ordeal:
    """The results of the notices."""

    expected: int
    states: Counter[str]
    """Of all notices in the ledger."""
    taken: Counter[str]
    """By the notices' references: how often the carrier took each."""
    successes: frozenset[str]
    """References of the notices that the ledger says were sent."""
    requests: int
    attempts: int
    killed: int
    dead_letters: int
    seconds: float
    complaints: str
    """The exceptions in the workers' log."""

    @property
    def not_final(self) -> int:
        return sum(count for state, count in self.states.items() if State(state) not in FINAL)

    @property
    def sent_twice(self) -> int:
        """Notices that the carrier took more than once."""
        return sum(count > 1 for count in self.taken.values())

    @property
    def never_taken(self) -> int:
        """Notices that the ledger calls sent and the carrier never took."""
        return len(self.successes - self.taken.keys())

    @property
    def taken_unknown(self) -> int:
        """Notices that the carrier took and the ledger calls unconfirmed."""
        return len(self.taken.keys() - self.successes)


def measure(bench: Bench) -> list[Section]:
    """Put the notices through it, and count."""
    ordeal = undergo(bench, NOTICES)
    rows = [
        ("notices", ordeal.expected),
        ("in the ledger", ordeal.states.total()),
        ("not in a final state", ordeal.not_final),
        ("taken more than once by the carrier", ordeal.sent_twice),
        ("sent, says the ledger, and never taken", ordeal.never_taken),
        *((f"of them {state}", count) for state, count in sorted(ordeal.states.items())),
        ("not called sent, and taken all the same", ordeal.taken_unknown),
        ("attempts", ordeal.attempts),
        ("requests to the carrier", ordeal.requests),
        ("workers killed", ordeal.killed),
        ("dead letters, redriven", ordeal.dead_letters),
        ("notices a second", ordeal.expected / ordeal.seconds),
        ("minutes", ordeal.seconds / 60),
    ]
    faulty = sum(weight for fault, weight in FAULTS.items() if fault)
    return [
        Section(
            "Notices under faults",
            f"{sum(queue.workers for queue in QUEUES)} processes run the handlers of notifier and courier, and are "
            f"killed at random. Twilio's SDK asks a stand-in that fails {faulty} times in 100: 429, throttled, "
            "refused, 500, no answer, connection lost; the last three after it took the message. One trigger in five "
            f"comes twice, one batch in twenty again. Time goes by {SPEED} times faster. A notice of unknown fate is "
            "not sent again (decision 41), so it is final as `unconfirmed`: taken once, or never.",
            ("figure", "value"),
            rows,
        )
    ]


def undergo(bench: Bench, notices: int, kill_every: float = 2.0, seed: int = 1) -> Ordeal:
    """Send triggers for so many notices, and wait until no queue holds anything."""
    chance, run = random.Random(seed), uuid4().hex[:6].upper()
    devices = math.ceil(notices / RECIPIENTS / TRIGGERS)
    sqs = bench.aws("sqs")
    with StandIn(bench.folder / run) as stand_in, made_queues(sqs, run) as queues:
        stand_in.faults.extend(chance.choices(list(FAULTS), list(FAULTS.values()), k=10 * notices))
        log = bench.folder / run / "workers.log"
        command = [sys.executable, "-m", "tests.bench.notice_workers", "--run", run, "--devices", str(devices)]
        options = ["--recipients", str(RECIPIENTS), "--seed", str(seed), "--kill-every", str(kill_every)]
        workers = Child([*command, *options], environment(bench, stand_in, queues), log)
        try:
            wait_for(lambda: "ready" in log.read_text(), workers)
            began = time.monotonic()
            for body in triggers(run, devices, chance):
                sqs.send_message(QueueUrl=queues["TRIGGERS_QUEUE_URL"], MessageBody=body)
            dead_letters = finish(sqs, queues, workers)
            seconds = time.monotonic() - began
        finally:
            workers.stop(10)
        said = log.read_text()
        rows = list(ledger(bench, run, devices))
        return Ordeal(
            expected=devices * TRIGGERS * RECIPIENTS,
            states=Counter(row["state"]["S"] for row in rows),
            taken=Counter(parse_qs(urlsplit(one.callback).query)["notice"][0] for one in stand_in.received),
            successes=frozenset(reference(row) for row in rows if row["state"]["S"] in SUCCESS),
            requests=stand_in.requests,
            attempts=sum(len(json.loads(row["attempts"]["S"])) for row in rows),
            killed=int(said.rpartition("killed ")[2]),
            dead_letters=dead_letters,
            seconds=seconds,
            complaints=said,
        )


def environment(bench: Bench, stand_in: StandIn, queues: Mapping[str, str]) -> dict[str, str]:
    """The functions' environment, except queues and carrier."""
    bench.aws("ssm").put_parameter(Name=SECRET, Value=json.dumps(CARRIER), Type="SecureString", Overwrite=True)
    return {
        **clean(),
        **function_environment(bench),
        **queues,
        "DELIVERIES_DEAD_LETTER_QUEUE_URL": queues["DEAD_DELIVERIES_QUEUE_URL"],
        "AWS_ENDPOINT_URL": bench.stack["endpoint_url"],
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "POWERTOOLS_LOG_LEVEL": "ERROR",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "SMS_PROVIDER": "twilio",
        "SMS_SENDER": "+15005550006",
        "SMS_SECRET_PARAMETER": SECRET,
        "SMS_URL": stand_in.url,
        "RECEIPTS_URL": NOBODY,
        "REQUESTS_CA_BUNDLE": str(stand_in.files.authority),
    }


@contextmanager
def made_queues(sqs: Any, run: str) -> Iterator[dict[str, str]]:
    """Make both queues with their dead-letter queues, and take them away afterwards; by the names of their settings."""
    urls: dict[str, str] = {}
    for name, count in MAX_RECEIVE_COUNTS.items():
        dead = sqs.create_queue(QueueName=f"bench-{run}-{name[:8]}-dead")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        attributes = {
            "VisibilityTimeout": str(math.ceil(VISIBILITY_SECONDS[name] / SPEED)),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count}),
        }
        urls[name] = sqs.create_queue(QueueName=f"bench-{run}-{name[:8]}", Attributes=attributes)["QueueUrl"]
        urls[f"DEAD_{name}"] = dead
    try:
        yield urls
    finally:
        for url in urls.values():
            sqs.delete_queue(QueueUrl=url)


def triggers(run: str, devices: int, chance: random.Random) -> Iterator[str]:
    """The rule's messages, of all devices in turn."""
    for round_number in range(TRIGGERS):
        for number in range(devices):
            topic = parse(f"server/{deviceid_of(run, number)}/trigger_notification/uart/mobile")
            body = ingest.write_message(
                DeviceMessage(topic, b"{}", datetime.now(UTC), f"{run}-{number}-{round_number}")
            )
            yield from [body] * (2 if chance.random() < TWICE else 1)


def waiting(sqs: Any, url: str) -> int:
    """How many messages a queue holds, hidden ones among them."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][name]) for name in names)


def finish(sqs: Any, queues: Mapping[str, str], workers: Child) -> int:
    """Wait until no queue holds anything; return how many dead letters were redriven until then."""
    moved = 0
    while True:
        wait_for(lambda: not any(waiting(sqs, queues[name]) for name in MAX_RECEIVE_COUNTS), workers)
        again = sum(redrive(sqs, queues[f"DEAD_{name}"], queues[name]) for name in MAX_RECEIVE_COUNTS)
        if again == 0:
            return moved
        moved += again


def redrive(sqs: Any, source: str, target: str) -> int:
    """Redrive dead letters like an operator; return their number."""
    moved = 0
    while messages := sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages"):
        for one in messages:
            sqs.send_message(QueueUrl=target, MessageBody=one["Body"])
            sqs.delete_message(QueueUrl=source, ReceiptHandle=one["ReceiptHandle"])
            moved += 1
    return moved


def wait_for(is_so: Callable[[], bool], workers: Child) -> None:
    """Return once it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert workers.is_running(), workers.last_lines()
        assert time.monotonic() < deadline, workers.last_lines()
        time.sleep(1)


def ledger(bench: Bench, run: str, devices: int) -> Iterator[dict[str, Any]]:
    """The rows of all notices of the run."""
    pages = bench.aws("dynamodb").get_paginator("query")
    for number in range(devices):
        for page in pages.paginate(
            TableName=f"{bench.stack['stack_name']}-notices",
            KeyConditionExpression="deviceid = :deviceid",
            ExpressionAttributeValues={":deviceid": {"S": deviceid_of(run, number)}},
            ConsistentRead=True,
        ):
            yield from page["Items"]


def reference(row: Mapping[str, Any]) -> str:
    """The reference of a notice at the carrier."""
    return f"{row['deviceid']['S']}/{row['notice_id']['S']}"
