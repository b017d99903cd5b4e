"""A local cloud's folder and ports, from the environment."""

from pathlib import Path

import pytest

from simulators.cloud.instance import ROOT, Place

VARIABLES = ("IOTCLOUD_LOCAL", "IOTCLOUD_PORT", "IOTCLOUD_MQTT_PORT", "IOTCLOUD_TEMPLATE", "IOTCLOUD_LEGACY_JWT_KEY")


def test_without_variables_it_is_the_folder_and_the_ports_that_the_readme_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert Place.from_environment() == Place(ROOT / ".local", 4566, 8883, ROOT / "template.yaml")


def test_a_place_leads_another_process_to_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = Place(tmp_path, 5001, 5002, tmp_path / "other.yaml", legacy_jwt_key="a key")
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    assert Place.from_environment() == place


def test_a_relative_folder_is_one_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOTCLOUD_LOCAL", ".local/second")
    assert Place.from_environment().stack_file == ROOT / ".local/second/stack.json"
