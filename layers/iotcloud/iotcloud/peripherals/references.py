"""References from a port's properties to other devices.

Devices and apps use names; the platform stores ids, beside the name last sent to the port's own device. So a reference
follows a renamed device and ignores another device that takes over the name.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from iotcloud.devices.model import DEVICEID_PATTERN, MAX_DEVICENAME, Device, RegisteredDevice, Role
from iotcloud.errors import InvalidInput, Problem
from iotcloud.names import normal_name
from iotcloud.notification_blocks.model import Channel, NotificationBlock
from iotcloud.peripherals.interfaces import ReferencedDevices

SOURCE = "hardware"
"""The member of properties that names the device readings go to, or come from (contract 3.7)."""
NAME = "devicename"
MAX_RECIPIENTS = 16
"""Devices that one notification block can write to."""
SEPARATOR = ","


@dataclass(frozen=True)
class Resolved:
    """Properties as sent to the device, with the owner's names of devices, and their ids."""

    attributes: Mapping[str, Any]
    references: Mapping[str, str]


@dataclass(frozen=True)
class DeviceReferences:
    """Resolves names of devices to ids, and ids to today's names."""

    registry: ReferencedDevices

    def resolve(
        self, device: Device, attributes: Mapping[str, Any], shown: Mapping[str, str] | None = None
    ) -> Resolved:
        """Resolve the devices named in a port's properties, by the user's names. Raise InvalidInput if unknown.

        `shown` has the ids of devices by the names that the user was shown, which need not be shared with the user.
        """
        named = named_devices(attributes)
        if not named:
            return Resolved(attributes, {})
        found = self._find(device, named, shown or {})
        missing = sorted(named - found.keys())
        if missing:
            raise InvalidInput(
                detail=[Problem(f"{SOURCE}.{NAME}", "no device of this owner is called so") for _ in missing]
            )
        told = self._owners_names(device, found)
        return Resolved(with_names(attributes, told), {told[name]: found[name].deviceid for name in named})

    def resolve_said(self, owner: str, named: Collection[str], known: Mapping[str, str]) -> dict[str, str]:
        """Resolve names reported by a device itself: by the names last sent to it, else by today's names of its owner.

        Unknown names are left out.
        """
        asked = _sought(name for name in named if name not in known)
        found = self.registry.find_all(owner, sorted(set(asked.values()))) if asked else ()
        ids = {one.devicename: one.deviceid for one in found if one.owner == owner and not one.is_leaving}
        today = {name: ids[sought] for name, sought in asked.items() if sought in ids}
        return {name: known[name] for name in named if name in known} | today

    def show(self, device: Device, attributes: Mapping[str, Any], references: Mapping[str, str]) -> Mapping[str, Any]:
        """Put the user's current names into properties reported by the device; empty for deleted devices."""
        meant = {name: references[name] for name in named_devices(attributes) if name in references}
        if not meant:
            return attributes
        names = self.find_names(device, {deviceid: name for name, deviceid in meant.items()})
        return with_names(attributes, {name: names.get(deviceid, "") for name, deviceid in meant.items()})

    def shown_ids(self, device: Device, references: Mapping[str, str]) -> dict[str, str]:
        """Return the ids of kept references by the names that the device's user is shown."""
        names = self.find_names(device, {deviceid: name for name, deviceid in references.items()})
        return {name: deviceid for deviceid, name in names.items()}

    def resolve_block(self, device: Device, block: NotificationBlock) -> NotificationBlock:
        """Find the devices that a block writes to; raise InvalidInput."""
        endpoint = block.endpoint(Channel.MODEM)
        parts = [part for part in endpoint.recipients.split(SEPARATOR) if part.strip()]
        if not parts:
            return block
        if len(parts) > MAX_RECIPIENTS:
            raise InvalidInput(
                detail=[Problem("notification.endpoints.modem.recipients", f"at most {MAX_RECIPIENTS} devices")]
            )
        found = self._find(device, {name for name, _ in _joined(parts)})
        targets = [found[name].deviceid for name in split_names(parts, found.__contains__)]
        return _with_modem(block, endpoint.recipients, tuple(dict.fromkeys(targets)))

    def show_block(self, device: Device, block: NotificationBlock) -> NotificationBlock:
        """Put the user's current names into a block, without deleted devices."""
        targets = block.endpoint(Channel.MODEM).targets
        if not targets:
            return block
        names = self.find_names(device, dict.fromkeys(targets, ""))
        shown = f"{SEPARATOR} ".join(names[target] for target in targets if target in names)
        return _with_modem(block, shown, targets)

    def _find(
        self, device: Device, named: Collection[str], shown: Mapping[str, str] | None = None
    ) -> dict[str, RegisteredDevice]:
        """Find devices of the owner of `device`: as its user calls them, as they were shown, or by their ids.

        Whoever is not the owner finds what is shared with them and what they were shown. Another device of the owner
        is as good as none, so that nobody can learn its name by trying.
        """
        asked = _sought(named)
        called = {
            one.devicename: one
            for one in (self.registry.find_all(device.username, sorted(set(asked.values()))) if asked else ())
            if one.owner == device.owner and not one.is_leaving
        }
        found: dict[str, RegisteredDevice] = {
            name: called[sought] for name, sought in asked.items() if sought in called
        }
        rest = [name for name in named if name not in found]
        ids = {name: name for name in rest if re.fullmatch(DEVICEID_PATTERN, name)}
        if ids and device.role is not Role.OWNER:
            visible = {one.deviceid for one in self.registry.find_names(device.username, dict.fromkeys(ids, ""))}
            ids = {name: name for name in ids if name in visible}
        ids |= {name: shown[name] for name in rest if shown and name in shown}
        known = self.registry.find_devices(set(ids.values())) if ids else {}
        return found | {
            name: known[deviceid]
            for name, deviceid in ids.items()
            if deviceid in known and known[deviceid].owner == device.owner
        }

    def _owners_names(self, device: Device, found: Mapping[str, RegisteredDevice]) -> dict[str, str]:
        """Return the owner's names for the devices that were found. The device stores and sends these names."""
        names = {
            one.deviceid: one.devicename
            for one in found.values()
            if isinstance(one, Device) and one.username == device.owner
        }
        others = {one.deviceid: "" for one in found.values() if one.deviceid not in names}
        if others:
            names |= {one.deviceid: one.devicename for one in self.registry.find_names(device.owner, others)}
        return {name: names.get(one.deviceid, name) for name, one in found.items()}

    def find_names(self, device: Device, once: Mapping[str, str]) -> dict[str, str]:
        """Return by id the user's current names for devices, else the owner's.

        `once` has the names at the time of storing; it saves requests.
        """
        names: dict[str, str] = {}
        for username in dict.fromkeys((device.username, device.owner)):
            rest = {deviceid: name for deviceid, name in once.items() if deviceid not in names}
            if rest:
                names |= {one.deviceid: one.devicename for one in self.registry.find_names(username, rest)}
        return names


