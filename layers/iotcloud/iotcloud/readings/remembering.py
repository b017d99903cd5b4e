"""Remembers of a device's sensors what readings alone do not say: their extremes, which of them send, and what was told
of their thresholds. Correct with any number of workers, in any order of readings, and however often they come.

The readings are in the log before this begins. The log is read, the memory is written over the version that was read,
and both are read again until nothing changes: of several workers at one device, the last to write sees everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane, Message
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
from iotcloud.readings.watches import Watch

MAX_ROUNDS = 20
"""How often one batch may write a device's memory; more means that other workers never leave it alone."""


class MemoryBusy(DependencyFailed):
    """Others wrote a device's memory again and again; what was to be done with it is to be tried again."""

    message = "Sensor memory is busy"


class ReadingLog(Protocol):
    """The messages of devices, by lane."""

    def read_on(self, deviceid: str, registration: str, lane: Lane, oldest: str) -> Sequence[Message] | None:
        """Read on from a position, with all that was written before; None when that is too much."""
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
                memory = _judged(memory, watches, since)
            if memory == kept.memory:
                break
            kept = self._save(batch, memory, kept)
        else:
            raise MemoryBusy
        self._hand_on(batch, kept)
        return Remembered(told=len(kept.memory.pending), is_late=since is None, since=since or ())

    def _read_log(self, batch: Batch, memory: DeviceMemory) -> tuple[Sample, ...] | None:
        """Read all samples from the batch's first on; from its last on when that is too much, None when that is too."""
        for oldest in (memory.reach(batch.samples[0].position), memory.reach(batch.samples[-1].position)):
            messages = self.log.read_on(batch.deviceid, batch.registration, Lane.READINGS, oldest)
            if messages is not None:
                found = [
                    sample
                    for message in messages
                    for sample in read_samples(message.payload, message.received_at, message.message_id)[0]
                    if sample.position >= oldest
                ]
                return tuple(sorted(found, key=lambda sample: sample.position))
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


def _judged(memory: DeviceMemory, watches: Mapping[Slot, Watch], since: Sequence[Sample]) -> DeviceMemory:
    """Hold all samples from a position on against the thresholds of their sensors."""
    for slot, watch in watches.items():
        values = [(sample.position, sample.values[slot]) for sample in since if slot in sample.values]
        known = memory.of(slot)
        judgement, told = _judge(watch, False, known.judgement, [Reading(at, one.value) for at, one in values])
        subjudgement, subtold = _judge(
            watch,
            True,
            known.subjudgement,
            [Reading(at, one.subvalue) for at, one in values if one.subvalue is not None],
        )
        memory = memory.with_slot(slot, replace(known, judgement=judgement, subjudgement=subjudgement))
        memory = replace(memory, pending=(*memory.pending, *told, *subtold))
    return memory


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
