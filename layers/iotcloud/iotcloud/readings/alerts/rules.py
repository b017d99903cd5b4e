"""Rules of a sensor as its owner set them: thresholds, inactivity, forwarding. No I/O."""

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
    """The device's name when the sensor was set."""
    deviceid: str | None = None
    """Empty when the owner had no device of that name. None in old rows without ids: the name is then resolved at use.
    """


@dataclass(frozen=True)
class SensorRules:
    """The rules of one registered input sensor."""

    sensor: Sensor
    threshold: Threshold | None = None
    subthreshold: Threshold | None = None
    forward_to: "Target | None" = None
    """The device to which readings are forwarded."""
    inactivity_seconds: int | None = None
    """The inactivity limit in seconds. None while the sensor is disabled or no limit is set."""

    @property
    def has_thresholds(self) -> bool:
        return self.threshold is not None or self.subthreshold is not None

    @property
    def is_needed(self) -> bool:
        """Whether any rule is set."""
        return self.has_thresholds or self.forward_to is not None or self.inactivity_seconds is not None

    def class_name(self, *, is_subclass: bool) -> str:
        """The name of the value in alert texts."""
        return (self.sensor.subclass or "") if is_subclass else self.sensor.sensor_class

    def fingerprint(self, *, is_subclass: bool) -> str:
        """The identity of a threshold: state belongs to one sensor, one class and one setting."""
        threshold = self.subthreshold if is_subclass else self.threshold
        text = repr((self.sensor.sensorname, self.class_name(is_subclass=is_subclass), threshold))
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def find_rules(configurations: Iterable[Configuration], sensors: Iterable[Sensor]) -> dict[Slot, SensorRules]:
    """Join slots' configurations with their registered sensors; inputs only."""
    by_slot = {sensor.slot: sensor for sensor in sensors if sensor.is_input}
    rules_by_slot = (rules_of(by_slot[one.slot], one) for one in configurations if one.slot in by_slot)
    return {rules.sensor.slot: rules for rules in rules_by_slot if rules.is_needed}


def forwarded(rules: SensorRules, devicename: str, value: Value) -> dict[str, Any]:
    """Build the message that forwards a reading to another device (device protocol 8)."""
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
    """Parse the settings of an input."""
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
