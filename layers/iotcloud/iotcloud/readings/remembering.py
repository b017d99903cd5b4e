"""Remembers of a device's sensors what readings alone do not say: their extremes, which of them send, and what was told
of their thresholds and silence. Correct with any number of workers, in any order of readings, however often they come.

The readings are in the log before this begins. The log is read, the memory is written over the version that was read,
and both are read again until nothing changes: of several workers at one device, the last to write sees everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane
from iotcloud.peripherals.model import Slot
from iotcloud.readings.model import DeviceMemory, KeptMemory, MemoryChanged, PendingTelling, Sample
from iotcloud.readings.past import Past, ReadingLog, samples_of
from iotcloud.readings.watches import Watch
from iotcloud.readings.watching import judged, look_back

MAX_ROUNDS = 20
"""How often one batch may write a device's memory; more means that other workers never leave it alone."""


class MemoryBusy(DependencyFailed):
    """Others wrote a device's memory again and again; what was to be done with it is to be tried again."""

    message = "Sensor memory is busy"


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
                past = Past(self.log, batch.deviceid, batch.registration, kept.memory)
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
        past = Past(self.log, device.deviceid, device.registration, memory)
        for slot, known in memory.slots.items():
            if known.silence is None:
                continue
            if slot not in watches or watches[slot].silence_seconds is None:
                memory = memory.with_slot(slot, replace(known, silence=None))
            elif known.silence.is_over(until):
                silence, told = look_back(watches[slot], known.silence, past, until)
                memory = memory.with_slot(slot, replace(known, silence=silence))
                memory = memory.with_pending(told)
        return memory

    def _read_log(self, batch: Batch, memory: DeviceMemory) -> tuple[Sample, ...] | None:
        """Read all samples from the batch's first on; from its last on when that is too much, None when that is too."""
        for oldest in (memory.reach(batch.samples[0].position), memory.reach(batch.samples[-1].position)):
            messages = self.log.read_on(batch.deviceid, batch.registration, Lane.READINGS, oldest)
            if messages is not None:
                return tuple(sample for sample in samples_of(messages) if sample.position >= oldest)
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
