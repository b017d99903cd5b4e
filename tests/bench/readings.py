"""Benchmark of readings through rule, queue, sensorian and table: readings per second without a growing queue, whether
each is stored once, and DynamoDB write units per reading."""

import base64
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from io import StringIO
from uuid import uuid4

from iotcloud.devices.store import DeviceNameRow, DeviceRow
from iotcloud.dynamodb import Row as TableRow
from iotcloud.histories.model import Lane
from iotcloud.histories.store import MessageRow, device_stream
from iotcloud.peripherals.store import ConfigurationRow, SensorRow
from iotcloud.readings.state.store import DeviceStateRow
from simulators.cloud.instance import ROOT_KEY
from tests.bench.packages import function_environment
from tests.bench.people import Bench, BenchDevice
from tests.bench.tables import Row, Section
from tests.e2e.scripted_device import ScriptedDevice
from tests.integration.dynamodb_costs import CountedRequests

DEVICES = 20
RATES = (10, 25, 50, 100, 200)
"""Readings a second that are tried one after the other."""
PATIENCE_SECONDS = 300.0
"""Twice the redelivery time of a failed batch, which is 130 s (`infrastructure/queues.yaml`)."""
LOOK_SECONDS = 0.5
COUNTED = 60
PERIODS_MS = (("one device, every 5 s, alone in its batch", 5_000, 1), ("the same, 60 in a batch", 5_000, 60),
              ("one device, every 5 minutes", 300_000, 1))  # fmt: skip
"""Case, milliseconds between two readings, readings in a batch."""
TABLES: tuple[type[TableRow], ...] = (
    DeviceRow,
    DeviceNameRow,
    MessageRow,
    ConfigurationRow,
    SensorRow,
    DeviceStateRow,
)


def measure(bench: Bench) -> list[Section]:
    """Send at increasing rates, and count the readings left in the queue and stored in the table."""
    owner = bench.caller()
    devices = [bench.register(owner) for _ in range(DEVICES)]
    numbers: Counter[str] = Counter()
    with ExitStack() as opened:
        running = [
            opened.enter_context(
                ScriptedDevice(bench.stack, bench.folder, device.deviceid, identity=(device.certificate, device.key))
            )
            for device in devices
        ]
        rows = [sustain(bench, devices, running, numbers, rate) for rate in RATES]
    return [
        Section(
            "Readings",
            f"Published by {DEVICES} devices for {bench.seconds:.0f} s at each rate, with QoS 1; each has a number of "
            "its own, by which it is found in the table. The backlog is what the queue held when all were sent. The "
            "sensorian gathers a batch for a second.",
            ("asked for, per second", "sent per second", "backlog at the end", "all kept after s", "lost", "doubled"),
            rows,
            "The goals are 0 lost and 0 doubled.",
        ),
        count_write_units(bench, devices[0]),
    ]


def sustain(
    bench: Bench, devices: Sequence[BenchDevice], running: Sequence[ScriptedDevice], numbers: Counter[str], rate: int
) -> Row:
    """Send at one rate, and wait until all readings are in the table."""
    sent: list[tuple[str, int]] = []
    began_at = time.monotonic()
    for number in range(round(rate * bench.seconds)):
        time.sleep(max(0.0, began_at + number / rate - time.monotonic()))
        device = running[number % len(running)]
        numbers[device.deviceid] += 1
        sent.append((device.deviceid, numbers[device.deviceid]))
        reading = {"class": 4, "value": numbers[device.deviceid]}
        device.publish("sensor_reading", json.dumps({"sensors": {"1wire1": [reading]}}).encode())
    ended_at = time.monotonic()
    backlog = waiting(bench)
    found = kept(bench, devices)
    while not all(found[each] for each in sent) and time.monotonic() < ended_at + PATIENCE_SECONDS:
        time.sleep(LOOK_SECONDS)
        found = kept(bench, devices)
    lost = sum(found[each] == 0 for each in sent)
    doubled = sum(max(0, found[each] - 1) for each in sent)
    return (rate, len(sent) / (ended_at - began_at), backlog, time.monotonic() - ended_at, lost, doubled)


