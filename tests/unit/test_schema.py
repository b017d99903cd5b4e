"""Request bodies: each fault raises the contract's error."""

from typing import Annotated

import pytest
from pydantic import StringConstraints

from iotcloud.errors import EmptyParameter, InvalidInput, MissingParameter
from iotcloud.schema import Answer, Body


class Registration(Body):
    deviceid: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    slot: int = 1


def test_members_that_the_schema_does_not_know_are_ignored() -> None:
    assert Registration.parse({"deviceid": "PH80", "addresses": [1]}) == Registration(deviceid="PH80")


@pytest.mark.parametrize("members", [None, {}, {"slot": 2}])
def test_an_absent_member_is_a_missing_parameter(members: object) -> None:
    with pytest.raises(MissingParameter):
        Registration.parse(members)


def test_an_empty_text_is_an_empty_parameter() -> None:
    with pytest.raises(EmptyParameter):
        Registration.parse({"deviceid": ""})


@pytest.mark.parametrize(
    "members", [{"deviceid": 5}, {"deviceid": "x" * 17}, {"deviceid": "PH80", "slot": "one"}, [], "text", 5, True]
)
def test_a_wrong_type_or_size_is_invalid_and_names_the_member(members: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        Registration.parse(members)

    assert type(refused.value) is InvalidInput


def test_a_query_has_its_numbers_in_text() -> None:
    assert Registration.parse_query({"deviceid": "80", "slot": "3"}) == Registration(deviceid="80", slot=3)
    assert Registration.parse_query({"deviceid": "80", "slot": ""}) == Registration(deviceid="80")


@pytest.mark.parametrize("slot", ["one", "1.5", "1e1", "-", "٣²"])
def test_a_query_with_a_wrong_number_is_invalid(slot: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Registration.parse_query({"deviceid": "80", "slot": slot})

    assert refused.value.detail[0].member == "slot"


def test_an_absent_query_parameter_is_a_missing_parameter() -> None:
    with pytest.raises(MissingParameter):
        Registration.parse_query({"deviceid": ""})


def test_an_answer_carries_the_envelope() -> None:
    assert Answer().model_dump() == {"status": "OK", "message": "Done"}
