"""A device's state fits its row, whatever the device sends and its owner configures."""

from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import BUSES, MAX_SENSORS, Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import AlertEvent, Reading, ThresholdState, Transition
from iotcloud.readings.model import Extremes, Sample, Value
from iotcloud.readings.state.codec import MAX_OCTETS, decode_state, encode_state
from iotcloud.readings.state.model import MAX_PENDING, MAX_PLACES, DeviceState, PendingAlert, SensorState
from tests.fakes.messages import after

LONG = -1.2345678901234567e-300
SLOTS = [Slot("i2c", number, address) for number in range(1, 5) for address in range(1, 256)]


def position(number: int) -> str:
    return position_of(after(number), f"{number:032d}+2000")


def full_judgement() -> ThresholdState:
    transitions = tuple(Transition(position(one), one % 2 == 0, position(one + 1)) for one in range(20))
    return ThresholdState(
        "0" * 12, position(0), repeats=tuple(position(one) for one in range(20)), transitions=transitions
    )


def full_memory() -> DeviceState:
    extremes = Extremes(LONG, -LONG)
    with_sensor = SensorState(
        position(1),
        extremes,
        extremes,
        position(2),
        full_judgement(),
        full_judgement(),
        Inactivity(604_800, position(3)),
    )
    slots = {slot: SensorState(cleared=position(1)) for slot in SLOTS}
    slots |= {slot: SensorState(position(1), extremes, extremes, position(2)) for slot in SLOTS[:MAX_PLACES]}
    slots |= dict.fromkeys(SLOTS[-MAX_SENSORS:], with_sensor)
    pending = [
        PendingAlert(slot, is_subclass, AlertEvent(Reading(position(4), LONG), is_activation=True), "x" * 120)
        for slot in SLOTS[-MAX_SENSORS:]
        for is_subclass in (False, True)
    ]
    return DeviceState(slots, frozenset(SLOTS), position(5)).with_pending(pending)


def test_the_fullest_state_fits_a_row_and_keeps_the_newest() -> None:
    state = full_memory()

    text = encode_state(state)

    assert len(text.encode()) <= MAX_OCTETS
    kept = decode_state(text)
    assert kept.pending == state.pending
    for slot in SLOTS[-MAX_SENSORS:]:
        before, after_it = state.of(slot), kept.of(slot)
        assert after_it.extremes == before.extremes
        assert (
            after_it.threshold_state.transitions
            == before.threshold_state.transitions[-len(after_it.threshold_state.transitions) :]
        )
        assert after_it.threshold_state.is_active is before.threshold_state.is_active


def test_a_state_that_fits_is_written_whole() -> None:
    state = DeviceState({SLOTS[0]: SensorState(threshold_state=full_judgement())})

    assert decode_state(encode_state(state)) == state


def test_places_that_were_never_set_up_are_bounded() -> None:
    samples = [Sample(position(number), {slot: Value(number)}) for number, slot in enumerate(SLOTS)]

    state = DeviceState().with_samples(samples)

    assert len(state.slots) == MAX_PLACES
    assert len(state.sending) <= MAX_PLACES


def test_a_place_that_is_known_is_kept_when_there_are_many() -> None:
    known = SLOTS[-1]
    state = DeviceState({known: SensorState(cleared=position(0))})
    samples = [Sample(position(number), {slot: Value(number)}) for number, slot in enumerate(SLOTS)]

    state = state.with_samples(samples)

    assert state.of(known).extremes == Extremes(len(SLOTS) - 1, len(SLOTS) - 1)
    assert set(BUSES) >= {slot.peripheral for slot in state.slots}


def test_of_too_many_alerts_the_newest_wait() -> None:
    pending = [
        PendingAlert(SLOTS[0], False, AlertEvent(Reading(position(one), one), is_activation=True), "c")
        for one in range(MAX_PENDING + 100)
    ]

    state = DeviceState().with_pending(pending[:200]).with_pending(pending[200:])

    assert state.pending == tuple(pending[100:])
