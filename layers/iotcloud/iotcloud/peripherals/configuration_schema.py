"""How configurations cross the wire (device protocol 6): positional arrays, one per peripheral, in which a port's place
is its number. No I/O."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from iotcloud import device_input
from iotcloud.errors import InvalidInput
from iotcloud.peripherals.model import (
    ADDRESSES,
    BUSES,
    MAX_ATTRIBUTES,
    MAX_SENSORS,
    PERIPHERALS,
    SENSOR_CLASSES,
    Bus,
    Configuration,
    Peripheral,
    Slot,
)

_CLASS_NUMBERS = frozenset(one.number for one in SENSOR_CLASSES.values())


MAX_ENTRIES = MAX_SENSORS + sum(one.slots for one in PERIPHERALS.values())
"""Entries per configuration message. Each is one write, and a message must not delay those behind it."""


class NoEntry(InvalidInput):
    """An entry is not the configuration of a port."""


def read_members(payload: bytes) -> Mapping[str, Any] | None:
    """Parse a payload. None when it is not a usable JSON object; an empty payload is an empty object."""
    try:
        return device_input.read_object(payload or b"{}")
    except device_input.UnusableInput:
        return None


def asked_peripherals(members: Mapping[str, Any]) -> Collection[str] | None:
    """Return the peripherals of a message: all when it lists none. None when the list is malformed."""
    if "peripherals" not in members:
        return PERIPHERALS.keys()
    listed = members["peripherals"]
    return [name for name in PERIPHERALS if name in listed] if isinstance(listed, list) else None


def lay_out(configurations: Iterable[Configuration], peripherals: Collection[str]) -> dict[str, list[Any]]:
    """Arrange the stored configuration of these peripherals, without empty ones."""
    laid_out: dict[str, list[Any]] = {}
    for one in configurations:
        peripheral = PERIPHERALS[one.slot.peripheral]
        if peripheral.name not in peripherals:
            continue
        places = laid_out.setdefault(peripheral.name, _bare_places(peripheral))
        if _is_addressed(peripheral):
            places[one.slot.number - 1].append(_entry(one))
        else:
            places[one.slot.number - 1] = _entry(one)
    return {name: laid_out[name] for name in PERIPHERALS if name in laid_out}


def read_layout(members: Mapping[str, Any]) -> tuple[list[Configuration], int]:
    """Parse the entries of a layout, MAX_ENTRIES at most, and count the rest. Bare places are neither."""
    entries: list[Configuration] = []
    ignored = 0
    for slot, entry in _places(members):
        try:
            if entry not in ({}, []):
                entries.append(_read_entry(slot, entry))
        except NoEntry:
            ignored += 1
    return entries[:MAX_ENTRIES], ignored + len(entries[MAX_ENTRIES:])


def _is_addressed(peripheral: Peripheral) -> bool:
    return isinstance(peripheral, Bus) and peripheral.is_addressed


def _bare_places(peripheral: Peripheral) -> list[Any]:
    return [[] if _is_addressed(peripheral) else {} for _ in range(peripheral.slots)]


def _entry(configuration: Configuration) -> dict[str, Any]:
    """Make an entry, with its members in the order in which the protocol shows them."""
    slot = configuration.slot
    members = {
        "address": slot.address,
        "class": configuration.sensor_class,
        "subclass": configuration.subclass,
        "attributes": configuration.attributes,
        "enabled": int(configuration.is_enabled and slot.peripheral in BUSES),
    }
    return {name: value for name, value in members.items() if value is not None}


def _places(members: Mapping[str, Any]) -> Iterator[tuple[Slot | None, Any]]:
    """Yield all entries with their slots; None for a slot that boards do not have."""
    for name, places in members.items():
        peripheral = PERIPHERALS.get(name)
        if peripheral is None or not isinstance(places, list):
            yield None, places
            continue
        for number, place in enumerate(places, start=1):
            slot = Slot(name, number) if number <= peripheral.slots else None
            if not _is_addressed(peripheral):
                yield slot, place
            elif isinstance(place, list):
                yield from ((slot, entry) for entry in place)
            else:
                yield None, place


def _read_entry(slot: Slot | None, entry: Any) -> Configuration:
    if slot is None or not isinstance(entry, dict):
        raise NoEntry
    attributes, enabled = entry.get("attributes"), entry.get("enabled", 0)
    if not isinstance(attributes, dict) or len(json.dumps(attributes)) > MAX_ATTRIBUTES:
        raise NoEntry
    if slot.peripheral not in BUSES:
        return Configuration(slot, attributes)
    if _is_addressed(BUSES[slot.peripheral]):
        slot = Slot(slot.peripheral, slot.number, _one_of(ADDRESSES, entry.get("address")))
    return Configuration(
        slot,
        attributes,
        sensor_class=_one_of(_CLASS_NUMBERS, entry.get("class")),
        subclass=_one_of(_CLASS_NUMBERS, entry["subclass"]) if "subclass" in entry else None,
        is_enabled=_one_of((0, 1), int(enabled) if isinstance(enabled, bool) else enabled) == 1,
    )


def _one_of(allowed: Collection[int], number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number not in allowed:
        raise NoEntry
    return number
