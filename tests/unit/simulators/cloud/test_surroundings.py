"""The local cloud's processes do not have the developer's AWS settings."""

from pathlib import Path

import pytest

from simulators.cloud import environment as surroundings
from simulators.cloud.instance import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(folder=tmp_path, port=4600)


@pytest.mark.parametrize(
    "name", ["AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL_S3", "SAM_CLI_POLL_DELAY", "MAKEFLAGS"]
)
def test_what_leads_elsewhere_is_left_out(monkeypatch: pytest.MonkeyPatch, place: Place, name: str) -> None:
    monkeypatch.setenv(name, "elsewhere")
    assert surroundings.for_aws_tools(place).get(name) != "elsewhere"


def test_other_variables_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert surroundings.clean()["HTTPS_PROXY"] == "http://proxy.example.com:3128"


def test_calls_to_this_machine_go_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert surroundings.clean()["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_tools_reach_the_emulator_as_the_root_of_its_account(place: Place) -> None:
    environment = surroundings.for_aws_tools(place)
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4600"
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) == ("test", "test")


def test_packages_are_built_for_this_machine(place: Place) -> None:
    assert surroundings.for_aws_tools(place)["IOTCLOUD_TARGET"] == "local"
