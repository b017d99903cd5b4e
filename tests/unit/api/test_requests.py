"""Valid requests are parsed, and all others are rejected with a client error."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.operations import PATH_PARAMETERS, QUERY_PARAMETERS, Authentication, Call, Operation, PathParameter
from api.requests import MAX_BODY_BYTES, MAX_DEPTH, parse_call, read_json
from iotcloud.errors import InvalidInput, MissingParameter, RequestTooLarge
from iotcloud.schema import Answer, Body, Name
from tests.fakes.api import rest_api_event


class Rename(Body):
    new_devicename: Name


class Upgrade(Body):
    version: str | None = None


def nothing(_call: Call[Any]) -> Answer:
    return Answer()


def operation(request: type[Body] | None = None, query: tuple[str, ...] = ()) -> Operation:
    return Operation(
        "2Z",
        "TEST",
        "POST",
        "/devices/device/{devicename}",
        nothing,
        request,
        Answer,
        (),
        Authentication.NONE,
        "T",
        tuple(QUERY_PARAMETERS[name] for name in query),
    )


def event(body: str | None = None, **changes: Any) -> dict[str, Any]:
    made = rest_api_event("POST", "/devices/device/Barn", body)
    return {**made, "pathParameters": {"devicename": "Barn"}, **changes}


@pytest.mark.parametrize(
    ("encoded", "name"),
    [
        ("Barn", "Barn"),
        ("POT%201", "POT 1"),
        ("a+b", "a+b"),
        ("50%2525", "50%25"),
        ("%F0%9F%92%A1", "\U0001f4a1"),
        ("caf%C3%A9", "caf\u00e9"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_path_parameter_is_decoded_once(encoded: str, name: str) -> None:
    call = parse_call(operation(), event(pathParameters={"devicename": encoded}))

    assert call.path == {"devicename": name}


@pytest.mark.parametrize("encoded", ["a%2Fb", "%00", "a%0Ab", "%ff", "%ED%A0%80", "x" * 65, "x" * 1000, "", "%7F"])
def test_a_path_parameter_that_is_no_name_is_refused(encoded: str) -> None:
    with pytest.raises(InvalidInput):
        parse_call(operation(), event(pathParameters={"devicename": encoded}))


@pytest.mark.parametrize("number", ["0", "5", "01", "-1", "1.0", "one", "%D9%A1", "1%0A", ""])
def test_a_number_is_one_to_four(number: str) -> None:
    with pytest.raises(InvalidInput):
        parse_call(operation(), event(pathParameters={"number": number}))


@pytest.mark.parametrize("parameter", PATH_PARAMETERS.values(), ids=list(PATH_PARAMETERS))
def test_a_path_parameter_has_no_line_behind_it(parameter: PathParameter) -> None:
    assert parameter.check(parameter.example) == parameter.example
    with pytest.raises(InvalidInput):
        parameter.check(f"{parameter.example}\n")


def test_a_query_holds_what_the_operation_knows() -> None:
    asked = event(queryStringParameters={"limit": "5", "other": "1"})

    assert parse_call(operation(query=("limit", "cursor")), asked).query == {"limit": "5"}
    assert parse_call(operation(), asked).query == {}


def test_a_body_is_read_whatever_its_type_is_called() -> None:
    for content_type in ("application/json", "text/plain", "application/json; charset=utf-8"):
        asked = event('{"new_devicename": "Roof"}', headers={"content-type": content_type})

        assert parse_call(operation(Rename), asked).body == Rename(new_devicename="Roof")


def test_a_body_is_left_alone_where_none_is_asked_for() -> None:
    assert parse_call(operation(), event("{not json")).body is None


def test_a_body_in_base64_is_read() -> None:
    asked = event("eyJuZXdfZGV2aWNlbmFtZSI6ICJSb29mIn0=", isBase64Encoded=True)

    assert parse_call(operation(Rename), asked).body == Rename(new_devicename="Roof")


@pytest.mark.parametrize("body", ["%%%", "/+8=", "gIA="])
def test_a_body_in_broken_base64_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput):
        parse_call(operation(Rename), event(body, isBase64Encoded=True))


@pytest.mark.parametrize("body", [None, "", "  \n"])
def test_an_absent_body_lacks_the_members_that_are_required(body: str | None) -> None:
    with pytest.raises(MissingParameter):
        parse_call(operation(Rename), event(body))

    assert parse_call(operation(Upgrade), event(body)).body == Upgrade()


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "nonsense",
        "[]",
        '"text"',
        "5",
        "true",
        "null x",
        '{"a": NaN}',
        '{"a": Infinity}',
        "new_devicename=Roof",
        "\ufeff{}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(body: str) -> None:
    with pytest.raises(InvalidInput):
        parse_call(operation(Rename), event(body))


@pytest.mark.parametrize(
    "value",
    [
        '"a\\u0000b"',
        '"\\ud800"',
        '"\\udc00x"',
        "1e999",
        "-1e999",
        "1e126",
        "1e-131",
        "9223372036854775808",
        "-9223372036854775808000",
        "9" * 5000,
        "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH,
        "[" * 100_000 + "]" * 100_000,
        "[" * 100_000,
    ],
)
def test_what_nothing_can_keep_is_refused(value: str) -> None:
    for body in (f'{{"new_devicename": "Roof", "other": {value}}}', f'{{"new_devicename": [1, {{"x": {value}}}]}}'):
        with pytest.raises(InvalidInput):
            parse_call(operation(Rename), event(body))


def test_a_member_name_that_nothing_can_keep_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read_json('{"a\\u0000": 1}')


@pytest.mark.parametrize(
    "value", ["0", "-0.0", "9223372036854775807", "9.99e125", "1e-130", '"\\ud83d\\udca1"', "[[[]]]"]
)
def test_what_can_be_kept_is_read(value: str) -> None:
    assert read_json(f'{{"a": {value}}}') == {"a": json.loads(value)}


def test_the_size_of_a_body_is_counted_in_octets() -> None:
    fitting = json.dumps({"a": "x" * (MAX_BODY_BYTES - 9)})
    assert len(fitting) == MAX_BODY_BYTES
    assert read_json(fitting)

    for body in (fitting + " ", "\u00e9" * (MAX_BODY_BYTES // 2 + 1), "\ud800" * MAX_BODY_BYTES):
        with pytest.raises(RequestTooLarge):
            read_json(body)


@given(st.text())
def test_any_text_is_read_or_refused(body: str) -> None:
    try:
        read_json(body)
    except InvalidInput:
        return


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)))
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        assert read_json(json.dumps(value)) == value
    except InvalidInput:
        return
