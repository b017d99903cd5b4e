"""One suite for the state of devices, run against the fake and DynamoDB (moto)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import pytest
from moto import mock_aws

from iotcloud.dynamodb import bind
from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import AlertEvent, Reading
from iotcloud.readings.interfaces import DeviceStates
from iotcloud.readings.model import Sample, Value
from iotcloud.readings.state.model import DeviceState, PendingAlert, SensorState, VersionConflict, VersionedState
from iotcloud.readings.state.store import DeviceStateRow, DeviceStateStore
from tests.fakes.messages import after
from tests.fakes.readings import FakeMemories

POT = Slot("i2c", 1, 40)


class ErasableMemories(DeviceStates, Protocol):
    """The whole of the store."""

    def find_due(self, at: datetime, limit: int) -> list[str]: ...
    def erase(self, deviceid: str) -> None: ...


@pytest.fixture(params=["memory", "dynamodb"])
def states(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[ErasableMemories]:
    if request.param == "memory":
        yield FakeMemories()
        return
    with mock_aws():
        bind(DeviceStateRow, environment["TABLE_PREFIX"], environment["AWS_REGION"])
        DeviceStateRow.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield DeviceStateStore()


def state(value: float) -> DeviceState:
    return DeviceState().with_samples([Sample(position_of(after(1), "m1"), {POT: Value(value)})])


def awaited(seconds: float, *, is_inactive: bool = False) -> DeviceState:
    """Make the memory of a sensor that was heard at an instant, and may be silent for a minute."""
    return DeviceState({POT: SensorState(inactivity=Inactivity(60, position_of(after(seconds)), is_inactive))})


def find(states: DeviceStates, registration: str = "r1") -> VersionedState:
    return states.find({"PH80": registration})["PH80"]


def test_of_a_device_that_sent_nothing_nothing_is_remembered(states: ErasableMemories) -> None:
    assert find(states) == VersionedState()


def test_what_is_saved_is_found(states: ErasableMemories) -> None:
    states.save("PH80", "r1", state(5), 0)

    assert find(states) == VersionedState(state(5), 1)


def test_many_devices_are_found_at_once(states: ErasableMemories) -> None:
    for number in range(120):
        states.save(f"D{number}", "r1", state(number), 0)

    found = states.find({f"D{number}": "r1" for number in range(130)})

    assert [found[f"D{number}"].state for number in range(120)] == [state(number) for number in range(120)]
    assert found["D125"] == VersionedState()


def test_of_two_writers_the_second_notices(states: ErasableMemories) -> None:
    states.save("PH80", "r1", state(5), 0)
    states.save("PH80", "r1", state(6), 1)

    for version in (0, 1):
        with pytest.raises(VersionConflict):
            states.save("PH80", "r1", state(7), version)

    assert find(states) == VersionedState(state(6), 2)


def test_a_former_life_is_not_remembered_and_is_written_over(states: ErasableMemories) -> None:
    states.save("PH80", "r1", state(5), 0)

    assert find(states, "r2") == VersionedState(DeviceState(), 1)

    states.save("PH80", "r2", state(6), 1)
    assert find(states, "r2") == VersionedState(state(6), 2)
    assert find(states, "r1").state == DeviceState()


def test_what_is_erased_is_gone_and_can_be_erased_again(states: ErasableMemories) -> None:
    states.save("PH80", "r1", state(5), 0)

    states.erase("PH80")
    states.erase("PH80")

    assert find(states) == VersionedState()


def test_devices_are_due_when_a_sensor_may_be_silent(states: ErasableMemories) -> None:
    for number in range(20):
        states.save(f"D{number}", "r1", awaited(number), 0)
    states.save("OFF", "r1", state(5), 0)

    assert states.find_due(after(59), 1000) == []
    assert sorted(states.find_due(after(69), 1000)) == sorted(f"D{number}" for number in range(10))
    assert len(states.find_due(after(1000), 8)) <= 8


@pytest.mark.parametrize("settled", [awaited(100), awaited(0, is_inactive=True), DeviceState()])
def test_a_device_that_was_looked_at_is_due_no_more(states: ErasableMemories, settled: DeviceState) -> None:
    states.save("PH80", "r1", awaited(0), 0)
    assert states.find_due(after(90), 100) == ["PH80"]

    states.save("PH80", "r1", settled, 1)

    assert states.find_due(after(90), 100) == []
    assert find(states) == VersionedState(settled, 2)


def test_a_device_stays_due_until_what_it_has_to_tell_is_handed_on(states: ErasableMemories) -> None:
    event = AlertEvent(Reading(position_of(after(60)), 60), is_activation=True)
    pending = PendingAlert(POT, False, event, "potentiometer silent for 60 s (activation)", is_inactivity=True)
    waiting = DeviceState(awaited(0, is_inactive=True).slots, pending=(pending,))

    states.save("PH80", "r1", waiting, 0)

    assert states.find_due(after(61), 100) == ["PH80"]
    assert find(states).state == waiting
    states.erase("PH80")
    assert states.find_due(after(61), 100) == []