def waiting(bench: Bench) -> int:
    """How many messages the sensorian's queue holds, those in its hands among them."""
    sqs = bench.aws("sqs")
    url = sqs.get_queue_url(QueueName=f"{bench.stack['stack_name']}-readings")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(
        int(count) for count in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()
    )


def kept(bench: Bench, devices: Sequence[BenchDevice]) -> Counter[tuple[str, int]]:
    """Count the readings in the table, by device and number."""
    found: Counter[tuple[str, int]] = Counter()
    table = f"{bench.stack['stack_name']}-messages"
    pages = bench.aws("dynamodb").get_paginator("query")
    for device in devices:
        stream = device_stream(device.deviceid, registration(bench, device), Lane.READINGS)
        for page in pages.paginate(
            TableName=table,
            KeyConditionExpression="#stream = :stream",
            ExpressionAttributeNames={"#stream": "stream"},
            ExpressionAttributeValues={":stream": {"S": stream}},
            ConsistentRead=True,
        ):
            for item in page["Items"]:
                (reading,) = json.loads(item["payload"]["S"])["sensors"]["1wire1"]
                found[device.deviceid, reading["value"]] += 1
    return found


def registration(bench: Bench, device: BenchDevice) -> str:
    """Read which of its lives a device is in."""
    row = bench.aws("dynamodb").get_item(
        TableName=f"{bench.stack['stack_name']}-devices", Key={"deviceid": {"S": device.deviceid}}
    )
    return str(row["Item"]["registration"]["S"])


def count_write_units(bench: Bench, device: BenchDevice) -> Section:
    """Pass readings of four sensors to the sensorian's handler in this process, and count its writes."""
    rows: list[Row] = []
    with in_the_sensorians_place(bench):
        from functions.sensorian import handler

        at_ms = int(time.time() * 1000)
        for what, period_ms, batch in PERIODS_MS:
            draw = random.Random(1)
            # Nearly all extremes come first.
            handler({"Records": [record(device, at_ms + n, draw.choice([0, 255])) for n in range(10)]}, None)
            with CountedRequests(*TABLES) as counted:
                for first in range(0, COUNTED, batch):
                    times = [at_ms + (1 + first + n) * period_ms for n in range(batch)]
                    handler({"Records": [record(device, time_ms, draw.randint(0, 255)) for time_ms in times]}, None)
            at_ms += (COUNTED + 1) * period_ms
            rows.append((what, counted.write_units / COUNTED, sum(counted.requests.values()) / COUNTED))
    return Section(
        "Write units of a reading",
        f"{COUNTED} messages with readings of four sensors, handed to the sensorian's handler; counted where its "
        "requests are sent, from the sizes of the items.",
        ("messages", "write units per message", "requests per message"),
        rows,
        "The goal is 2 write units at most.",
    )


@contextmanager
def in_the_sensorians_place(bench: Bench) -> Iterator[None]:
    """Set the sensorian's environment in this process, and hide its metrics."""
    from iotcloud.wiring import wiring

    before = dict(os.environ)
    os.environ |= function_environment(bench, "sensorian") | {
        "AWS_ENDPOINT_URL": bench.stack["endpoint_url"],
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "POWERTOOLS_LOG_LEVEL": "WARNING",
    }
    wiring.cache_clear()
    try:
        with redirect_stdout(StringIO()):
            yield
    finally:
        wiring.cache_clear()
        os.environ.clear()
        os.environ |= before


def record(device: BenchDevice, received_at: int, value: float) -> dict[str, str]:
    """Create the queue's record of one message."""
    sensors = {
        "i2c2": [{"address": 40, "value": value, "class": 3}],
        "adc1": [{"value": 3.4, "class": 6}],
        "1wire1": [{"value": 19.9, "class": 4}],
        "tprobe1": [{"value": 22.0, "class": 4, "subclass": {"value": 61.5, "class": 5}}],
    }
    body = {
        "payload": base64.b64encode(json.dumps({"sensors": sensors}).encode()).decode(),
        "topic": f"server/{device.deviceid}/sensor_reading",
        "received_at": received_at,
        "message_id": str(uuid4()),
    }
    return {"messageId": body["message_id"], "body": json.dumps(body)}
