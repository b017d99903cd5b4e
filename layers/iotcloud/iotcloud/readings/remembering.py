"""Remembers of a device's sensors what readings alone do not say: their extremes, which of them send, and what was told
of their thresholds. Correct with any number of workers, in any order of readings, and however often they come.

The readings are in the log before this begins. The log is read, the memory is written over the version that was read,
and both are read again until nothing changes: of several workers at one device, the last to write sees everything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import NEWEST, Lane, Message, just_before, position_of
from iotcloud.peripherals.model import Slot
from iotcloud.readings.judging import Judgement, Reading, judge
from iotcloud.readings.model import (
    DeviceMemory,
    KeptMemory,
    MemoryChanged,
    PendingTelling,
    Sample,
    read_samples,
)
from iotcloud.readings.silence import Silence, describe, listen
from iotcloud.readings.watches import Watch

MAX_ROUNDS = 20
"""How often one batch may write a device's memory; more means that other workers never leave it alone."""


Previous = Callable[[Slot, str], str | None]
"""Finds where a sensor was heard last after a position and before the readings at hand; None when it was not."""


class MemoryBusy(DependencyFailed):
    """Others wrote a device's memory again and again; what was to be done with it is to be tried again."""

    message = "Sensor memory is busy"


class ReadingLog(Protocol):
    """The messages of devices, by lane."""

    def read_on(self, deviceid: str, registration: str, lane: Lane, oldest: str) -> Sequence[Message] | None:
        """Read on from a position, with all that was written before; None when that is too much."""
        ...

    def read_back(self, deviceid: str, registration: str, lane: Lane, newest: str) -> Sequence[Message]:
        """Read the newest few up to a position, with all that was written before."""
        ...


class Memories(Protocol):
    """What is remembered of devices' sensors."""

    def find(self, registrations: Mapping[str, str]) -> Mapping[str, KeptMemory]: ...

    def save(self, deviceid: str, registration: str, memory: DeviceMemory, version: int) -> None:
        """Write over the version that was read; raise MemoryChanged."""
        ...


class Tellings(Protocol):
    """The way to those who tell people and devices."""

    def tell(self, batch: "Batch", tellings: Sequence[PendingTelling]) -> None:
        """Hand on, each at least once; the receiver tells them apart. Raise DependencyFailed."""
        ...


@dataclass(frozen=True)
class Batch:
    """New samples of one device, by position."""

    owner: str
    deviceid: str
    registration: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Remembered:
    """What came of a batch."""

    told: int = 0
    is_late: bool = False
    """Whether the samples were too old to be judged."""
    since: tuple[Sample, ...] = ()
    """All samples of the device from the batch's first on, if its readings are watched."""


@dataclass(frozen=True)
class Rememberer:
    """Takes batches of samples into devices' memories, and hands on what is to be told of them."""

    log: ReadingLog
    memories: Memories
    tellings: Tellings

    def remember(self, batch: Batch, watches: Mapping[Slot, Watch], kept: KeptMemory) -> Remembered:
        """Take a batch that is in the log; `kept` is the memory as it was last read.

        What is to be told is first written into the memory and then handed on: a worker that dies in between leaves
        it to the next. Raise DependencyFailed, as MemoryBusy is one: then the batch is to be taken again.
        """
        since: tuple[Sample, ...] | None = ()
        for _ in range(MAX_ROUNDS):
            since = self._read_log(batch, kept.memory) if watches else ()
            memory = kept.memory.with_samples(batch.samples)
            if since:
                past = _Past(self.log, batch, kept.memory)
                memory = judged(memory, watches, since, partial(past.find_previous, since[0].position))
            if memory == kept.memory:
                break
            kept = self._save(batch, memory, kept)
        else:
            raise MemoryBusy
        self._hand_on(batch, kept)
        return Remembered(told=len(kept.memory.pending), is_late=since is None, since=since or ())

    def check(self, device: "Batch", watches: Mapping[Slot, Watch], kept: KeptMemory, until: datetime) -> int:
        """Look which of a device's sensors were silent up to an instant, tell of it, and return how much was told.

        `device` is a batch without samples. Sensors that are watched no more are not looked at again. Raise
        DependencyFailed: then nothing is lost, and the device stays due.
        """
        for _ in range(MAX_ROUNDS):
            memory = self._listened(device, watches, kept.memory, until)
            if memory == kept.memory:
                break
            kept = self._save(device, memory, kept)
        else:
            raise MemoryBusy
        self._hand_on(device, kept)
        return len(kept.memory.pending)

    def _listened(
        self, device: "Batch", watches: Mapping[Slot, Watch], memory: DeviceMemory, until: datetime
    ) -> DeviceMemory:
        past = _Past(self.log, device, memory)
        for slot, known in memory.slots.items():
            if known.silence is None:
                continue
            if slot not in watches or watches[slot].silence_seconds is None:
                memory = memory.with_slot(slot, replace(known, silence=None))
            elif known.silence.is_over(until):
                silence, told = _look(watches[slot], known.silence, past, until)
                memory = memory.with_slot(slot, replace(known, silence=silence))
                memory = replace(memory, pending=(*memory.pending, *told))
        return memory

    def _read_log(self, batch: Batch, memory: DeviceMemory) -> tuple[Sample, ...] | None:
        """Read all samples from the batch's first on; from its last on when that is too much, None when that is too."""
        for oldest in (memory.reach(batch.samples[0].position), memory.reach(batch.samples[-1].position)):
            messages = self.log.read_on(batch.deviceid, batch.registration, Lane.READINGS, oldest)
            if messages is not None:
                return tuple(sample for sample in _samples(messages) if sample.position >= oldest)
        return None

    def _save(self, batch: Batch, memory: DeviceMemory, kept: KeptMemory) -> KeptMemory:
        """Write a memory, and return what is kept now: another worker's, if that came first."""
        try:
            self.memories.save(batch.deviceid, batch.registration, memory, kept.version)
        except MemoryChanged:
            return self.memories.find({batch.deviceid: batch.registration})[batch.deviceid]
        return KeptMemory(memory, kept.version + 1)

    def _hand_on(self, batch: Batch, kept: KeptMemory) -> None:
        told = kept.memory.pending
        if told:
            self.tellings.tell(batch, told)
        while any(one in told for one in kept.memory.pending):
            rest = tuple(one for one in kept.memory.pending if one not in told)
            kept = self._save(batch, replace(kept.memory, pending=rest), kept)


