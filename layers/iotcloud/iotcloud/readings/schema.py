"""Readings as they cross the wire (contract 3.5, 6.3)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal, Self

from pydantic import Field

from iotcloud.errors import InvalidInput, Problem
from iotcloud.pagination import Page
from iotcloud.peripherals.model import Sensor
from iotcloud.peripherals.schema import SensorRecord
from iotcloud.readings.model import Extremes, Value
from iotcloud.readings.series import Aggregate, SeriesPoint, SeriesQuestion
from iotcloud.readings.service import SensorReadings, SlotReadings
from iotcloud.schema import Answer, Shape

MAX_POINTS = 1000
"""Points that a client may ask for at once."""
MAX_EXPORTED_POINTS = 10_000
"""Points that one page of an export holds: some 1.5 MB of lines."""
MAX_INTERVAL_SECONDS = 31 * 86400
OFFLINE = "Device is offline"
LAST_SECOND = 9_999_999_999
_OFFSET = re.compile(r"([+ -])([01][0-9]|2[0-3]):?([0-5][0-9])", re.ASCII)
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(/[A-Za-z0-9_+-]{1,32}){0,2}", re.ASCII)

Joined = Sequence[tuple[Sensor, SensorReadings]]


class SubclassReadings(Shape):
    """The readings of a two-class sensor's second class."""

    value: float = Field(examples=[61.0], description="The latest.")
    lowest: float = Field(examples=[40.0], description="The lowest.")
    highest: float = Field(examples=[77.5], description="The highest.")


class Readings(SubclassReadings):
    """A sensor's latest reading, and its extremes since readings were last deleted."""

    value: float = Field(examples=[21.5], description="The latest.")
    lowest: float = Field(examples=[18.0], description="The lowest.")
    highest: float = Field(examples=[33.2], description="The highest.")
    subclass: SubclassReadings | None = Field(default=None, description="Two-class sensors only")

    @classmethod
    def of(cls, readings: SensorReadings) -> Self | None:
        """Show readings, or None without any."""
        latest, extremes = readings.latest, readings.extremes
        if latest is None or extremes is None:
            return None
        return cls(
            value=latest.value,
            lowest=extremes.lowest,
            highest=extremes.highest,
            subclass=_subclass(latest, readings.subextremes),
        )


class NoReadings(Shape):
    """Values for a sensor without readings, as the old apps expect: zeros, as text."""

    value: Literal["0"] = Field(default="0", description="Nothing was received.")
    lowest: Literal["0"] = Field(default="0", description="Nothing was received.")
    highest: Literal["0"] = Field(default="0", description="Nothing was received.")


class Dataset(Shape):
    """A sensor's newest readings, at most 25, oldest first."""

    labels: list[str] = Field(description="Times in epoch seconds", examples=[["1583200000", "1583200005"]])
    data: list[float] | list[list[float | None]] = Field(
        description="The values; of two-class sensors a list for each class", examples=[[21.5, 21.6]]
    )

    @classmethod
    def of(cls, sensor: Sensor, readings: SensorReadings) -> Self:
        """Show the points of a chart."""
        values = [float(point.value.value) for point in readings.points]
        subvalues = [None if (sub := point.value.subvalue) is None else float(sub) for point in readings.points]
        return cls(
            labels=[str(int(point.at.timestamp())) for point in readings.points],
            data=values if sensor.subclass is None else [values, subvalues],
        )


class SensorWithReadings(SensorRecord):
    """A registered sensor and its readings, if there are any."""

    readings: Readings | None = Field(default=None, description="Absent when nothing was received.")

    @classmethod
    def of(cls, sensor: Sensor, readings: SensorReadings) -> Self:
        """Put readings beside a sensor's members."""
        return cls(**{**_members(sensor), "readings": Readings.of(readings)})


class SensorWithDataset(SensorRecord):
    """A registered sensor and the points of its chart."""

    dataset: Dataset = Field(description="The points of its chart.")

    @classmethod
    def of(cls, sensor: Sensor, readings: SensorReadings) -> Self:
        """Put the points beside a sensor's members."""
        return cls(**{**_members(sensor), "dataset": Dataset.of(sensor, readings)})


class SensorsReadingsAnswer(Answer):
    """Sensors and their readings."""

    sensors: list[SensorWithReadings] = Field(description="Sensors with their readings.")

    @classmethod
    def of(cls, joined: Joined) -> Self:
        """Show sensors with their readings."""
        return cls(sensors=[SensorWithReadings.of(sensor, readings) for sensor, readings in joined])


class SlotAnswer(SensorsReadingsAnswer):
    """The sensors of a slot; the web app looks for the word `offline` in the message."""

    @classmethod
    def of_slot(cls, slot: SlotReadings) -> Self:
        """Show a slot's sensors, and whether their device answered."""
        answer = cls.of(slot.joined)
        return answer if slot.is_device_reachable else answer.model_copy(update={"message": OFFLINE})


class SensorsDatasetAnswer(Answer):
    """Sensors and the points of their charts."""

    sensors: list[SensorWithDataset] = Field(description="Sensors with the points of their charts.")

    @classmethod
    def of(cls, joined: Joined) -> Self:
        """Show sensors with the points of their charts."""
        return cls(sensors=[SensorWithDataset.of(sensor, readings) for sensor, readings in joined])


class ReadingsAnswer(Answer):
    """The readings of one sensor."""

    sensor_readings: Readings | NoReadings = Field(description="Readings, or zeros as text when nothing was received.")

    @classmethod
    def of(cls, readings: SensorReadings) -> Self:
        """Show readings, or the zeros that stand for none."""
        return cls(sensor_readings=Readings.of(readings) or NoReadings())


