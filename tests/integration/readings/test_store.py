"""Memories of sensors: the fake of the unit tests and the table in DynamoDB answer alike."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import pytest
from moto import mock_aws

from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import Slot
from iotcloud.readings.judging import Reading, Telling
from iotcloud.readings.model import (
    DeviceMemory,
    KeptMemory,
    MemoryChanged,
    PendingTelling,
    Sample,
    SlotMemory,
    Value,
)
from iotcloud.readings.remembering import Memories
from iotcloud.readings.silence import Silence
from iotcloud.readings.store import SensorMemoryRow, SensorMemoryStore
from iotcloud.rows import bind
from tests.fakes.messages import after
from tests.fakes.readings import FakeMemories

POT = Slot("i2c", 1, 40)


class ErasableMemories(Memories, Protocol):
    """The whole of the store."""

    def find_due(self, at: datetime, limit: int) -> list[str]: ...
    def erase(self, deviceid: str) -> None: ...


@pytest.fixture(params=["memory", "dynamodb"])
def memories(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[ErasableMemories]:
    if request.param == "memory":
        yield FakeMemories()
        return
    with mock_aws():
        bind(SensorMemoryRow, environment["TABLE_PREFIX"], environment["AWS_REGION"])
        SensorMemoryRow.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield SensorMemoryStore()


def memory(value: float) -> DeviceMemory:
    return DeviceMemory().with_samples([Sample(position_of(after(1), "m1"), {POT: Value(value)})])


def awaited(seconds: float, *, is_silent: bool = False) -> DeviceMemory:
    """Make the memory of a sensor that was heard at an instant, and may be silent for a minute."""
    return DeviceMemory({POT: SlotMemory(silence=Silence(60, position_of(after(seconds)), is_silent))})


def find(memories: Memories, registration: str = "r1") -> KeptMemory:
    return memories.find({"PH80": registration})["PH80"]


def test_of_a_device_that_sent_nothing_nothing_is_remembered(memories: ErasableMemories) -> None:
    assert find(memories) == KeptMemory()


def test_what_is_saved_is_found(memories: ErasableMemories) -> None:
    memories.save("PH80", "r1", memory(5), 0)

    assert find(memories) == KeptMemory(memory(5), 1)


def test_many_devices_are_found_at_once(memories: ErasableMemories) -> None:
    for number in range(120):
        memories.save(f"D{number}", "r1", memory(number), 0)

    found = memories.find({f"D{number}": "r1" for number in range(130)})

    assert [found[f"D{number}"].memory for number in range(120)] == [memory(number) for number in range(120)]
    assert found["D125"] == KeptMemory()


def test_of_two_writers_the_second_notices(memories: ErasableMemories) -> None:
    memories.save("PH80", "r1", memory(5), 0)
    memories.save("PH80", "r1", memory(6), 1)

    for version in (0, 1):
        with pytest.raises(MemoryChanged):
            memories.save("PH80", "r1", memory(7), version)

    assert find(memories) == KeptMemory(memory(6), 2)


def test_a_former_life_is_not_remembered_and_is_written_over(memories: ErasableMemories) -> None:
    memories.save("PH80", "r1", memory(5), 0)

    assert find(memories, "r2") == KeptMemory(DeviceMemory(), 1)

    memories.save("PH80", "r2", memory(6), 1)
    assert find(memories, "r2") == KeptMemory(memory(6), 2)
    assert find(memories, "r1").memory == DeviceMemory()


def test_what_is_erased_is_gone_and_can_be_erased_again(memories: ErasableMemories) -> None:
    memories.save("PH80", "r1", memory(5), 0)

    memories.erase("PH80")
    memories.erase("PH80")

    assert find(memories) == KeptMemory()


def test_devices_are_due_when_a_sensor_may_be_silent(memories: ErasableMemories) -> None:
    for number in range(20):
        memories.save(f"D{number}", "r1", awaited(number), 0)
    memories.save("OFF", "r1", memory(5), 0)

    assert memories.find_due(after(59), 1000) == []
    assert sorted(memories.find_due(after(69), 1000)) == sorted(f"D{number}" for number in range(10))
    assert len(memories.find_due(after(1000), 8)) <= 8


@pytest.mark.parametrize("settled", [awaited(100), awaited(0, is_silent=True), DeviceMemory()])
def test_a_device_that_was_looked_at_is_due_no_more(memories: ErasableMemories, settled: DeviceMemory) -> None:
    memories.save("PH80", "r1", awaited(0), 0)
    assert memories.find_due(after(90), 100) == ["PH80"]

    memories.save("PH80", "r1", settled, 1)

    assert memories.find_due(after(90), 100) == []
    assert find(memories) == KeptMemory(settled, 2)


def test_a_device_stays_due_until_what_it_has_to_tell_is_handed_on(memories: ErasableMemories) -> None:
    telling = Telling(Reading(position_of(after(60)), 60), is_activation=True)
    pending = PendingTelling(POT, False, telling, "potentiometer silent for 60 s (activation)", is_silence=True)
    waiting = DeviceMemory(awaited(0, is_silent=True).slots, pending=(pending,))

    memories.save("PH80", "r1", waiting, 0)

    assert memories.find_due(after(61), 100) == ["PH80"]
    assert find(memories).memory == waiting
    memories.erase("PH80")
    assert memories.find_due(after(61), 100) == []
