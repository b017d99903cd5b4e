"""The generator's own rules; tests/contract compares its output for the real routes."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from api import enumerations, gateway, openapi
from api.app import operations
from api.buses import SLOT_SENSORS
from api.operations import QUERY_PARAMETERS, Authentication, Operation
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
        (QUERY_PARAMETERS["limit"],),
        "get_1wire_thing",
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
    assert described["summary"] == "Do a thing over two lines (2A)"
    assert described["description"] == "Do a thing over two lines.\n\nAnd say more.\n\n`2A` GET 1WIRE/THING"
    assert described["security"] == []
    assert [parameter["name"] for parameter in described["parameters"]] == ["limit"]
    assert list(described["responses"]) == ["200", "400", "404", "429", "500"]
    assert "requestBody" not in described


def test_a_body_is_required_when_a_member_is() -> None:
    described = openapi.document([operation("2A", request=Optional)])["paths"]["/devices/2a"]["post"]

    assert described["requestBody"]["required"] is False
    assert "413" in described["responses"]


def test_numbers_in_paths_are_those_that_the_board_has() -> None:
    described = openapi.document(operations())["paths"]

    def limits(path: str) -> dict[str, Any]:
        (found,) = (one["schema"] for one in described[path]["get"]["parameters"] if one["name"] == "number")
        return dict(found)

    assert limits(SLOT_SENSORS.replace("{bus}", "i2c")) == {"type": "integer", "minimum": 1, "maximum": 4}
    assert limits(SLOT_SENSORS.replace("{bus}", "1wire")) == {"type": "integer", "minimum": 1, "maximum": 1}


def test_limits_are_those_of_each_list() -> None:
    described = openapi.document(operations())["paths"]

    def most(path: str) -> int:
        (found,) = (one["schema"] for one in described[path]["get"]["parameters"] if one["name"] == "limit")
        return int(found["maximum"])

    assert most("/devices") == 100
    assert most("/devices/overview") == 25
    assert most(SLOT_SENSORS.replace("{bus}", "i2c") + "/sensor/{sensorname}/readings/series") == 1000


def test_texts_that_look_like_numbers_stay_texts() -> None:
    written = openapi.text({"a": "00079", "b": "1e3", "c": "1583200000", "d": "abc", "e": 5})

    assert "a: '00079'\nb: '1e3'\nc: '1583200000'\nd: abc\ne: 5\n" in written


def test_schemas_to_which_nothing_refers_are_left_out() -> None:
    assert set(openapi.document([operation("2A")])["components"]["schemas"]) == {
        "Answer",
        "Failure",
        "FailureDetail",
        "LastSeen",
    }


def test_main_writes_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openapi, "FILE", tmp_path / "openapi.yaml")
    monkeypatch.setattr(gateway, "FILE", tmp_path / "gateway.json")
    monkeypatch.setattr(enumerations, "FILE", tmp_path / "enumerations.json")

    openapi.main()

    assert yaml.load((tmp_path / "openapi.yaml").read_bytes(), yaml.CSafeLoader)["openapi"] == "3.0.3"
    assert json.loads((tmp_path / "enumerations.json").read_bytes()).keys() >= {"classes", "errors", "numbers"}
    assert set(json.loads((tmp_path / "gateway.json").read_bytes())["paths"]["/user/login"]) == {"post", "options"}
