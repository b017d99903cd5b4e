"""Every error has one status, every response the envelope and its headers."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from api.exports import File
from api.responses import STATUS, failure, is_ours, status_of, success, unexpected
from iotcloud import errors
from iotcloud.errors import (
    AlreadyExists,
    CommunicationFailed,
    DeviceNotRegistered,
    DeviceUnreachable,
    InvalidInput,
    IotCloudError,
    Problem,
    RequestTooLarge,
    TokenExpired,
)
from iotcloud.schema import Answer
from tests.failures import failure as refusal


class Reading(Answer):
    value: float | None = None
    note: str | None = None
    reply: dict[str, object] | None = None


def every_condition() -> Iterator[type[IotCloudError]]:
    waiting = [IotCloudError]
    while waiting:
        condition = waiting.pop()
        waiting.extend(condition.__subclasses__())
        yield condition


@pytest.mark.parametrize("condition", list(every_condition()))
def test_every_condition_has_a_status_of_the_contract_and_a_message(condition: type[IotCloudError]) -> None:
    assert status_of(condition) in {400, 401, 403, 404, 409, 413, 429, 500, 503}
    assert condition().message


@pytest.mark.parametrize("branch", IotCloudError.__subclasses__())
def test_every_branch_of_the_tree_is_in_the_table(branch: type[IotCloudError]) -> None:
    assert branch.__module__ != errors.__name__ or branch in STATUS


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        (InvalidInput, HTTPStatus.BAD_REQUEST),
        (RequestTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (TokenExpired, HTTPStatus.UNAUTHORIZED),
        (DeviceNotRegistered, HTTPStatus.NOT_FOUND),
        (AlreadyExists, HTTPStatus.CONFLICT),
        (CommunicationFailed, HTTPStatus.INTERNAL_SERVER_ERROR),
        (DeviceUnreachable, HTTPStatus.SERVICE_UNAVAILABLE),
    ],
)
def test_a_condition_has_the_status_of_its_nearest_base(condition: type[IotCloudError], status: HTTPStatus) -> None:
    assert status_of(condition) == status


def test_only_failures_of_ours_are_ours() -> None:
    assert is_ours(CommunicationFailed())
    assert not is_ours(DeviceUnreachable())
    assert not is_ours(InvalidInput())


def test_success_leaves_out_members_that_are_none() -> None:
    response = success(Reading(value=0.0), 200, "id-1")

    assert response.status_code == 200
    assert json.loads(response.body) == {"status": "OK", "message": "Done", "value": 0.0}


def test_success_keeps_null_inside_what_a_device_said() -> None:
    response = success(Reading(reply={"a": None}), 200, "id-1")

    assert json.loads(response.body)["reply"] == {"a": None}


def test_success_stays_json_whatever_a_device_said() -> None:
    response = success(Reading(reply={"a": float("nan"), "b": "\ud800", "c": float("inf")}), 200, "id-1")

    assert json.loads(response.body, parse_constant=pytest.fail)["reply"] == {"a": None, "b": "\ud800", "c": None}


def test_failure_carries_message_and_members() -> None:
    response = failure(DeviceUnreachable(value={"version": "0.1"}), "id-1")

    assert response.status_code == 503
    assert list(json.loads(response.body).items()) == [
        ("status", "NG"),
        ("code", "device_unreachable"),
        ("message", "Device is unreachable"),
        ("value", {"version": "0.1"}),
    ]


def test_failure_lets_no_member_replace_the_envelope() -> None:
    response = failure(InvalidInput("Reason", status="OK"), "id-1")

    assert json.loads(response.body) == refusal("Reason", "invalid_input")


def test_failure_names_the_members_that_are_wrong() -> None:
    response = failure(InvalidInput(detail=[Problem("limit", "1 to 100"), Problem("", "too many")]), "id-1")

    assert json.loads(response.body)["detail"] == [
        {"member": "limit", "reason": "1 to 100"},
        {"member": "", "reason": "too many"},
    ]


def test_codes_tell_all_conditions_apart() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, IotCloudError)]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert errors.DeviceNotRegistered.code == "device_not_registered"
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code) for kind in kinds)


def test_unexpected_says_nothing() -> None:
    response = unexpected("id-1")

    assert response.status_code == 500
    assert json.loads(response.body) == refusal("Internal server error")


@pytest.mark.parametrize(
    "response", [success(Answer(), 200, "id-1"), failure(InvalidInput(), "id-1"), unexpected("id-1")]
)
def test_every_answer_may_be_read_by_any_page_and_kept_by_none(response: object) -> None:
    headers = response.headers  # type: ignore[attr-defined]

    assert headers["Content-Type"] == "application/json"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["X-Request-Id"] == "id-1"


@pytest.mark.parametrize(("cursor", "shown"), [(None, None), ("b24", "b24")])
def test_a_file_is_answered_as_it_is_with_its_name_and_where_it_goes_on(cursor: str | None, shown: str | None) -> None:
    response = success(File("rows.csv", "text/csv; charset=utf-8", "a\r\né\r\n", cursor), 200, "r1").to_dict()

    assert (response["statusCode"], response["body"]) == (200, "a\r\né\r\n")
    assert response["headers"]["Content-Type"] == "text/csv; charset=utf-8"
    assert response["headers"]["Content-Disposition"] == 'attachment; filename="rows.csv"'
    assert response["headers"].get("X-Cursor") == shown
    assert response["headers"]["X-Request-Id"] == "r1"
    assert response["headers"]["Cache-Control"] == "no-store"
