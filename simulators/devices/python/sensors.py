"""The buses and the sensors on them: properties, switches, readings, and outputs that follow other devices' sensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulators.devices.python import outputs
from simulators.devices.python.core import Core, Handler, value
from simulators.devices.python.models import SENSOR_CLASSES, SUBCLASS, Model, Number, Script, Walk
from simulators.devices.python.payloads import MalformedRequest, Payload, entries, integer, members, text

ADC_VOLTAGES = 3
NOT_ATTRIBUTES = ("number", "class", "subclass", "address")


@dataclass(frozen=True)
class Bus:
    """A kind of bus; a new one is a new row of BUSES."""

    name: str
    slots: int
    is_addressed: bool = False


BUSES = (Bus("i2c", 4, is_addressed=True), Bus("adc", 2), Bus("1wire", 1), Bus("tprobe", 1))


@dataclass(frozen=True)
class Place:
    """The address of a sensor: bus, slot and I2C address."""

    bus: str
    number: int
    address: int | None = None

    @property
    def slot(self) -> str:
        return f"{self.bus}{self.number}"

    def __str__(self) -> str:
        return self.slot if self.address is None else f"{self.slot}@{self.address}"


@dataclass
class Sensor:
    """The sensor that is set at an address."""

    place: Place
    sensor_class: int
    subclass: int | None
    attributes: Payload
    is_enabled: bool = False

    @property
    def is_publishing(self) -> bool:
        known = SENSOR_CLASSES.get(self.sensor_class)
        return self.is_enabled and known is not None and known.is_input

    def summary(self) -> dict[str, int]:
        """Return class and enabled state, in the format of sensor lists."""
        address = {} if self.place.address is None else {"address": self.place.address}
        return {"class": self.sensor_class, "enabled": int(self.is_enabled), **address}


class Sensors:
    """All sensors of all buses, in the order of readings."""

    def __init__(self, core: Core, scripts: Mapping[str, Sequence[Number]]) -> None:
        self._core = core
        self._scripts = scripts
        self._fixed: dict[str, Number] = {}
        self.power_on()

    def power_on(self) -> None:
        self._adc_voltage = 0
        self.forget()

    def forget(self) -> None:
        self._sensors: dict[Place, Sensor] = {}
        self._models: dict[str, Model] = {}

    def configure(self, configuration: Payload) -> None:
        for bus in BUSES:
            for number, slot in enumerate(entries(configuration.get(bus.name))[: bus.slots], start=1):
                for entry in entries(slot) if bus.is_addressed else [slot]:
                    if isinstance(entry, dict) and "attributes" in entry:
                        self._configure_one(bus, number, entry)

    def _configure_one(self, bus: Bus, number: int, entry: Payload) -> None:
        try:
            sensor = self._set(bus, {**entry, "number": number}, members(entry, "attributes"))
        except MalformedRequest as malformed:
            self._core.say(f"configuration of {bus.name}{number} skipped: {malformed}")
            return
        self._switch(sensor, entry.get("enabled") == 1)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        table: dict[str, Handler] = {
            "get_devs": self._get_all,
            "get_adc_voltage": lambda _: value({"voltage": self._adc_voltage}),
            "set_adc_voltage": self._set_voltage,
        }
        for bus in BUSES:
            table |= self._handlers_of(bus)
        return table

    def _handlers_of(self, bus: Bus) -> Mapping[str, Handler]:
        def get_list(request: Payload) -> Payload:
            number = integer(request, "number", 1, bus.slots)
            return value([sensor.summary() for sensor in self._in_slot(bus, number)])

        def get_properties(request: Payload) -> Payload:
            sensor = self._sensors.get(_place(bus, request))
            if sensor is None:
                return {} if bus.is_addressed else value({})
            return value(sensor.attributes)

        def set_properties(request: Payload) -> Payload:
            self._set(bus, request, {name: request[name] for name in request if name not in NOT_ATTRIBUTES})
            return {}

        def enable(request: Payload) -> Payload:
            sensor = self._sensors.get(_place(bus, request))
            is_enabled = integer(request, "enable", 0, 1) == 1
            if sensor is not None:
                self._switch(sensor, is_enabled)
            return {}

        return {
            f"get_{bus.name}_devs": get_list,
            f"get_{bus.name}_dev_prop": get_properties,
            f"set_{bus.name}_dev_prop": set_properties,
            f"enable_{bus.name}_dev": enable,
        }

    def reading(self) -> Payload | None:
        """Read all enabled inputs; None if there are none."""
        slots: dict[str, list[Payload]] = {}
        for bus in BUSES:
            for number in range(1, bus.slots + 1):
                if measured := [self._measure(one) for one in self._in_slot(bus, number) if one.is_publishing]:
                    slots[f"{bus.name}{number}"] = measured
        return {"sensors": slots} if slots else None

    def put(self, sensor: str, number: Number | None) -> None:
        """Fix the value of a sensor, named as in scripts; None ends that."""
        if number is None:
            self._fixed.pop(sensor, None)
        else:
            self._fixed[sensor] = number

    def receive_reading(self, payload: Payload) -> None:
        """Update enabled outputs that follow a sensor of another device."""
        forwarded = entries(payload.get("sensors"))
        if not forwarded or not isinstance(forwarded[0], dict):
            raise MalformedRequest("sensors is empty")
        for origin, number in _values(forwarded[0]):
            for sensor in self._sensors.values():
                if sensor.is_enabled:
                    for shown in outputs.follow(sensor.sensor_class, sensor.attributes, origin, number):
                        self._core.say(f"{sensor.place} {shown}")

    # Inside

    def _in_slot(self, bus: Bus, number: int) -> list[Sensor]:
        return [one for place, one in self._sensors.items() if (place.bus, place.number) == (bus.name, number)]

    def _set(self, bus: Bus, request: Payload, attributes: Payload) -> Sensor:
        place = _place(bus, request)
        subclass = integer(request, "subclass", 0, 255) if "subclass" in request else None
        sensor = Sensor(place, integer(request, "class", 0, 255), subclass, attributes)
        self._sensors[place] = sensor
        for name in (str(place), f"{place}{SUBCLASS}"):
            self._models.pop(name, None)
        return sensor

    def _switch(self, sensor: Sensor, is_enabled: bool) -> None:
        sensor.is_enabled = is_enabled
        if is_enabled and (shown := outputs.manual(sensor.sensor_class, sensor.attributes)) is not None:
            self._core.say(f"{sensor.place} {shown}")

    def _measure(self, sensor: Sensor) -> Payload:
        name = str(sensor.place)
        reading: dict[str, object] = {} if sensor.place.address is None else {"address": sensor.place.address}
        reading["value"] = self._value(name, sensor.sensor_class, sensor.attributes)
        reading["class"] = sensor.sensor_class
        if sensor.subclass is not None and sensor.subclass in SENSOR_CLASSES:
            attributes = members(sensor.attributes, "subattributes")
            second = self._value(f"{name}{SUBCLASS}", sensor.subclass, attributes)
            reading["subclass"] = {"value": second, "class": sensor.subclass}
        return reading

    def _value(self, name: str, sensor_class: int, attributes: Payload) -> Number:
        if name in self._fixed:
            return self._fixed[name]
        if (model := self._models.get(name)) is None:
            if (script := self._scripts.get(name)) is not None:
                model = Script(script)
            else:
                model = Walk(SENSOR_CLASSES[sensor_class], attributes, self._core.random)
            self._models[name] = model
        return model.next()

    def _get_all(self, _: Payload) -> Payload:
        slots: dict[str, list[Payload]] = {}
        for bus in BUSES:
            for number in range(1, bus.slots + 1):
                if in_slot := self._in_slot(bus, number):
                    slots[f"{bus.name}{number}"] = [sensor.summary() for sensor in in_slot]
        return value(slots)

    def _set_voltage(self, request: Payload) -> Payload:
        self._adc_voltage = integer(request, "voltage", 0, ADC_VOLTAGES - 1)
        return {}


def _place(bus: Bus, request: Payload) -> Place:
    address = integer(request, "address", 1, 255) if bus.is_addressed else None
    return Place(bus.name, integer(request, "number", 1, bus.slots), address)


def _values(forwarded: Payload) -> list[tuple[outputs.Origin, Number]]:
    """Split a forwarded reading into its one or two values, each with its source."""
    device, peripheral, sensor = (text(forwarded, name) for name in ("devicename", "peripheral", "sensorname"))
    parts = [forwarded, members(forwarded, "subclass")] if "subclass" in forwarded else [forwarded]
    return [
        (outputs.Origin(device, peripheral, sensor, text(part, "attribute")), outputs.number(part)) for part in parts
    ]
