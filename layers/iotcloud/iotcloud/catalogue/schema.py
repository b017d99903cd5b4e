"""The catalogues as they cross the wire (contract 10): documents, returned as they are."""

from typing import Any

from iotcloud.schema import Answer


class I2cDevicesAnswer(Answer):
    document: list[dict[str, Any]]


class SensorDevicesAnswer(Answer):
    document: dict[str, dict[str, list[dict[str, Any]]]]
    """Models by bus (`I2C`, `ADC`, `1WIRE`, `TPROBE`), then by manufacturer."""