class _Past:
    """What a device's sensors sent before, read once for all of them."""

    def __init__(self, log: ReadingLog, device: Batch, memory: DeviceMemory) -> None:
        """Take the memory as it is when all that comes before what is asked for was remembered."""
        self._log, self._device, self._memory = log, device, memory
        self._read: dict[str, list[Sample]] = {}

    def find_readings(self, slot: Slot, heard: str, newest: str = NEWEST) -> list[Reading] | None:
        """Return a sensor's newest readings up to a position, in order and without one missing in between.

        Those from before `heard` do not matter. None: there are too many messages to know.
        """
        missing_since = self._memory.of(slot).missing_since
        for end in (newest, missing_since and just_before(missing_since)):
            if end is not None and end <= newest and (found := _of_slot(self._read_back(end), slot, newest)):
                return found
        if slot not in self._memory.sending and missing_since is None:
            return []
        messages = self._log.read_on(self._device.deviceid, self._device.registration, Lane.READINGS, heard)
        return None if messages is None else _of_slot(_samples(messages), slot, newest)

    def find_previous(self, position: str, slot: Slot, heard: str) -> str | None:
        """Return where a sensor was heard last before a position: there itself when that cannot be known."""
        found = self.find_readings(slot, heard, just_before(position))
        return position if found is None else found[-1].position if found else None

    def _read_back(self, newest: str) -> list[Sample]:
        if newest not in self._read:
            device = self._device
            messages = self._log.read_back(device.deviceid, device.registration, Lane.READINGS, newest)
            self._read[newest] = _samples(messages)
        return self._read[newest]


def _of_slot(samples: Sequence[Sample], slot: Slot, newest: str) -> list[Reading]:
    return [
        Reading(one.position, one.values[slot].value)
        for one in samples
        if slot in one.values and one.position <= newest
    ]


def _samples(messages: Sequence[Message]) -> list[Sample]:
    found = [
        sample
        for message in messages
        for sample in read_samples(message.payload, message.received_at, message.message_id)[0]
    ]
    return sorted(found, key=lambda sample: sample.position)


def judged(
    memory: DeviceMemory, watches: Mapping[Slot, Watch], since: Sequence[Sample], previous: Previous
) -> DeviceMemory:
    """Hold all samples from a position on against what is set for their sensors; what is to be told is then pending."""
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
        memory = replace(memory.with_slot(slot, known), pending=(*memory.pending, *told, *subtold, *silencetold))
    return memory


def _look(watch: Watch, known: Silence, past: _Past, until: datetime) -> tuple[Silence, list[PendingTelling]]:
    """Take into account what a sensor sent last; when there are too many messages to know, it is taken for heard."""
    found = past.find_readings(watch.sensor.slot, known.heard)
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
        known = known.heard_at(previous(watch.sensor.slot, known.heard))
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
