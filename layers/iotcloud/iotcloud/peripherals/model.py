"""Tables of peripherals and sensor classes, and the rules of sensors. No I/O.

A new bus or sensor class is a new row here; no other module names one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from iotcloud.enumerations import Enumeration
from iotcloud.errors import AlreadyExists, InvalidInput, MissingParameter, NotFound, Problem
from iotcloud.names import checked_name

ADDRESSES = range(1, 256)
"""Addresses of an addressed bus. 0 is I2C's general call."""
MAX_SENSORNAME = 64
MAX_SENSORS = 128
"""Sensors per device: 32 on each of four I2C slots, about as many as 400 pF of bus capacitance allow (NXP UM10204)."""
SILENCE_SECONDS = range(60, 7 * 86400 + 1)
"""Range of a sensor's inactivity limit, in seconds. The check runs once a minute (template.yaml,
CheckInactivityFunction).
"""
MAX_ATTRIBUTES = 16 * 1024
"""Characters of one port's properties as JSON."""


class SensorNameTaken(AlreadyExists):
    message = "Sensor name is already taken"


class SensorAddressTaken(AlreadyExists):
    message = "Sensor address is already taken"


class SlotTaken(InvalidInput):
    """A second sensor was added to a slot that holds one."""

    message = "Only 1 sensor is allowed for this peripheral"


class TooManySensors(InvalidInput):
    """A device has as many sensors as one can have, so that no list of them grows without end."""

    message = f"Only {MAX_SENSORS} sensors are allowed for a device"


class InvalidAddress(InvalidInput):
    message = "Invalid address"


class SensorNotConfigured(InvalidInput):
    message = "Sensor is not yet configured"


class SensorTypeInvalid(NotFound):
    """Readings were asked of an output."""

    message = "Sensor type is invalid"


@dataclass(frozen=True)
class Peripheral:
    """One kind of port, with as many numbered slots as the board has."""

    name: str
    slots: int
    is_numbered: bool = field(default=True, kw_only=True)
    """Whether messages name its slots with a number; there is one UART, and it is called just that."""

    def check_number(self, number: int) -> int:
        """Return the slot's number, counted from 1; raise InvalidInput when the board has no such slot."""
        if not 1 <= number <= self.slots:
            raise InvalidInput(detail=[Problem("number", f"{self.name} has slots 1 to {self.slots}")])
        return number


@dataclass(frozen=True)
class Bus(Peripheral):
    """A peripheral to which sensors are attached."""

    is_addressed: bool = False
    """Whether a slot holds several sensors, distinguished by address; else it holds one."""


UART = Peripheral("uart", 1, is_numbered=False)
GPIO = Peripheral("gpio", 4)
I2C = Bus("i2c", 4, is_addressed=True)
ADC = Bus("adc", 2)
ONEWIRE = Bus("1wire", 1)
TPROBE = Bus("tprobe", 1)

BUSES: Mapping[str, Bus] = {bus.name: bus for bus in (I2C, ADC, ONEWIRE, TPROBE)}
PERIPHERALS: Mapping[str, Peripheral] = {one.name: one for one in (UART, GPIO, *BUSES.values())}
_DIGITS = frozenset("1234")

OFF_ON = Enumeration.of("off", "on")
BAUD_RATES = Enumeration.of(
    "110",
    "150",
    "300",
    "1200",
    "2400",
    "4800",
    "9600",
    "19200",
    "31250",
    "38400",
    "57600",
    "115200",
    "230400",
    "460800",
    "921600",
    "1000000",
    prefix="BAUD_",
)
PARITIES = Enumeration.of("none", "odd", "even")
FLOW_CONTROLS = Enumeration.of("none", "RTS/CTS", "XON/XOFF")
STOP_BITS = Enumeration.of("one", "two")
DATA_BITS = Enumeration.of("seven", "eight")
DIRECTIONS = Enumeration.of("input", "output")
INPUT_MODES = Enumeration.of("high level", "low level", "high edge", "low edge")
OUTPUT_MODES = Enumeration.of("level", "pulse", "clock")
PIN_ALERTS = Enumeration.of("once", "continuously")
POLARITIES = Enumeration.of("negative", "positive")
PIN_LEVELS = Enumeration.of("low", "high")
GPIO_VOLTAGES = Enumeration.of("3.3 V", "5 V", prefix="VOLTAGE_")
ADC_VOLTAGES = Enumeration.of("-5/+5 V", "-10/+10 V", "0/10 V", prefix="RANGE_")
SENSOR_MODES = Enumeration.of("single threshold", "dual threshold", "continuous")
ACTIVATIONS = Enumeration.of("out of range", "within range")
SENSOR_ALERTS = Enumeration.of("once", "again every period")
POTENTIOMETER_RANGES = Enumeration.of("0-255", "0-99", "0-15", "0-9", prefix="RANGE_")
ENDPOINTS = Enumeration.of("manual", "hardware")
COLOUR_USAGES = Enumeration.of("single colour", "individual components")
DISPLAY_FORMATS = Enumeration.of("0x00 to 0xFF", "0 to 99", "0.0 to 9.9", prefix="FORMAT_")
SPEAKER_TYPES = Enumeration.of("MIDI")
"""What the numbers in properties, settings and reports stand for (contract 3.7, 3.8)."""


