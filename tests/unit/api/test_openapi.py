"""The generator's own rules; tests/contract compares its output for the real routes."""

import json
from pathlib import Path

import pytest
import yaml

from api import gateway, openapi
from api.operations import Authentication, Operation
from iotcloud.errors import DeviceNotRegistered
from iotcloud.schema import Answer, Body


class Optional(Body):
    note: str | None = None


def view(_call: object) -> Answer:
    """Do a thing
    over two lines.

    And say
    more.
    """
    return Answer()


def operation(number: str, name: str = "GET 1WIRE/THING", request: type[Body] | None = None) -> Operation:
    return Operation(
        number,
        name,
        "POST",
        f"/devices/{number.lower()}",
        view,
        request,
        Answer,
        (DeviceNotRegistered,),
        Authentication.NONE,
        "Things",
        ("limit",),
    )


def test_groups_come_in_order_and_new_operations_after_the_contract() -> None:
    table = [operation(number) for number in ("10A", "2.2", "2.10", "2B", "2A", "9A")]

    paths = list(openapi.document(table)["paths"])

    assert paths == [f"/devices/{number}" for number in ("2a", "2b", "2.2", "2.10", "9a", "10a")]


@pytest.mark.parametrize("number", ["", "A", "2", "2AB", "2.", "2a", "2.A"])
def test_an_id_of_neither_form_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        openapi.document([operation(number)])


def test_an_operation_is_described_by_its_view() -> None:
    described = openapi.document([operation("2A")])["paths"]["/devices/2a"]["post"]

    assert described["operationId"] == "get1wireThing"
    assert described["summary"] == "2A GET 1WIRE/THING"
    assert described["description"] == "Do a thing over two lines.\n\nAnd say more."
    assert described["security"] == []
    assert [parameter["name"] for parameter in described["parameters"]] == ["limit"]
    assert list(described["responses"]) == ["200", "400", "404", "429", "500"]
    assert "requestBody" not in described


def test_a_body_is_required_when_a_member_is() -> None:
    described = openapi.document([operation("2A", request=Optional)])["paths"]["/devices/2a"]["post"]

    assert described["requestBody"]["required"] is False
    assert "413" in described["responses"]


def test_main_writes_both_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.yaml")
    monkeypatch.setattr(gateway, "FILE", tmp_path / "gateway.json")

    openapi.main()

    assert yaml.load((tmp_path / "openapi.yaml").read_bytes(), yaml.CSafeLoader)["openapi"] == "3.0.1"
    assert set(json.loads((tmp_path / "gateway.json").read_bytes())["paths"]["/user/login"]) == {"post", "options"}
