"""The rows of sensors and of ports' configurations. A device's sensors stand together, so that one query lists them."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition, size
from pynamodb.transactions import TransactWrite

from iotcloud.clock import Clock
from iotcloud.dynamodb import InstantAttribute, Row, commit, raise_unless_refused, refused_parts
from iotcloud.peripherals.model import (
    BUSES,
    MAX_SENSORS,
    PORT_SLOTS,
    Configuration,
    Sensor,
    SensorAddressTaken,
    SensorNameTaken,
    Slot,
    SlotTaken,
    TooManySensors,
    words_of,
)

_NAME = "name#"
_SLOT = "slot#"
_WORDS = "words"


class SensorRow(Row):
    """A sensor (`name#{sensorname}`), the claim of its slot (`slot#{source}[#{address}]`), or the search texts
    (`words`).

    The claim is only a key: it makes a slot's uniqueness a condition of the write, not of an earlier read. One item
    holds the search texts of all sensors of a device, so that a search reads one item per device.
    """

    class Meta(Row.Meta):
        table_name = "sensors"

    deviceid = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    record = UnicodeAttribute(null=True)
    """JSON of the owner's registration."""
    registered_at = InstantAttribute(null=True)
    is_enabled = BooleanAttribute(null=True)
    is_configured = BooleanAttribute(null=True)
    words = UnicodeSetAttribute(null=True)
    """One text for each sensor."""


class ConfigurationRow(Row):
    """The last configuration of one slot (`slot` = `{source}[#{address}]`)."""

    class Meta(Row.Meta):
        table_name = "configurations"

    deviceid = UnicodeAttribute(hash_key=True)
    slot = UnicodeAttribute(range_key=True)
    attributes = UnicodeAttribute()
    """JSON: given back as it came, never searched."""
    sensor_class = NumberAttribute(null=True)
    subclass = NumberAttribute(null=True)
    is_enabled = BooleanAttribute(default=False)
    references = UnicodeAttribute(null=True)
    """JSON: the ids of the devices that `attributes` name. Absent in rows stored before ids were kept."""
    set_at = InstantAttribute(null=True)
    """When a user or the device set it. Older reports of the device are ignored."""


