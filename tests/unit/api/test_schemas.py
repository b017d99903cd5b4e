"""Pydantic's schemas come out as those of OpenAPI 3.0, with examples beside them."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from api.schemas import Model, Schemas
from iotcloud.enumerations import Enumeration
from iotcloud.errors import InvalidInput
from iotcloud.schema import Answer, Body, numbered


class Pin(BaseModel):
    """A pin."""

    number: int = Field(examples=[4])


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


class Asked(Body):
    """What is asked."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1, max_length=8, pattern="^a", description="The name", examples=["abc"])
    kind: Literal["pin"]
    level: Level
    rate: Annotated[int, Field(gt=0, lt=10)]
    ratio: Annotated[float, Field(gt=0)]
    bound: int | float
    either: int | str
    pin: Pin | None = Field(default=None, description="The pin")
    colour: str | None = Field(default=None, examples=["red"])
    tone: Annotated[str, Field(examples=["dark"])] | None = None
    height: Level | None = None
    pins: list[Pin]
    pair: tuple[float, float]
    free: dict[str, int]
    anything: Any = None
    note: str | None = Field(default=None, description="A note")


class Told(Answer):
    value: float
    note: str | None = None


ASKED: Model = (Asked, "validation")
TOLD: Model = (Told, "serialization")


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas([ASKED, TOLD])


def test_a_request_keeps_types_limits_and_what_may_be_null(schemas: Schemas) -> None:
    asked = schemas.components()["Asked"]

    assert asked["type"] == "object"
    assert asked["description"] == "What is asked."
    assert asked["properties"] == {
        "name": {"type": "string", "description": "The name", "minLength": 1, "maxLength": 8, "pattern": "^a"},
        "kind": {"type": "string", "enum": ["pin"]},
        "level": {"$ref": "#/components/schemas/Level"},
        "rate": {"type": "integer", "minimum": 1, "maximum": 9},
        "ratio": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        "bound": {"type": "number"},
        "either": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        "pin": {
            "type": "object",
            "allOf": [{"$ref": "#/components/schemas/Pin"}],
            "description": "The pin",
            "nullable": True,
        },
        "colour": {"type": "string", "nullable": True},
        "tone": {"type": "string", "nullable": True},
        "height": {"type": "string", "allOf": [{"$ref": "#/components/schemas/Level"}], "nullable": True},
        "pins": {"type": "array", "items": {"$ref": "#/components/schemas/Pin"}},
        "pair": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
        "free": {"type": "object", "additionalProperties": {"type": "integer"}},
        "anything": {},
        "note": {"type": "string", "description": "A note", "nullable": True},
    }
    assert asked["required"] == ["name", "kind", "level", "rate", "ratio", "bound", "either", "pins", "pair", "free"]


def test_an_answer_promises_its_envelope_and_nothing_that_may_be_left_out(schemas: Schemas) -> None:
    told = schemas.components()["Told"]

    assert told["required"] == ["status", "message", "value"]
    assert told["properties"]["status"]["enum"] == ["OK", "NG"]
    assert told["properties"]["note"] == {"type": "string"}


def test_an_example_is_made_of_the_examples_of_the_members(schemas: Schemas) -> None:
    assert schemas.example(ASKED) == {
        "name": "abc",
        "kind": "pin",
        "level": "low",
        "rate": 1,
        "ratio": 1.5,
        "bound": 1,
        "either": 1,
        "pin": {"number": 4},
        "colour": "red",
        "tone": "dark",
        "pins": [{"number": 4}],
        "pair": [1.5, 1.5],
        "free": {},
        "anything": {},
    }
    assert schemas.example(TOLD) == {"status": "OK", "message": "Done", "value": 1.5}


def test_a_model_that_may_be_null_in_requests_alone_has_a_name_for_each() -> None:
    class Part(Body):
        note: str | None = None

    class Asking(Body):
        part: Part

    class Telling(Answer):
        part: Part
        pin: Pin

    found = Schemas([(Asking, "validation"), (Telling, "serialization"), ASKED]).components()

    assert found["PartInput"]["properties"]["note"] == {"type": "string", "nullable": True}
    assert found["Part"]["properties"]["note"] == {"type": "string"}
    assert found["Asking"]["properties"]["part"] == {"$ref": "#/components/schemas/PartInput"}
    assert found["Telling"]["properties"]["part"] == {"$ref": "#/components/schemas/Part"}
    assert "PinInput" not in found


def test_names_of_numbers_go_into_the_schema() -> None:
    class Setting(Body):
        parity: Annotated[StrictInt, numbered(Enumeration.of("none", "RTS/CTS"), "Parity")]
        speed: Annotated[StrictInt, numbered(Enumeration.of("110", "9600", prefix="BAUD_"))]

    members = Schemas([(Setting, "validation")]).components()["Setting"]["properties"]

    assert members["parity"] == {
        "type": "integer",
        "enum": [0, 1],
        "x-enum-varnames": ["NONE", "RTS_CTS"],
        "description": "Parity: 0 none, 1 RTS/CTS.",
    }
    assert members["speed"]["x-enum-varnames"] == ["BAUD_110", "BAUD_9600"]
    for wrong in (-1, 2, "0", True, None):
        with pytest.raises(InvalidInput):
            Setting.parse({"parity": wrong, "speed": 0})


def test_two_models_of_one_name_stay_apart() -> None:
    class Pin(BaseModel):
        colour: str

    class Holder(Answer):
        mine: Pin

    schemas = Schemas([ASKED, (Holder, "serialization")])
    found = schemas.components()

    assert all(name.isalnum() for name in found)
    mine = found[schemas.reference((Holder, "serialization"))["$ref"].rsplit("/")[-1]]["properties"]["mine"]
    assert list(found[mine["$ref"].rsplit("/")[-1]]["properties"]) == ["colour"]