@dataclass(frozen=True)
class SensorClass:
    """What a sensor measures or does. `number` is the wire value."""

    number: int
    name: str
    is_input: bool
    """Inputs give readings and have thresholds with notices; outputs act."""


SENSOR_CLASSES: Mapping[str, SensorClass] = {
    one.name: one
    for one in (
        SensorClass(0, "speaker", is_input=False),
        SensorClass(1, "display", is_input=False),
        SensorClass(2, "light", is_input=False),
        SensorClass(3, "potentiometer", is_input=True),
        SensorClass(4, "temperature", is_input=True),
        SensorClass(5, "humidity", is_input=True),
        SensorClass(6, "anemometer", is_input=True),
        SensorClass(7, "battery", is_input=True),
        SensorClass(8, "fluid", is_input=True),
    )
}
UNSET_CLASS = 255
"""The value that a device reports for an unset slot."""


@dataclass(frozen=True, order=True)
class Slot:
    """A place on a device where one sensor, or one port's settings, can be."""

    peripheral: str
    number: int
    address: int | None = None

    @property
    def source(self) -> str:
        """How messages name the slot, without its address: `i2c2`, `uart`."""
        return f"{self.peripheral}{self.number}" if PERIPHERALS[self.peripheral].is_numbered else self.peripheral

    @classmethod
    def from_source(cls, source: str, address: int | None = None) -> Self:
        """Read a source such as `i2c2` or `uart`; raise InvalidInput unless the board has it and the address fits."""
        if source == UART.name and address is None:
            return cls(UART.name, 1)
        peripheral, digit = PERIPHERALS.get(source[:-1]), source[-1:]
        if peripheral is None or not peripheral.is_numbered or digit not in _DIGITS:
            raise InvalidInput(detail=[Problem("source", f"no slot is called {source[:16]!r}")])
        if isinstance(peripheral, Bus) and peripheral.is_addressed != (address is not None):
            raise InvalidInput(
                detail=[Problem("source", f"{peripheral.name} and address {address} do not go together")]
            )
        return cls(peripheral.name, peripheral.check_number(int(digit)), address)


PORT_SLOTS = tuple(Slot(one.name, number + 1) for one in (UART, GPIO) for number in range(one.slots))
"""The slots to which no sensor is attached."""


@dataclass(frozen=True)
class Sensor:
    """A sensor as its owner registered it, and its state last reported by the device."""

    slot: Slot
    sensorname: str
    sensor_class: str
    type: str
    registered_at: datetime
    subclass: str | None = None
    manufacturer: str = ""
    model: str = ""
    units: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    subattributes: tuple[str, ...] = ()
    is_enabled: bool = False
    """Publishing, or acting."""
    is_configured: bool = False
    """Whether the device holds properties for it."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Members that the client posted and the platform does not use; given back as they came."""

    @property
    def is_input(self) -> bool:
        return self.type == "input"

    @property
    def class_number(self) -> int:
        return SENSOR_CLASSES[self.sensor_class].number

    @property
    def subclass_number(self) -> int | None:
        return None if self.subclass is None else SENSOR_CLASSES[self.subclass].number

    @property
    def has_notices(self) -> bool:
        """Whether its properties carry notification blocks: sensors of input classes do."""
        return SENSOR_CLASSES[self.sensor_class].is_input

    def switched(self, *, is_enabled: bool, is_configured: bool) -> Self:
        """The same sensor in another state."""
        return replace(self, is_enabled=is_enabled, is_configured=is_configured)


@dataclass(frozen=True)
class Configuration:
    """A port's last configuration, sent again after the device restarts."""

    slot: Slot
    attributes: Mapping[str, Any]
    sensor_class: int | None = None
    subclass: int | None = None
    is_enabled: bool = False
    references: Mapping[str, str] | None = None
    """The ids of the devices that `attributes` name, by name; an unlisted name is not a device's.

    None when no device is named, and in rows stored before ids were kept: their names are resolved at the time of
    use."""

    @property
    def inactivity_seconds(self) -> int | None:
        """The inactivity limit of the sensor, in seconds. None while it is disabled or no limit is set."""
        seconds = self.attributes.get("inactivity_seconds")
        is_valid = isinstance(seconds, int) and seconds in SILENCE_SECONDS
        return seconds if self.is_enabled and is_valid else None


