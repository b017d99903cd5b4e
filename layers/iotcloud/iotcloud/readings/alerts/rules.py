"""What is to be done with a sensor's readings, as its owner set it: held against thresholds, or forwarded. No I/O."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iotcloud.devices.model import MAX_DEVICENAME
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.readings.alerts.thresholds import Mode, Threshold
from iotcloud.readings.model import Number, Value

FORWARD_API = "rcv_sensor_reading"


@dataclass(frozen=True)
class Target:
    """Another device, as the properties of a sensor name it."""

    devicename: str
    """What it was called when the sensor was set."""
    deviceid: str | None = None
    """Empty when no device of the owner was called so. None when no id was kept: the name then counts, as it is now."""


@dataclass(frozen=True)
class SensorRules:
    """What one registered input sensor is set to."""

    sensor: Sensor
    threshold: Threshold | None = None
    subthreshold: Threshold | None = None
    forward_to: "Target | None" = None
    """The device to which readings are forwarded."""
    inactivity_seconds: int | None = None
    """How long the sensor may send nothing; None while it is switched off, and when nobody asked."""

    @property
    def has_thresholds(self) -> bool:
        return self.threshold is not None or self.subthreshold is not None

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to be done with readings, or without them."""
        return self.has_thresholds or self.forward_to is not None or self.inactivity_seconds is not None

    def class_name(self, *, is_subclass: bool) -> str:
        """What conditions call the value."""
        return (self.sensor.subclass or "") if is_subclass else self.sensor.sensor_class

    def fingerprint(self, *, is_subclass: bool) -> str:
        """Tell this threshold from any other: state is kept for one sensor, one class and one setting."""
        threshold = self.subthreshold if is_subclass else self.threshold
        text = repr((self.sensor.sensorname, self.class_name(is_subclass=is_subclass), threshold))
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def find_rules(configurations: Iterable[Configuration], sensors: Iterable[Sensor]) -> dict[Slot, SensorRules]:
    """Join what slots are set to with the sensors that are registered there; inputs only."""
    by_slot = {sensor.slot: sensor for sensor in sensors if sensor.is_input}
    rules_by_slot = (rules_of(by_slot[one.slot], one) for one in configurations if one.slot in by_slot)
    return {rules.sensor.slot: rules for rules in rules_by_slot if rules.is_needed}


def forwarded(rules: SensorRules, devicename: str, value: Value) -> dict[str, Any]:
    """Make the message by which another device is told of a reading (device protocol 8)."""
    sensor = rules.sensor
    reading: dict[str, Any] = {
        "devicename": devicename,
        "peripheral": sensor.slot.peripheral.upper(),
        "sensorname": sensor.sensorname,
        "attribute": _first(sensor.attributes),
        "value": _formatted(value.value, sensor.formats, 0),
    }
    if sensor.subclass is not None and value.subvalue is not None:
        reading["subclass"] = {
            "attribute": _first(sensor.subattributes),
            "value": _formatted(value.subvalue, sensor.formats, 1),
        }
    return {"sensors": [reading]}


def rules_of(sensor: Sensor, configuration: Configuration) -> SensorRules:
    """Read what an input is set to."""
    attributes = configuration.attributes
    hardware, subattributes = attributes.get("hardware"), attributes.get("subattributes")
    destination = hardware.get("devicename") if isinstance(hardware, Mapping) else None
    target = _target(destination, configuration.references) if isinstance(destination, str) else None
    has_second = sensor.subclass is not None and isinstance(subattributes, Mapping)
    return SensorRules(
        sensor,
        threshold=Threshold.from_attributes(attributes),
        subthreshold=Threshold.from_attributes(subattributes or {}) if has_second else None,
        forward_to=target if attributes.get("mode") == Mode.CONTINUOUS else None,
        inactivity_seconds=configuration.inactivity_seconds,
    )


def _target(devicename: str, references: Mapping[str, str] | None) -> Target | None:
    if not 0 < len(devicename) <= MAX_DEVICENAME:
        return None
    return Target(devicename, None if references is None else references.get(devicename, ""))


def _first(labels: tuple[str, ...]) -> str:
    return labels[0] if labels else ""


def _formatted(value: Number, formats: tuple[str, ...], which: int) -> Number:
    return int(value) if formats[which : which + 1] == ("int",) else value