class SensorStore:
    """Keeps the sensors of devices."""

    def add(self, deviceid: str, sensor: Sensor) -> None:
        """Store a new sensor.

        Raise SensorNameTaken, SensorAddressTaken, SlotTaken or TooManySensors; then nothing was written.
        """
        named, claim = _sensor_row(deviceid, sensor), SensorRow(deviceid, _SLOT + _slot_key(sensor.slot))

        def fill(write: TransactWrite) -> None:
            write.save(named, condition=SensorRow.item.does_not_exist())
            write.save(claim, condition=SensorRow.item.does_not_exist())
            write.update(
                SensorRow(deviceid, _WORDS),
                actions=[SensorRow.words.add({words_of(sensor)})],
                condition=_has_room(),
            )

        try:
            commit(SensorRow, fill)
        except TransactWriteError as refused:
            is_name_taken, is_slot_taken, is_full = refused_parts(refused)
            if is_name_taken:
                raise SensorNameTaken from None
            if is_slot_taken:
                raise (SensorAddressTaken if BUSES[sensor.slot.peripheral].is_addressed else SlotTaken) from None
            if is_full:
                raise TooManySensors from None
            raise

    def find(self, deviceid: str, sensorname: str) -> Sensor | None:
        """The sensor of that name, wherever it is attached."""
        try:
            return _sensor(SensorRow.get(deviceid, _NAME + sensorname, consistent_read=True))
        except SensorRow.DoesNotExist:
            return None

    def list(self, deviceid: str) -> tuple[Sensor, ...]:
        """All sensors of a device, by slot."""
        rows = SensorRow.query(deviceid, SensorRow.item.startswith(_NAME), consistent_read=True)
        return tuple(sorted((_sensor(row) for row in rows), key=_by_slot))

    def list_all(self, deviceids: Iterable[str]) -> dict[str, tuple[Sensor, ...]]:
        """Return the sensors of several devices, by slot: one request for each hundred devices, and for each hundred
        sensors. Devices without sensors are left out.

        The words of a device begin with its sensors' names, so that no query for each device is needed.
        """
        words = self.find_words(deviceids)
        keys = [
            (deviceid, _NAME + text.partition("\n")[0]) for deviceid, texts in words.items() for text in sorted(texts)
        ]
        found: dict[str, list[Sensor]] = {}
        for row in SensorRow.batch_get(keys, consistent_read=True) if keys else ():
            found.setdefault(row.deviceid, []).append(_sensor(row))
        return {deviceid: tuple(sorted(sensors, key=_by_slot)) for deviceid, sensors in found.items()}

    def switch(self, deviceid: str, sensors: Iterable[Sensor]) -> None:
        """Record each sensor's state; one that was deleted meanwhile stays deleted."""
        for sensor in sensors:
            try:
                SensorRow(deviceid, _NAME + sensor.sensorname).update(
                    actions=[
                        SensorRow.is_enabled.set(sensor.is_enabled),
                        SensorRow.is_configured.set(sensor.is_configured),
                    ],
                    condition=SensorRow.item.exists(),
                )
            except UpdateError as failed:
                raise_unless_refused(failed)

    def delete(self, deviceid: str, sensor: Sensor) -> None:
        """Delete a sensor and free its slot."""

        def fill(write: TransactWrite) -> None:
            write.delete(SensorRow(deviceid, _NAME + sensor.sensorname))
            write.delete(SensorRow(deviceid, _SLOT + _slot_key(sensor.slot)))
            write.update(SensorRow(deviceid, _WORDS), actions=[SensorRow.words.delete({words_of(sensor)})])

        commit(SensorRow, fill)

    def find_words(self, deviceids: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return the search texts of devices' sensors, in one request per hundred devices."""
        keys = [(deviceid, _WORDS) for deviceid in deviceids]
        return {row.deviceid: frozenset(row.words or ()) for row in SensorRow.batch_get(keys)}

    def erase(self, deviceid: str) -> None:
        """Delete every sensor of a device."""
        with SensorRow.batch_write() as batch:
            for row in SensorRow.query(deviceid):
                batch.delete(row)


class ConfigurationStore:
    """Store of the last configuration of each port."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def save(self, deviceid: str, configuration: Configuration) -> None:
        """Replace the slot's configuration with the one that the device has just accepted."""
        _configuration_row(deviceid, configuration, self._clock()).save()

    def replace(self, deviceid: str, configuration: Configuration, said_at: datetime) -> bool:
        """Replace the slot's configuration as the device reported. False when it was set since."""
        try:
            _configuration_row(deviceid, configuration, said_at).save(condition=_not_set_since(said_at))
        except PutError as failed:
            raise_unless_refused(failed)
            return False
        return True

    def withdraw(self, deviceid: str, slot: Slot, said_at: datetime) -> bool:
        """Delete the slot's configuration as the device reported. False when it was set since."""
        try:
            ConfigurationRow(deviceid, _slot_key(slot)).delete(condition=_not_set_since(said_at))
        except DeleteError as failed:
            raise_unless_refused(failed)
            return False
        return True

    def enable(self, deviceid: str, slot: Slot, *, is_enabled: bool) -> None:
        """Record whether the device enables the slot after a restart. Does nothing without a stored configuration."""
        try:
            ConfigurationRow(deviceid, _slot_key(slot)).update(
                actions=[ConfigurationRow.is_enabled.set(is_enabled), ConfigurationRow.set_at.set(self._clock())],
                condition=ConfigurationRow.slot.exists(),
            )
        except UpdateError as failed:
            raise_unless_refused(failed)

    def list(self, deviceid: str) -> tuple[Configuration, ...]:
        """All that is kept for a device, by slot."""
        rows = ConfigurationRow.query(deviceid, consistent_read=True)
        return tuple(sorted((_configuration(row) for row in rows), key=lambda one: _slot_key(one.slot)))

    def find_ports(self, deviceids: Iterable[str]) -> dict[str, tuple[Configuration, ...]]:
        """Return what UART and GPIO of several devices were told, by slot: one request for each twenty devices."""
        keys = [(deviceid, _slot_key(slot)) for deviceid in deviceids for slot in PORT_SLOTS]
        found: dict[str, list[Configuration]] = {}
        for row in ConfigurationRow.batch_get(keys) if keys else ():
            found.setdefault(row.deviceid, []).append(_configuration(row))
        return {
            deviceid: tuple(sorted(kept, key=lambda one: PORT_SLOTS.index(one.slot)))
            for deviceid, kept in found.items()
        }

    def delete(self, deviceid: str, slots: Iterable[Slot]) -> None:
        """Delete the configuration of these slots."""
        with ConfigurationRow.batch_write() as batch:
            for slot in slots:
                batch.delete(ConfigurationRow(deviceid, _slot_key(slot)))

    def erase(self, deviceid: str) -> None:
        """Delete the configuration of a whole device."""
        with ConfigurationRow.batch_write() as batch:
            for row in ConfigurationRow.query(deviceid):
                batch.delete(row)


def _has_room() -> Condition:
    number = size(SensorRow.words)  # type: ignore[no-untyped-call]
    room: Condition = SensorRow.words.does_not_exist() | (number < MAX_SENSORS)
    return room


def _slot_key(slot: Slot) -> str:
    return slot.source if slot.address is None else f"{slot.source}#{slot.address:03}"


def _slot(key: str) -> Slot:
    source, _, address = key.partition("#")
    return Slot.from_source(source, int(address) if address else None)


def _by_slot(sensor: Sensor) -> str:
    return _slot_key(sensor.slot)


def _sensor_row(deviceid: str, sensor: Sensor) -> SensorRow:
    record = {
        "slot": _slot_key(sensor.slot),
        "class": sensor.sensor_class,
        "subclass": sensor.subclass,
        "type": sensor.type,
        "manufacturer": sensor.manufacturer,
        "model": sensor.model,
        "units": sensor.units,
        "formats": sensor.formats,
        "attributes": sensor.attributes,
        "subattributes": sensor.subattributes,
        "extra": sensor.extra,
    }
    return SensorRow(
        deviceid,
        _NAME + sensor.sensorname,
        record=json.dumps(record),
        registered_at=sensor.registered_at,
        is_enabled=sensor.is_enabled,
        is_configured=sensor.is_configured,
    )


def _sensor(row: SensorRow) -> Sensor:
    record: dict[str, Any] = json.loads(row.record)
    registered_at: datetime = row.registered_at
    return Sensor(
        slot=_slot(record["slot"]),
        sensorname=row.item.removeprefix(_NAME),
        sensor_class=record["class"],
        subclass=record["subclass"],
        type=record["type"],
        registered_at=registered_at,
        manufacturer=record["manufacturer"],
        model=record["model"],
        units=tuple(record["units"]),
        formats=tuple(record["formats"]),
        attributes=tuple(record["attributes"]),
        subattributes=tuple(record["subattributes"]),
        is_enabled=bool(row.is_enabled),
        is_configured=bool(row.is_configured),
        extra=record["extra"],
    )


def _configuration_row(deviceid: str, configuration: Configuration, set_at: datetime) -> ConfigurationRow:
    return ConfigurationRow(
        deviceid,
        _slot_key(configuration.slot),
        attributes=json.dumps(configuration.attributes),
        sensor_class=configuration.sensor_class,
        subclass=configuration.subclass,
        is_enabled=configuration.is_enabled,
        references=None if configuration.references is None else json.dumps(dict(configuration.references)),
        set_at=set_at,
    )


def _not_set_since(said_at: datetime) -> Condition:
    is_older: Condition = ConfigurationRow.set_at.does_not_exist() | (ConfigurationRow.set_at <= said_at)
    return is_older


def _configuration(row: ConfigurationRow) -> Configuration:
    return Configuration(
        slot=_slot(row.slot),
        attributes=json.loads(row.attributes),
        sensor_class=None if row.sensor_class is None else int(row.sensor_class),
        subclass=None if row.subclass is None else int(row.subclass),
        is_enabled=row.is_enabled,
        references=None if row.references is None else json.loads(row.references),
    )