class NamedReadings(Shape):
    """The readings of one sensor of a slot."""

    sensorname: str = Field(examples=["POT 1"], description="The sensor's name.")
    readings: Readings | None = Field(default=None, description="Absent when nothing was received")


class SlotReadingsAnswer(Answer):
    """The readings of a slot's enabled inputs."""

    sensor_readings: list[NamedReadings] = Field(description="By sensor.")

    @classmethod
    def of(cls, joined: Joined) -> Self:
        """Show readings by their sensors' names."""
        return cls(
            sensor_readings=[
                NamedReadings(sensorname=sensor.sensorname, readings=Readings.of(readings))
                for sensor, readings in joined
            ]
        )


class SeriesValues(Shape):
    """Statistics of the readings of one interval."""

    min: float = Field(examples=[21.4], description="The lowest.")
    max: float = Field(examples=[21.9], description="The highest.")
    mean: float = Field(examples=[21.6], description="The mean.")

    @classmethod
    def of(cls, values: Aggregate) -> Self:
        """Show statistics of values."""
        return cls(min=values.lowest, max=values.highest, mean=values.mean)


class SeriesPointShape(SeriesValues):
    """One point of a series."""

    timestamp: int = Field(description="Epoch seconds; of an interval, its begin", examples=[1583200000])
    count: int = Field(description="Readings in it", examples=[12])
    subclass: SeriesValues | None = Field(default=None, description="Two-class sensors only")

    @classmethod
    def of_point(cls, point: SeriesPoint) -> Self:
        """Show a point."""
        return cls(
            timestamp=int(point.at.timestamp()),
            min=point.value.lowest,
            max=point.value.highest,
            mean=point.value.mean,
            count=point.value.count,
            subclass=None if point.subvalue is None else SeriesValues.of(point.subvalue),
        )


class SeriesAnswer(Answer):
    """A sensor's course over time, oldest first."""

    points: list[SeriesPointShape] = Field(description="Oldest first.")
    cursor: str | None = Field(default=None, description="Leads to the points after these; absent at the end")

    @classmethod
    def of(cls, page: Page[SeriesPoint]) -> Self:
        """Show a page of points."""
        return cls(points=[SeriesPointShape.of_point(point) for point in page.items], cursor=page.cursor)


class SeriesRow(Shape):
    """One point of an exported series."""

    timestamp: int = Field(description="Epoch seconds; of an interval, its begin", examples=[1583200000])
    count: int = Field(description="Readings in it", examples=[12])
    min: float = Field(examples=[21.4], description="The lowest.")
    max: float = Field(examples=[21.9], description="The highest.")
    mean: float = Field(examples=[21.6], description="The mean.")
    submin: float | None = Field(default=None, description="Two-class sensors only: the second class", examples=[60.5])
    submax: float | None = Field(default=None, examples=[62.0], description="The second class: the highest.")
    submean: float | None = Field(default=None, examples=[61.2], description="The second class: the mean.")

    @classmethod
    def of_point(cls, point: SeriesPoint) -> Self:
        """Show a point."""
        value, second = point.value, point.subvalue
        return cls(
            timestamp=int(point.at.timestamp()),
            count=value.count,
            min=value.lowest,
            max=value.highest,
            mean=value.mean,
            submin=None if second is None else second.lowest,
            submax=None if second is None else second.highest,
            submean=None if second is None else second.mean,
        )


def read_series_query(query: Mapping[str, str]) -> tuple[SeriesQuestion, int]:
    """Parse the range of a series and its maximum number of points. Raise InvalidInput."""
    interval = _number(query, "interval", 1, MAX_INTERVAL_SECONDS)
    begin, end = _number(query, "datebegin", 0, LAST_SECOND), _number(query, "dateend", 0, LAST_SECOND)
    asked = SeriesQuestion(
        begins_at=None if begin is None else datetime.fromtimestamp(begin, UTC),
        ends_at=None if end is None else datetime.fromtimestamp(end + 1, UTC),
        interval=None if interval is None else timedelta(seconds=interval),
        zone=_zone(query.get("timezone", "")),
    )
    return asked, _number(query, "limit", 1, MAX_POINTS) or MAX_POINTS


def _zone(text: str) -> tzinfo:
    """Read a time zone; raise InvalidInput. A `+` that a client did not encode arrives as a space."""
    if not text:
        return UTC
    if offset := _OFFSET.fullmatch(text):
        sign, hours, minutes = offset.groups()
        after = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-after if sign == "-" else after)
    from zoneinfo import ZoneInfo

    try:
        if _ZONE_NAME.fullmatch(text):
            return ZoneInfo(text)
    except (KeyError, OSError, ValueError):
        pass
    raise InvalidInput(detail=[Problem("timezone", "a name of the IANA data base, or an offset such as +05:30")])


def _number(query: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not is_number or not least <= int(text) <= most:
        raise InvalidInput(detail=[Problem(name, f"{least} to {most}")])
    return int(text)


def _subclass(latest: Value, extremes: Extremes | None) -> SubclassReadings | None:
    if latest.subvalue is None or extremes is None:
        return None
    return SubclassReadings(value=latest.subvalue, lowest=extremes.lowest, highest=extremes.highest)


def _members(sensor: Sensor) -> dict[str, object]:
    return SensorRecord.from_model(sensor).model_dump(by_alias=True)
