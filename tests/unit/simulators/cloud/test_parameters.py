"""The template's parameters on the local cloud: that cloud's own broker, and the old apps' key if it is set."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.cloud import parameters
from simulators.cloud.instance import Place

SENDER = {"MailSender": "notices@example.com"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, mqtt_port=8960)
    place.mqtt_ca.write_text("the broker's CA")
    return place


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str]]:
    """Return the stored parameters: kind and value by name."""
    stored: dict[str, tuple[str, str]] = {}

    class Store:
        def put_parameter(self, **given: Any) -> None:
            assert given["Overwrite"], "the second start would fail"
            stored[given["Name"]] = given["Type"], given["Value"]

    monkeypatch.setattr(parameters, "client", lambda _place, _service: Store())
    monkeypatch.setattr(parameters.providers, "set_up", lambda _place: SENDER)
    return stored


def test_devices_are_told_the_local_broker_and_its_authority(place: Place, stored: dict[str, tuple[str, str]]) -> None:
    given = parameters.set_up(place)
    assert given == {
        **SENDER,
        "MqttHost": "localhost",
        "MqttPort": "8960",
        "SubscriptionSettleMs": "0",
        "LiveSource": "ws://*.iot.us-east-1.localhost:4566",
        "DeviceCaParameter": "/iotcloud/DeviceCaParameter",
        "LegacyJwtKeyParameter": "",
    }
    assert stored == {"/iotcloud/DeviceCaParameter": ("String", "the broker's CA")}


def test_the_old_apps_key_is_kept_secret_and_named_only_when_it_is_set(
    place: Place, stored: dict[str, tuple[str, str]]
) -> None:
    given = parameters.set_up(replace(place, legacy_jwt_key="their key"))
    assert given["LegacyJwtKeyParameter"] == "/iotcloud/LegacyJwtKeyParameter"
    assert stored[given["LegacyJwtKeyParameter"]] == ("SecureString", "their key")
    assert "their key" not in repr(replace(place, legacy_jwt_key="their key"))
    assert parameters.set_up(place)["LegacyJwtKeyParameter"] == ""
