"""Encodes sensor state as short JSON, since DynamoDB bills each kilobyte."""

import json
from typing import Any

from iotcloud.peripherals.model import Slot
from iotcloud.readings.alerts.inactivity import Inactivity
from iotcloud.readings.alerts.threshold_state import UNEVALUATED, AlertEvent, Reading, ThresholdState, Transition
from iotcloud.readings.model import Extremes
from iotcloud.readings.state.model import DeviceState, PendingAlert, RegisteredSensor, SensorState

MAX_OCTETS = 380_000
"""Octets of the text, within the 400 KB of a row (Amazon DynamoDB quotas, "Item size")."""
DEPTHS = (10, 5, 2, 1)
"""Turns of each threshold that are kept when more do not fit."""


def encode_state(state: DeviceState) -> str:
    """Encode the state in at most MAX_OCTETS. The oldest transitions of thresholds are dropped when it is longer."""
    text = _write(state)
    for depth in DEPTHS:
        if len(text) <= MAX_OCTETS:
            break
        text = _write(state.with_depth(depth))
    return text


def _write(state: DeviceState) -> str:
    members = {
        "slots": [[_write_slot(slot), _write_sensor_state(one)] for slot, one in state.slots.items()],
        "sending": [_write_slot(slot) for slot in state.sending],
        "since": state.sending_since,
        "pending": [_write_pending(one) for one in state.pending],
    }
    return json.dumps(members, separators=(",", ":"))


def decode_state(text: str) -> DeviceState:
    """Decode the text of `encode_state`."""
    members = json.loads(text)
    return DeviceState(
        slots={_read_slot(slot): _read_sensor_state(one) for slot, one in members["slots"]},
        sending=frozenset(_read_slot(slot) for slot in members["sending"]),
        sending_since=members["since"],
        pending=tuple(_read_pending(one) for one in members["pending"]),
    )


def _write_slot(slot: Slot) -> list[Any]:
    return [slot.peripheral, slot.number, *([] if slot.address is None else [slot.address])]


def _read_slot(parts: list[Any]) -> Slot:
    return Slot(*parts)


def _write_sensor_state(state: SensorState) -> dict[str, Any]:
    """Omit empty members: most sensors have neither thresholds nor a subclass, and are active."""
    members = {
        "c": state.cleared if state.cleared != SensorState.cleared else None,
        "x": _write_extremes(state.extremes),
        "sx": _write_extremes(state.subextremes),
        "m": state.missing_since,
        "j": _write_threshold_state(state.threshold_state),
        "sj": _write_threshold_state(state.subthreshold_state),
        "q": _write_inactivity(state.inactivity),
        "r": _write_sensor(state.sensor),
    }
    return {name: value for name, value in members.items() if value is not None}


def _read_sensor_state(members: dict[str, Any]) -> SensorState:
    return SensorState(
        cleared=members.get("c", SensorState.cleared),
        extremes=_read_extremes(members.get("x")),
        subextremes=_read_extremes(members.get("sx")),
        missing_since=members.get("m"),
        threshold_state=_read_threshold_state(members.get("j")),
        subthreshold_state=_read_threshold_state(members.get("sj")),
        inactivity=_read_inactivity(members.get("q")),
        sensor=None if "r" not in members else RegisteredSensor(*members["r"]),
    )


def _write_extremes(extremes: Extremes | None) -> list[Any] | None:
    return None if extremes is None else [extremes.lowest, extremes.highest]


def _read_extremes(pair: list[Any] | None) -> Extremes | None:
    return None if pair is None else Extremes(*pair)


def _write_sensor(sensor: RegisteredSensor | None) -> list[Any] | None:
    return None if sensor is None else [sensor.since, sensor.sensor_class, sensor.subclass]


def _write_inactivity(inactivity: Inactivity | None) -> list[Any] | None:
    return None if inactivity is None else [inactivity.seconds, inactivity.last_seen, int(inactivity.is_inactive)]


def _read_inactivity(parts: list[Any] | None) -> Inactivity | None:
    if parts is None:
        return None
    seconds, last_seen, is_inactive = parts
    return Inactivity(seconds, last_seen, bool(is_inactive))


def _write_threshold_state(threshold_state: ThresholdState) -> list[Any] | None:
    if threshold_state == UNEVALUATED:
        return None
    transitions = [
        [transition.position, int(transition.is_activation), *_other(transition)]
        for transition in threshold_state.transitions
    ]
    return [
        threshold_state.threshold,
        threshold_state.since,
        int(threshold_state.was_active),
        transitions,
        list(threshold_state.repeats),
    ]


def _other(transition: Transition) -> list[str]:
    return [] if transition.told == transition.position else [transition.told]


def _read_threshold_state(parts: list[Any] | None) -> ThresholdState:
    if parts is None:
        return UNEVALUATED
    threshold, since, was_active, transitions, repeats = parts
    return ThresholdState(
        threshold, since, bool(was_active), tuple(_read_turn(*transition) for transition in transitions), tuple(repeats)
    )


def _read_turn(position: str, is_activation: int, told: str | None = None) -> Transition:
    return Transition(position, bool(is_activation), told or position)


def _write_pending(pending: PendingAlert) -> list[Any]:
    reading = pending.event.reading
    return [
        _write_slot(pending.slot),
        int(pending.is_subclass),
        reading.position,
        reading.value,
        int(pending.event.is_activation),
        pending.condition,
        *([1] if pending.is_inactivity else []),
    ]


def _read_pending(parts: list[Any]) -> PendingAlert:
    slot, is_subclass, position, value, is_activation, condition, *is_inactivity = parts
    event = AlertEvent(Reading(position, value), bool(is_activation))
    return PendingAlert(_read_slot(slot), bool(is_subclass), event, condition, bool(is_inactivity))
