"""Evaluates samples against their sensors' rules: thresholds of both classes, and inactivity; live and in backtests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from iotcloud.histories.model import NEWEST, position_of
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.alerts.inactivity import Inactivity, describe, evaluate_gap
from iotcloud.readings.alerts.rules import SensorRules
from iotcloud.readings.alerts.threshold_state import Reading, ThresholdState, evaluate
from iotcloud.readings.model import Sample, of_sensors
from iotcloud.readings.state.lookback import Lookback
from iotcloud.readings.state.model import DeviceState, PendingAlert

Previous = Callable[[Sensor, str], str | None]
"""Finds the last reading of a sensor after a position and before the readings at hand, or None."""


def evaluate_samples(
    state: DeviceState, rules_by_slot: Mapping[Slot, SensorRules], since: Sequence[Sample], previous: Previous
) -> DeviceState:
    """Evaluate all samples from a position on against their sensors' rules. The alerts are pending in the new state."""
    since = of_sensors((rules.sensor for rules in rules_by_slot.values()), since)
    for slot, rules in rules_by_slot.items():
        values = [(sample.position, sample.values[slot]) for sample in since if slot in sample.values]
        readings = [Reading(at, one.value) for at, one in values]
        subreadings = [Reading(at, one.subvalue) for at, one in values if one.subvalue is not None]
        known = state.of(slot)
        threshold_state, told = _evaluate(rules, False, known.threshold_state, readings)
        subthreshold_state, subtold = _evaluate(rules, True, known.subthreshold_state, subreadings)
        inactivity, inactive = known.inactivity, list[PendingAlert]()
        if rules.inactivity_seconds is not None and readings:
            awaited = inactivity or Inactivity(rules.inactivity_seconds, readings[0].position)
            inactivity, inactive = evaluate_inactivity(rules, awaited, readings, previous)
        known = replace(
            known, threshold_state=threshold_state, subthreshold_state=subthreshold_state, inactivity=inactivity
        )
        state = state.with_slot(slot, known).with_pending((*told, *subtold, *inactive))
    return state


def look_back(
    rules: SensorRules, known: Inactivity, lookback: Lookback, until: datetime
) -> tuple[Inactivity, list[PendingAlert]]:
    """Apply the last reading of a sensor. With too many messages to look up, the sensor counts as active."""
    found = lookback.find_readings(rules.sensor, known.last_seen)
    if found is None:
        return known.seen_at(position_of(until)), []
    previous = partial(lookback.find_previous, found[0].position if found else NEWEST)
    return evaluate_inactivity(rules, known, found, previous, until)


def evaluate_inactivity(
    rules: SensorRules,
    known: Inactivity,
    readings: Sequence[Reading],
    previous: Previous,
    until: datetime | None = None,
) -> tuple[Inactivity, list[PendingAlert]]:
    """Take readings into account, if the time is over in which some had to come; the one before them is looked up."""
    known = replace(known, seconds=rules.inactivity_seconds or known.seconds)
    ends = [until, readings[-1].at if readings else None]
    if not any(known.is_over(at) for at in ends if at is not None):
        return known, []
    if readings and not known.is_inactive and readings[0].at > known.due_at:
        known = known.seen_at(previous(rules.sensor, known.last_seen))
    evaluated, events = evaluate_gap(known, readings, until)
    name = rules.class_name(is_subclass=False)
    return evaluated, [
        PendingAlert(
            rules.sensor.slot,
            is_subclass=False,
            event=event,
            condition=describe(name, known, is_activation=event.is_activation),
            is_inactivity=True,
        )
        for event in events
    ]


def _evaluate(
    rules: SensorRules, is_subclass: bool, known: ThresholdState, readings: Sequence[Reading]
) -> tuple[ThresholdState, list[PendingAlert]]:
    threshold = rules.subthreshold if is_subclass else rules.threshold
    if threshold is None or not readings:
        return known, []
    known = known.of(rules.fingerprint(is_subclass=is_subclass), readings[0].position)
    threshold_state, events = evaluate(threshold, known, readings)
    name = rules.class_name(is_subclass=is_subclass)
    return threshold_state, [
        PendingAlert(
            rules.sensor.slot,
            is_subclass,
            event,
            threshold.describe(name, event.reading.value, is_activation=event.is_activation),
        )
        for event in events
    ]
