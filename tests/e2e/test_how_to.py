"""The pages of docs/how-to, run unchanged on the local cloud: line by line, in two terminals."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from simulators.cloud.instance import MQTT_HOST, ROOT
from tests.e2e.how_to_reader import Reader
from tests.e2e.people import Stack
from tests.pages import SECOND_TERMINAL, blocks

CONNECT = ROOT / "docs/how-to/connect-a-device.md"
SIMULATE = ROOT / "docs/how-to/simulate-a-device.md"


@pytest.fixture
def reader(stack: Stack, tmp_path: Path) -> Iterator[Reader]:
    """Return a reader with a new address and a new device id."""
    unique = uuid4().hex[:10]
    exchanged = {
        "you@example.com": f"{unique}@example.com",
        "MYDEVICE00000001": f"MYDEVICE{unique.upper()}",
        "my-device": f"my-device-{unique}",
    }
    with Reader(stack, tmp_path, exchanged) as reader:
        yield reader


def test_connect_a_device_of_one_s_own(reader: Reader, stack: Stack) -> None:
    page = list(blocks(CONNECT))
    sections = list(dict.fromkeys(block.section for block in page))
    assert sections == ["An account", "Registration", "The device", "Ask the device", "Further"]
    shown = {name: reader.follow(block for block in page if block.section == name) for name in sections[:3]}
    assert shown["Registration"].split() == [MQTT_HOST, str(stack["mqtt_port"])]
    reader.sees_beside("connected")

    answers = reader.follow(block for block in page if block.section == sections[3])
    (expected,) = (block.text for block in page if block.kind == "json")
    assert answers.startswith(expected)
    assert '"transactions"' in answers
    reader.sees_beside("get_status")

    assert '"OK"' in reader.follow(block for block in page if block.section == sections[4])


def test_simulate_a_device(reader: Reader) -> None:
    registered = [block for block in blocks(CONNECT) if block.section in ("An account", "Registration")]
    question = [next(block for block in blocks(CONNECT) if block.section == "Ask the device")]
    page = list(blocks(SIMULATE))
    assert [block.section for block in page if block.kind == SECOND_TERMINAL] == [
        "One more device on the local cloud",
        "By hand",
        "By hand",
        "What its sensors measure",
    ]
    reader.follow(registered)
    for block in page:
        reader.follow([block])
        if block.kind != SECOND_TERMINAL:
            continue
        reader.sees_beside("connected as ")
        reader.sees_beside("subscribed to ")
        if block.section != "One more device on the local cloud":
            assert '"status":"OK"' in reader.follow(question)
