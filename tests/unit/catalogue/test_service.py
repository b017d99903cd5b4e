"""The catalogue: every model in it can be registered as it stands."""

from datetime import UTC, datetime

import pytest

from iotcloud.catalogue.service import i2c_devices, sensor_devices
from iotcloud.peripherals.model import ADDRESSES, BUSES
from iotcloud.peripherals.schema import NewSensor

MODELS = [
    (bus.lower(), manufacturer, model)
    for bus, manufacturers in sensor_devices().items()
    for manufacturer, models in manufacturers.items()
    for model in models
]


@pytest.mark.parametrize(
    ("bus", "manufacturer", "model"), MODELS, ids=lambda part: part["id"] if isinstance(part, dict) else ""
)
def test_every_model_can_be_registered_as_it_stands(bus: str, manufacturer: str, model: dict[str, object]) -> None:
    addresses = model.get("addresses")
    members = {**model, "manufacturer": manufacturer}
    if isinstance(addresses, dict):
        members["address"] = addresses["default"]

    sensor = NewSensor.parse(members).to_model(BUSES[bus], 1, f"{model['model']} 1", datetime.now(UTC))

    assert (sensor.sensor_class, sensor.type) == (model["class"], model["type"])
    assert len(sensor.units) == len(sensor.formats) == len(sensor.attributes) + len(sensor.subattributes)


@pytest.mark.parametrize(("bus", "manufacturer", "model"), MODELS)
def test_addresses_are_a_range_on_addressed_buses_only(bus: str, manufacturer: str, model: dict[str, object]) -> None:
    addresses = model.get("addresses")

    assert (addresses is not None) is BUSES[bus].is_addressed
    if isinstance(addresses, dict):
        assert addresses["default"] in ADDRESSES
        assert addresses["default"] <= addresses["max"] <= ADDRESSES[-1]


def test_ids_of_models_are_unique() -> None:
    ids = [model["id"] for _, _, model in MODELS]

    assert len(ids) == len(set(ids)) == 11


def test_the_models_for_i2c_name_their_manufacturer() -> None:
    assert [model["model"] for model in i2c_devices()] == ["BEEP", "DIG2", "LED", "POT", "TEMP"]
    assert {model["manufacturer"] for model in i2c_devices()} == {"Electronic Dollar Store"}