def checked_sensor(sensor: Sensor) -> Sensor:
    """Return the sensor; raise InvalidInput for a bad name, or a slot, class, type and address that do not agree."""
    checked_name("sensorname", sensor.sensorname, MAX_SENSORNAME, forbidden="/")
    bus, sensor_class = BUSES[sensor.slot.peripheral], SENSOR_CLASSES.get(sensor.sensor_class)
    bus.check_number(sensor.slot.number)
    if sensor_class is None or (sensor.subclass is not None and sensor.subclass not in SENSOR_CLASSES):
        raise InvalidInput(detail=[Problem("class", f"one of {', '.join(SENSOR_CLASSES)}")])
    if sensor.is_input != sensor_class.is_input:
        raise InvalidInput(detail=[Problem("type", f"{sensor_class.name} is not an {sensor.type}")])
    if not sensor.is_input and not bus.is_addressed:
        raise InvalidInput(detail=[Problem("class", f"{bus.name} takes inputs only")])
    if bus.is_addressed and sensor.slot.address is None:
        raise MissingParameter(detail=[Problem("address", "needed on this bus")])
    if bus.is_addressed and sensor.slot.address not in ADDRESSES:
        raise InvalidAddress
    return sensor


def address_member(slot: Slot) -> dict[str, int]:
    """The `address` member that messages about this slot carry: none on buses without addresses."""
    return {} if slot.address is None else {"address": slot.address}


def number_member(slot: Slot) -> dict[str, int]:
    """The `number` member that messages about this slot carry, always as their last: none for the one UART."""
    return {"number": slot.number} if PERIPHERALS[slot.peripheral].is_numbered else {}


def block_source(sensor: Sensor, *, is_subclass: bool = False) -> str:
    """The source key of a sensor's notification block: `i2c2POT 1`, or `i2c2POT 1/subclass`.

    A sensor's name cannot contain `/`, so the key of a second class is unique.
    """
    return f"{sensor.slot.source}{sensor.sensorname}{'/subclass' if is_subclass else ''}"


def former_name(sensor: Sensor) -> str:
    """The name of the sensor with which a second class once shared its source: `POT 1#subclass`."""
    return f"{sensor.sensorname}#subclass"


def former_block_source(sensor: Sensor) -> str:
    """The source under which the block of a sensor's second class was kept before: `i2c2POT 1#subclass`."""
    return f"{sensor.slot.source}{former_name(sensor)}"


def words_of(sensor: Sensor) -> str:
    """The search text of a sensor: name, manufacturer, model and classes, a line each."""
    return "\n".join((sensor.sensorname, sensor.manufacturer, sensor.model, sensor.sensor_class, sensor.subclass or ""))


def block_sources(sensor: Sensor, others: Iterable[Sensor]) -> tuple[str, ...]:
    """All source keys that blocks of this sensor alone can have."""
    own = (block_source(sensor), block_source(sensor, is_subclass=True))
    is_shared = any(one.sensorname == former_name(sensor) for one in others)
    return own if is_shared else (*own, former_block_source(sensor))


def reconcile(sensors: Sequence[Sensor], reported: Mapping[str, Any]) -> tuple[Sensor, ...]:
    """Give each sensor the state that the device reports for its slot.

    `reported` maps sources to the device's lists of `{"class", "enabled", "address"?}`; a sensor that is not among
    them is neither enabled nor configured.
    """
    return tuple(_as_reported(sensor, reported.get(sensor.slot.source)) for sensor in sensors)


def unreachable(sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """Sensors as shown while their device does not answer: disabled.

    For display only. An offline device keeps its settings, so the stored state stays.
    """
    return tuple(sensor.switched(is_enabled=False, is_configured=False) for sensor in sensors)


def _as_reported(sensor: Sensor, entries: Any) -> Sensor:
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and _is_about(entry, sensor):
            return sensor.switched(is_enabled=entry.get("enabled") == 1, is_configured=True)
    return sensor.switched(is_enabled=False, is_configured=False)


def _is_about(entry: Mapping[str, Any], sensor: Sensor) -> bool:
    if BUSES[sensor.slot.peripheral].is_addressed:
        return entry.get("address") == sensor.slot.address
    return entry.get("class") == sensor.class_number
