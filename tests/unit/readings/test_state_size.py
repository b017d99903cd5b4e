"""What is kept of a device fits its row, whatever the device sends and its owner sets up."""

from iotcloud.histories.model import position_of
from iotcloud.peripherals.model import BUSES, MAX_SENSORS, Slot
from iotcloud.readings.judging import Judgement, Reading, Telling, Turn
from iotcloud.readings.memory_text import MAX_OCTETS, read_memory, write_memory
from iotcloud.readings.model import (
    MAX_PENDING,
    MAX_PLACES,
    DeviceMemory,
    Extremes,
    PendingTelling,
    Sample,
    SlotMemory,
    Value,
)
from iotcloud.readings.silence import Silence
from tests.fakes.messages import after

LONG = -1.2345678901234567e-300
SLOTS = [Slot("i2c", number, address) for number in range(1, 5) for address in range(1, 256)]


def position(number: int) -> str:
    return position_of(after(number), f"{number:032d}+2000")


def full_judgement() -> Judgement:
    turns = tuple(Turn(position(one), one % 2 == 0, position(one + 1)) for one in range(20))
    return Judgement("0" * 12, position(0), repeats=tuple(position(one) for one in range(20)), turns=turns)


def full_memory() -> DeviceMemory:
    extremes = Extremes(LONG, -LONG)
    with_sensor = SlotMemory(
        position(1), extremes, extremes, position(2), full_judgement(), full_judgement(), Silence(604_800, position(3))
    )
    slots = {slot: SlotMemory(cleared=position(1)) for slot in SLOTS}
    slots |= {slot: SlotMemory(position(1), extremes, extremes, position(2)) for slot in SLOTS[:MAX_PLACES]}
    slots |= dict.fromkeys(SLOTS[-MAX_SENSORS:], with_sensor)
    pending = [
        PendingTelling(slot, is_subclass, Telling(Reading(position(4), LONG), is_activation=True), "x" * 120)
        for slot in SLOTS[-MAX_SENSORS:]
        for is_subclass in (False, True)
    ]
    return DeviceMemory(slots, frozenset(SLOTS), position(5)).with_pending(pending)


def test_the_fullest_state_fits_a_row_and_keeps_the_newest() -> None:
    memory = full_memory()

    text = write_memory(memory)

    assert len(text.encode()) <= MAX_OCTETS
    kept = read_memory(text)
    assert kept.pending == memory.pending
    for slot in SLOTS[-MAX_SENSORS:]:
        before, after_it = memory.of(slot), kept.of(slot)
        assert after_it.extremes == before.extremes
        assert after_it.judgement.turns == before.judgement.turns[-len(after_it.judgement.turns) :]
        assert after_it.judgement.is_active is before.judgement.is_active


def test_a_state_that_fits_is_written_whole() -> None:
    memory = DeviceMemory({SLOTS[0]: SlotMemory(judgement=full_judgement())})

    assert read_memory(write_memory(memory)) == memory


def test_places_that_were_never_set_up_are_bounded() -> None:
    samples = [Sample(position(number), {slot: Value(number)}) for number, slot in enumerate(SLOTS)]

    memory = DeviceMemory().with_samples(samples)

    assert len(memory.slots) == MAX_PLACES
    assert len(memory.sending) <= MAX_PLACES


def test_a_place_that_is_known_is_kept_when_there_are_many() -> None:
    known = SLOTS[-1]
    memory = DeviceMemory({known: SlotMemory(cleared=position(0))})
    samples = [Sample(position(number), {slot: Value(number)}) for number, slot in enumerate(SLOTS)]

    memory = memory.with_samples(samples)

    assert memory.of(known).extremes == Extremes(len(SLOTS) - 1, len(SLOTS) - 1)
    assert set(BUSES) >= {slot.peripheral for slot in memory.slots}


def test_of_too_many_alerts_the_newest_wait() -> None:
    pending = [
        PendingTelling(SLOTS[0], False, Telling(Reading(position(one), one), is_activation=True), "c")
        for one in range(MAX_PENDING + 100)
    ]

    memory = DeviceMemory().with_pending(pending[:200]).with_pending(pending[200:])

    assert memory.pending == tuple(pending[100:])
