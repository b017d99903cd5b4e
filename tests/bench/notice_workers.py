"""Replaces Lambda for notifier and courier, with faults: processes that run the functions' handlers on their queues and
are killed (SIGKILL) at random times.

python -m tests.bench.notice_workers --run NAME --devices 200 --recipients 5 [--seed 1] [--kill-every 2]

Registers the run's devices, prints `ready`, works until SIGTERM, and prints the number of kills. The functions'
environment has all addresses.
"""

import argparse
import importlib
import math
import multiprocessing
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import ForkProcess
from typing import Any

from functions import deliver_notices, notifier
from iotcloud.adapters import senders
from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.notices.store import NoticeCounterRow, NoticeRow
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.notification_blocks.store import NotificationBlockRow
from iotcloud.users.store import UserRow
from iotcloud.wiring import wiring
from simulators.cloud.processes import end_with_parent
from tests.fakes.messages import device
from tests.parts import replace_part

FORKED = multiprocessing.get_context("fork")
SPEED = 10
"""Speed-up of time: attempts, waits and visibility timeouts keep their proportions."""
PROVIDER_SECONDS = 2
"""How long a provider is waited for; the courier's own limit over SPEED would be less than a busy machine needs."""
NOT_DELETED = 0.05
"""Probability that a completed batch is redelivered."""


@dataclass(frozen=True)
class Queue:
    """A function's event source. Batches of triggers are smaller than in template.yaml, since time-outs are shorter."""

    setting: str
    handler: Callable[[Any, Any], dict[str, Any]]
    batch_size: int
    workers: int


QUEUES = (
    Queue("TRIGGERS_QUEUE_URL", notifier.handler, 2, 2),
    Queue("DELIVERIES_QUEUE_URL", deliver_notices.handler, 1, 6),
)


def deviceid_of(run: str, number: int) -> str:
    """The id of a device of the run."""
    return f"BENCH{run}{number:04}"


def phones_of(number: int, count: int) -> list[str]:
    """The telephone numbers to which a device's notices go."""
    return [f"+65{number:06}{place:02}" for place in range(count)]


def main() -> None:
    """Register, work, and be killed again and again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, required=True)
    parser.add_argument("--recipients", type=int, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill-every", type=float, default=2.0, help="seconds, on average")
    options = parser.parse_args()
    began = datetime.now(UTC)
    wired = wiring()
    replace_part(wired, "clock", lambda: began + SPEED * (datetime.now(UTC) - began))
    senders.TIMEOUT_SECONDS = PROVIDER_SECONDS
    # In a separate process: all workers would share a connection that is open here.
    registering = FORKED.Process(target=register, args=(options.run, options.devices, options.recipients))
    registering.start()
    registering.join()
    assert registering.exitcode == 0
    make_clients()
    say("ready")
    say(f"killed {kill_at_random(random.Random(options.seed), options.kill_every)}")


def say(line: str) -> None:
    """Notify the parent process."""
    print(line, flush=True)


def register(run: str, devices: int, recipients: int) -> None:
    """Create devices with separate owners, whose UART notifies telephones."""
    wired = wiring()
    for number in range(devices):
        deviceid = deviceid_of(run, number)
        wired.stores.devices.add(device(deviceid, "Barn unit", f"owner-{deviceid}@example.com"))
        mobile = Endpoint(",".join(phones_of(number, recipients)), is_enabled=True)
        block = NotificationBlock((Text("Tank is full"),), {Channel.MOBILE: mobile})
        wired.stores.notification_blocks.save(deviceid, "uart", block)


def make_clients() -> None:
    """Create the workers' clients before the fork, which saves each worker seconds of processor time."""
    wired = wiring()
    assert all(
        (
            wired.notices.notifier,
            wired.notices.delivery_rounds,
            wired.clients.sqs,
            senders._client("ssm", wired.settings.aws_region),
        )
    )
    importlib.import_module("twilio.rest")
    for row in (DeviceRow, DeviceNameRow, NotificationBlockRow, NoticeRow, NoticeCounterRow, UserRow):
        assert row._get_connection().connection.client


def kill_at_random(chance: random.Random, every: float) -> int:
    """Keep all workers running until SIGTERM, and kill one now and then; return how many were killed."""
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    running = [(start(queue), queue) for queue in QUEUES for _ in range(queue.workers)]
    killed = 0
    while not stopping:
        time.sleep(chance.expovariate(1 / every))
        place = chance.randrange(len(running))
        victim, queue = running[place]
        victim.kill()
        victim.join()
        killed += 1
        running[place] = start(queue), queue
    for worker, _ in running:
        worker.kill()
    return killed


def start(queue: Queue) -> ForkProcess:
    """Start a worker."""
    worker = FORKED.Process(target=work, args=(queue,), daemon=True)
    worker.start()
    return worker


def work(queue: Queue) -> None:
    """Take batches for as long as this process lives."""
    end_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    random.seed()
    url, sqs = os.environ[queue.setting], wiring().clients.sqs
    # The courier delays the next attempt; here a second counts as SPEED seconds.
    sqs.meta.events.register("before-parameter-build.sqs.ChangeMessageVisibility", _shorten)
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=queue.batch_size, WaitTimeSeconds=1)
        if messages := answer.get("Messages"):
            done = handle(queue, messages)
            if done and random.random() >= NOT_DELETED:
                sqs.delete_message_batch(QueueUrl=url, Entries=done)


def handle(queue: Queue, messages: list[Mapping[str, Any]]) -> Any:
    """Call the handler like Lambda, and return the records to delete: none if it raised."""
    records = [
        {"messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"], "body": one["Body"]} for one in messages
    ]
    try:
        failed = {one["itemIdentifier"] for one in queue.handler({"Records": records}, None)["batchItemFailures"]}
    except Exception:  # noqa: BLE001 Lambda's part: whatever it is, the batch comes again
        traceback.print_exc(file=sys.stderr)
        return []
    return [
        {"Id": str(place), "ReceiptHandle": one["receiptHandle"]}
        for place, one in enumerate(records)
        if one["messageId"] not in failed
    ]


def _shorten(params: dict[str, Any], **_: object) -> None:
    params["VisibilityTimeout"] = math.ceil(params["VisibilityTimeout"] / SPEED)


if __name__ == "__main__":
    main()
