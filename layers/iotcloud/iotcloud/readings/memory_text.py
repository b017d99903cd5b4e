"""What is remembered of sensors, as the text in which it is kept: short JSON, since DynamoDB counts each kilobyte."""

import json
from typing import Any

from iotcloud.peripherals.model import Slot
from iotcloud.readings.judging import NEVER_JUDGED, Judgement, Reading, Telling, Turn
from iotcloud.readings.model import DeviceMemory, Extremes, PendingTelling, RegisteredSensor, SlotMemory
from iotcloud.readings.silence import Silence

MAX_OCTETS = 380_000
"""What the text may take of the 400 KB of a row (Amazon DynamoDB quotas, "Item size")."""
DEPTHS = (10, 5, 2, 1)
"""Turns of each threshold that are kept when more do not fit."""


def write_memory(memory: DeviceMemory) -> str:
    """Write a memory as text of at most MAX_OCTETS; of thresholds the oldest turns are left out when it is longer."""
    text = _write(memory)
    for depth in DEPTHS:
        if len(text) <= MAX_OCTETS:
            break
        text = _write(memory.with_depth(depth))
    return text


def _write(memory: DeviceMemory) -> str:
    members = {
        "slots": [[_write_slot(slot), _write_slot_memory(one)] for slot, one in memory.slots.items()],
        "sending": [_write_slot(slot) for slot in memory.sending],
        "since": memory.sending_since,
        "pending": [_write_pending(one) for one in memory.pending],
    }
    return json.dumps(members, separators=(",", ":"))


def read_memory(text: str) -> DeviceMemory:
    """Read what `write_memory` wrote."""
    members = json.loads(text)
    return DeviceMemory(
        slots={_read_slot(slot): _read_slot_memory(one) for slot, one in members["slots"]},
        sending=frozenset(_read_slot(slot) for slot in members["sending"]),
        sending_since=members["since"],
        pending=tuple(_read_pending(one) for one in members["pending"]),
    )


def _write_slot(slot: Slot) -> list[Any]:
    return [slot.peripheral, slot.number, *([] if slot.address is None else [slot.address])]


def _read_slot(parts: list[Any]) -> Slot:
    return Slot(*parts)


def _write_slot_memory(memory: SlotMemory) -> dict[str, Any]:
    """Leave out what is not there: most sensors have no thresholds, no subclass, and are not missing."""
    members = {
        "c": memory.cleared if memory.cleared != SlotMemory.cleared else None,
        "x": _write_extremes(memory.extremes),
        "sx": _write_extremes(memory.subextremes),
        "m": memory.missing_since,
        "j": _write_judgement(memory.judgement),
        "sj": _write_judgement(memory.subjudgement),
        "q": _write_silence(memory.silence),
        "r": _write_sensor(memory.sensor),
    }
    return {name: value for name, value in members.items() if value is not None}


def _read_slot_memory(members: dict[str, Any]) -> SlotMemory:
    return SlotMemory(
        cleared=members.get("c", SlotMemory.cleared),
        extremes=_read_extremes(members.get("x")),
        subextremes=_read_extremes(members.get("sx")),
        missing_since=members.get("m"),
        judgement=_read_judgement(members.get("j")),
        subjudgement=_read_judgement(members.get("sj")),
        silence=_read_silence(members.get("q")),
        sensor=None if "r" not in members else RegisteredSensor(*members["r"]),
    )


def _write_extremes(extremes: Extremes | None) -> list[Any] | None:
    return None if extremes is None else [extremes.lowest, extremes.highest]


def _read_extremes(pair: list[Any] | None) -> Extremes | None:
    return None if pair is None else Extremes(*pair)


def _write_sensor(sensor: RegisteredSensor | None) -> list[Any] | None:
    return None if sensor is None else [sensor.since, sensor.sensor_class, sensor.subclass]


def _write_silence(silence: Silence | None) -> list[Any] | None:
    return None if silence is None else [silence.seconds, silence.heard, int(silence.is_silent)]


def _read_silence(parts: list[Any] | None) -> Silence | None:
    if parts is None:
        return None
    seconds, heard, is_silent = parts
    return Silence(seconds, heard, bool(is_silent))


def _write_judgement(judgement: Judgement) -> list[Any] | None:
    if judgement == NEVER_JUDGED:
        return None
    turns = [[turn.position, int(turn.is_activation), *_other(turn)] for turn in judgement.turns]
    return [judgement.threshold, judgement.since, int(judgement.was_active), turns, list(judgement.repeats)]


def _other(turn: Turn) -> list[str]:
    return [] if turn.told == turn.position else [turn.told]


def _read_judgement(parts: list[Any] | None) -> Judgement:
    if parts is None:
        return NEVER_JUDGED
    threshold, since, was_active, turns, repeats = parts
    return Judgement(threshold, since, bool(was_active), tuple(_read_turn(*turn) for turn in turns), tuple(repeats))


def _read_turn(position: str, is_activation: int, told: str | None = None) -> Turn:
    return Turn(position, bool(is_activation), told or position)


def _write_pending(pending: PendingTelling) -> list[Any]:
    reading = pending.telling.reading
    return [
        _write_slot(pending.slot),
        int(pending.is_subclass),
        reading.position,
        reading.value,
        int(pending.telling.is_activation),
        pending.condition,
        *([1] if pending.is_silence else []),
    ]


def _read_pending(parts: list[Any]) -> PendingTelling:
    slot, is_subclass, position, value, is_activation, condition, *is_silence = parts
    telling = Telling(Reading(position, value), bool(is_activation))
    return PendingTelling(_read_slot(slot), bool(is_subclass), telling, condition, bool(is_silence))
