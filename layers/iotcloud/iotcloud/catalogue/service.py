"""Reads the catalogue of sensor models (contract 3.6)."""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from iotcloud.errors import DocumentUnavailable

Catalogue = dict[str, dict[str, list[dict[str, Any]]]]
"""Models by bus (upper case), then by manufacturer."""


@lru_cache(maxsize=1)
def sensor_devices() -> Catalogue:
    """The whole catalogue; raise DocumentUnavailable when its file cannot be read."""
    try:
        document: Catalogue = json.loads(files(__package__).joinpath("sensordevices.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as unreadable:
        raise DocumentUnavailable from unreadable
    return document


def i2c_devices() -> list[dict[str, Any]]:
    """The models for I2C alone, each with its manufacturer."""
    return [
        {"manufacturer": manufacturer, **model}
        for manufacturer, models in sensor_devices()["I2C"].items()
        for model in models
    ]