def _sought(names: Iterable[str]) -> dict[str, str]:
    """Map names to their normalized form, without those that cannot be a device's name."""
    kept = {name: normal_name(name) for name in names if name.isprintable()}
    return {name: sought for name, sought in kept.items() if 0 < len(sought) <= MAX_DEVICENAME}


def named_devices(attributes: object) -> set[str]:
    """Return the names of devices anywhere in properties."""
    if isinstance(attributes, list):
        return {name for one in attributes for name in named_devices(one)}
    if not isinstance(attributes, Mapping):
        return set()
    source = attributes.get(SOURCE)
    name = source.get(NAME) if isinstance(source, Mapping) else None
    inner = {each for one in attributes.values() for each in named_devices(one)}
    return inner | ({name} if isinstance(name, str) and name else set())


def with_names(attributes: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return properties in which devices are named otherwise; names that are not among `names` stay."""

    def renamed(one: Any, *, is_source: bool = False) -> Any:
        if isinstance(one, list):
            return [renamed(each) for each in one]
        if not isinstance(one, Mapping):
            return one
        return {
            member: names.get(each, each)
            if is_source and member == NAME and isinstance(each, str)
            else renamed(each, is_source=member == SOURCE)
            for member, each in one.items()
        }

    return {member: renamed(one, is_source=member == SOURCE) for member, one in attributes.items()}


def split_names(parts: Sequence[str], is_known: Callable[[str], bool]) -> list[str]:
    """Join the parts of a comma-separated text to known names. A name may contain commas; the longest match wins.

    Raise InvalidInput for a part that belongs to no name.
    """
    names: list[str] = []
    while parts:
        name, taken = next(((name, size) for name, size in _joined(parts, first=True) if is_known(name)), ("", 0))
        if not taken:
            raise InvalidInput(
                detail=[Problem("notification.endpoints.modem.recipients", "no device of this owner is called so")]
            )
        names.append(name)
        parts = parts[taken:]
    return names


def _joined(parts: Sequence[str], *, first: bool = False) -> Iterable[tuple[str, int]]:
    """Yield the candidates of neighbouring parts, longest first, with their number of parts."""
    for begin in range(1 if first else len(parts)):
        for size in range(len(parts) - begin, 0, -1):
            yield SEPARATOR.join(parts[begin : begin + size]).strip(), size


def _with_modem(block: NotificationBlock, recipients: str, targets: tuple[str, ...]) -> NotificationBlock:
    modem = replace(block.endpoint(Channel.MODEM), recipients=recipients, targets=targets)
    return replace(block, endpoints={**block.endpoints, Channel.MODEM: modem})
