"""Holds samples against what their sensors are set to: thresholds of both classes, and silence; live and rehearsed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from iotcloud.histories.model import NEWEST, position_of
from iotcloud.peripherals.model import Sensor, Slot
from iotcloud.readings.judging import Judgement, Reading, judge
from iotcloud.readings.model import DeviceMemory, PendingTelling, Sample, of_sensors
from iotcloud.readings.past import Past
from iotcloud.readings.silence import Silence, describe, listen
from iotcloud.readings.watches import Watch

Previous = Callable[[Sensor, str], str | None]
"""Finds where a sensor was heard last after a position and before the readings at hand; None when it was not."""


def judged(
    memory: DeviceMemory, watches: Mapping[Slot, Watch], since: Sequence[Sample], previous: Previous
) -> DeviceMemory:
    """Hold all samples from a position on against what is set for their sensors; what is to be told is then pending."""
    since = of_sensors((watch.sensor for watch in watches.values()), since)
    for slot, watch in watches.items():
        values = [(sample.position, sample.values[slot]) for sample in since if slot in sample.values]
        readings = [Reading(at, one.value) for at, one in values]
        subreadings = [Reading(at, one.subvalue) for at, one in values if one.subvalue is not None]
        known = memory.of(slot)
        judgement, told = _judge(watch, False, known.judgement, readings)
        subjudgement, subtold = _judge(watch, True, known.subjudgement, subreadings)
        silence, silencetold = known.silence, list[PendingTelling]()
        if watch.silence_seconds is not None and readings:
            awaited = silence or Silence(watch.silence_seconds, readings[0].position)
            silence, silencetold = judge_silence(watch, awaited, readings, previous)
        known = replace(known, judgement=judgement, subjudgement=subjudgement, silence=silence)
        memory = memory.with_slot(slot, known).with_pending((*told, *subtold, *silencetold))
    return memory


def look_back(watch: Watch, known: Silence, past: Past, until: datetime) -> tuple[Silence, list[PendingTelling]]:
    """Take into account what a sensor sent last; when there are too many messages to know, it is taken for heard."""
    found = past.find_readings(watch.sensor, known.heard)
    if found is None:
        return known.heard_at(position_of(until)), []
    previous = partial(past.find_previous, found[0].position if found else NEWEST)
    return judge_silence(watch, known, found, previous, until)


def judge_silence(
    watch: Watch, known: Silence, readings: Sequence[Reading], previous: Previous, until: datetime | None = None
) -> tuple[Silence, list[PendingTelling]]:
    """Take readings into account, if the time is over in which some had to come; the one before them is looked up."""
    known = replace(known, seconds=watch.silence_seconds or known.seconds)
    ends = [until, readings[-1].at if readings else None]
    if not any(known.is_over(at) for at in ends if at is not None):
        return known, []
    if readings and not known.is_silent and readings[0].at > known.due_at:
        known = known.heard_at(previous(watch.sensor, known.heard))
    listened, tellings = listen(known, readings, until)
    name = watch.class_name(is_subclass=False)
    return listened, [
        PendingTelling(
            watch.sensor.slot,
            is_subclass=False,
            telling=telling,
            condition=describe(name, known, is_activation=telling.is_activation),
            is_silence=True,
        )
        for telling in tellings
    ]


def _judge(
    watch: Watch, is_subclass: bool, known: Judgement, readings: Sequence[Reading]
) -> tuple[Judgement, list[PendingTelling]]:
    threshold = watch.subthreshold if is_subclass else watch.threshold
    if threshold is None or not readings:
        return known, []
    known = known.of(watch.fingerprint(is_subclass=is_subclass), readings[0].position)
    judgement, tellings = judge(threshold, known, readings)
    name = watch.class_name(is_subclass=is_subclass)
    return judgement, [
        PendingTelling(
            watch.sensor.slot,
            is_subclass,
            telling,
            threshold.describe(name, telling.reading.value, is_activation=telling.is_activation),
        )
        for telling in tellings
    ]
