"""Benchmark of the newest messages of all devices of an account, beside a list of its devices."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from iotcloud.histories.model import Lane, position_of
from iotcloud.histories.store import device_stream, owner_stream
from tests.bench.people import Bench, BenchDevice
from tests.bench.round_trips import NO_DEVICE, in_turns, is_answered, times_of
from tests.bench.tables import Row, Section

FLEETS = (1, 3, 10)
"""Devices of an account; ten is the most whose readings one list holds (iotcloud.histories.service)."""
STORED = 30
"""Messages of each device and kind. The emulator scans the whole table for each query of an index."""
BATCH = 25
"""Items of one BatchWriteItem (Amazon DynamoDB API reference)."""
DAY = 86400


def measure(bench: Bench) -> list[Section]:
    """Store messages of accounts of one, three and ten devices, and have each ask for its newest."""
    rows: list[Row] = []
    for number in FLEETS:
        owner = bench.caller()
        devices = [bench.register(owner) for _ in range(number)]
        for device in devices:
            store_messages(bench, device)
        name = f"8A, {number} device{'s' if number > 1 else ''}"
        asked = {
            NO_DEVICE: partial(is_answered, owner, "/devices"),
            name: partial(is_answered, owner, "/devices/histories"),
        }
        times = in_turns(asked, bench.calls)
        base = sorted(times[NO_DEVICE])
        rows += [
            (f"{each}, {number} registered" if each == NO_DEVICE else each, *times_of(sorted(taken), base))
            for each, taken in times.items()
        ]
    return [
        Section(
            "Histories of several devices",
            f"{bench.calls} calls of each kind, in turns, by one caller on a kept connection; {STORED} messages from "
            "each device, to it and of readings; a page holds the newest 100. Milliseconds; ratios are to its 2A.",
            ("call", "p50", "p95", "p99", "p50 ratio", "p99 ratio"),
            rows,
            "The goal is 2 for p50 with several devices.",
        )
    ]


def store_messages(bench: Bench, device: BenchDevice) -> None:
    """Put messages of all three kinds where the historian and the sensorian put them."""
    row = bench.aws("dynamodb").get_item(
        TableName=f"{bench.stack['stack_name']}-devices", Key={"deviceid": {"S": device.deviceid}}
    )["Item"]
    items = list(messages(device.deviceid, row["registration"]["S"], row["owner"]["S"]))
    for start in range(0, len(items), BATCH):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
        bench.aws("dynamodb").batch_write_item(RequestItems={f"{bench.stack['stack_name']}-messages": puts})


def messages(deviceid: str, life: str, username: str) -> Iterator[dict[str, Any]]:
    """Make messages a second apart, as they are kept."""
    now = datetime.now(UTC)
    for lane, topic in ((Lane.FROM, "get_status"), (Lane.TO, "get_status"), (Lane.READINGS, "sensor_reading")):
        for number in range(STORED):
            item: dict[str, Any] = {
                "stream": {"S": device_stream(deviceid, life, lane)},
                "sort": {"S": position_of(now - timedelta(seconds=number), f"{lane.lower()}{number:06}")},
                "owner": {"S": username},
                "topic": {"S": topic},
                "payload": {"S": json.dumps({"sensors": {"1wire1": [{"class": 4, "value": number}]}})},
                "expires_at": {"N": str(int(now.timestamp()) + DAY)},
            }
            if lane is not Lane.READINGS:
                item["owner_stream"] = {"S": owner_stream(username, lane.direction)}
            yield item
