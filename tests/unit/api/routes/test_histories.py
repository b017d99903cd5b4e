"""Operations 8A, 8B and 8.8 over HTTP: shapes, limits and refusals."""

import base64
import json
from typing import Any

import pytest

from iotcloud.histories.model import Lane
from iotcloud.histories.service import HistoryService
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import device, message
from tests.parts import replace_part

PATH = "/devices/histories"
ANN = FakeTokens.issue("ann")
NOON = 1793620800


@pytest.fixture
def messages(wired: Wiring) -> InMemoryMessages:
    registry, messages = FakeRegistry([device()]), InMemoryMessages()
    replace_part(wired, "histories.service", HistoryService(registry, registry, messages))
    return messages


def ids(answer: Any) -> list[int]:
    return [each["timestamp"] - NOON for each in answer.body["transactions"]]


def test_list_histories_answers_in_the_contracts_shape(messages: InMemoryMessages) -> None:
    messages.put_messages([message(1, payload='{"value": {"status": 1}}')])

    answer = call_api("GET", PATH, token=ANN)

    assert answer.status == 200
    assert answer.body == {
        "status": "OK",
        "message": "Done",
        "transactions": [
            {
                "devicename": "Barn unit",
                "deviceid": "PH80",
                "direction": "From",
                "topic": "get_status",
                "payload": '{"value": {"status": 1}}',
                "timestamp": NOON + 1,
            }
        ],
    }


def test_list_histories_marks_what_is_not_text(messages: InMemoryMessages) -> None:
    from dataclasses import replace

    messages.put_messages([replace(message(1), payload=base64.b64encode(b"\xff").decode(), is_base64=True)])

    (shown,) = call_api("GET", PATH, token=ANN).body["transactions"]

    assert (shown["payload"], shown["encoding"]) == ("/w==", "base64")


def test_list_histories_is_empty_for_a_new_caller(messages: InMemoryMessages) -> None:
    assert call_api("GET", PATH, token=FakeTokens.issue("bob")).body["transactions"] == []


def test_list_histories_gives_old_clients_the_newest_hundred(messages: InMemoryMessages) -> None:
    messages.put_messages([message(number) for number in range(130)])

    answer = call_api("GET", PATH, token=ANN)

    assert ids(answer) == list(range(129, 29, -1))
    assert "cursor" in answer.body


def test_list_histories_goes_on_with_the_cursor(messages: InMemoryMessages) -> None:
    messages.put_messages([message(number) for number in range(5)])

    first = call_api("GET", f"{PATH}?limit=3", token=ANN)
    second = call_api("GET", f"{PATH}?limit=3&cursor={first.body['cursor']}", token=ANN)

    assert (ids(first), ids(second)) == ([4, 3, 2], [1, 0])
    assert "cursor" not in second.body


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=-1", "limit=x", "limit=1e2", "cursor=x", "cursor=%00"]
)
def test_list_histories_refuses_limits_and_cursors_that_are_none(messages: InMemoryMessages, query: str) -> None:
    answer = call_api("GET", f"{PATH}?{query}", token=ANN)

    assert (answer.status, answer.body["status"]) == (400, "NG")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_histories_refuse_callers_without_a_token(messages: InMemoryMessages, method: str) -> None:
    assert call_api(method, PATH).status == 401


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, [4, 3, 2, 1]),
        ({}, [4, 3, 2, 1]),
        ({"devicename": "", "direction": "", "topic": "", "datebegin": 0, "dateend": 0}, [4, 3, 2, 1]),
        ({"devicename": None, "direction": None, "topic": None, "datebegin": None, "dateend": None}, [4, 3, 2, 1]),
        ({"devicename": "Barn unit"}, [4, 3, 2, 1]),
        ({"devicename": "Roof unit"}, []),
        ({"devicename": "no/name\n"}, []),
        ({"direction": "To"}, [1]),
        ({"direction": "From", "topic": "get_status"}, [2]),
        ({"topic": "sensor_reading"}, [3]),
        ({"datebegin": NOON + 2, "dateend": NOON + 3}, [3, 2]),
        ({"dateend": NOON + 3}, [4, 3, 2, 1]),
        ({"datebegin": NOON + 3, "deviceid": "ignored"}, [4, 3]),
        ({"limit": 2}, [4, 3]),
    ],
)
def test_find_histories_lets_through_what_is_asked_for(
    messages: InMemoryMessages, asked: dict[str, object] | None, found: list[int]
) -> None:
    messages.put_messages(
        [
            message(1, lane=Lane.TO),
            message(2),
            message(3, lane=Lane.READINGS),
            message(4, topic="trigger_notification/uart/email"),
        ]
    )

    answer = call_api("POST", PATH, asked, ANN)

    assert answer.status == 200
    assert ids(answer) == found


@pytest.mark.parametrize(
    "asked",
    [
        [],
        {"direction": "Sideways"},
        {"direction": 1},
        {"devicename": 1},
        {"devicename": "x" * 5000},
        {"topic": []},
        {"datebegin": "1583200000"},
        {"datebegin": -1},
        {"datebegin": 10**10},
        {"datebegin": 1.5},
        {"dateend": True},
        {"limit": 0},
        {"limit": 101},
        {"limit": "5"},
        {"cursor": "x"},
        {"cursor": 7},
    ],
)
def test_find_histories_refuses_malformed_filters(messages: InMemoryMessages, asked: object) -> None:
    answer = call_api("POST", PATH, asked, ANN)

    assert (answer.status, answer.body["status"]) == (400, "NG")


def test_find_histories_takes_a_cursor_for_the_same_filter_only(messages: InMemoryMessages) -> None:
    messages.put_messages([message(number) for number in range(5)])
    asked = {"direction": "From", "limit": 3}

    cursor = call_api("POST", PATH, asked, ANN).body["cursor"]

    assert ids(call_api("POST", PATH, asked | {"cursor": cursor}, ANN)) == [1, 0]
    assert call_api("POST", PATH, {"cursor": cursor}, ANN).status == 400
    assert call_api("POST", PATH, asked | {"cursor": cursor}, FakeTokens.issue("bob")).status == 400


def export(query: str = "", token: str | None = ANN) -> ApiAnswer:
    return call_api("GET", f"{PATH}/export{query}", token=token)


def exported(answer: ApiAnswer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines()]


def test_export_histories_writes_a_table(messages: InMemoryMessages) -> None:
    messages.put_messages([message(1, payload='{"value": "é"}'), message(2, lane=Lane.TO, payload="=1+1")])

    answer = export()

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="histories.csv"'
    assert answer.text.split("\r\n") == [
        "devicename,deviceid,direction,topic,payload,encoding,timestamp",
        f"Barn unit,PH80,To,get_status,'=1+1,,{NOON + 2}",
        f'Barn unit,PH80,From,get_status,"{{""value"": ""é""}}",,{NOON + 1}',
        "",
    ]


def test_export_histories_has_the_rows_of_the_list(messages: InMemoryMessages) -> None:
    messages.put_messages([message(1, payload='{"value": "é"}'), message(2, lane=Lane.READINGS)])

    assert exported(export("?format=ndjson")) == call_api("GET", PATH, token=ANN).body["transactions"]


def test_export_histories_goes_on_where_the_page_ended(messages: InMemoryMessages) -> None:
    messages.put_messages([message(number) for number in range(4500)])
    texts, cursor = [], ""
    while cursor is not None:
        answer = export(f"?format=ndjson&cursor={cursor}")
        texts.append(answer.text)
        cursor = answer.headers.get("X-Cursor")

    found = [json.loads(line)["timestamp"] - NOON for line in "".join(texts).splitlines()]

    assert found == list(range(4499, -1, -1))
    assert len(texts) == 3
    assert "X-Cursor" in answer.headers["Access-Control-Expose-Headers"]


def test_export_histories_stays_far_below_what_lambda_answers(messages: InMemoryMessages) -> None:
    messages.put_messages([message(number, payload='"\\' * 60_000) for number in range(40)])

    for name in ("csv", "ndjson"):
        answer = export(f"?format={name}")
        assert len(json.dumps(answer.text)) < 6_000_000 * 0.8
        assert "X-Cursor" in answer.headers


def test_export_histories_of_nothing_is_a_table_without_rows(messages: InMemoryMessages) -> None:
    nobody = FakeTokens.issue("bob")

    assert export("", nobody).text == "devicename,deviceid,direction,topic,payload,encoding,timestamp\r\n"
    assert export("?format=ndjson", nobody).text == ""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("devicename=Barn unit", [4, 3, 2, 1]),
        ("devicename=Roof unit", []),
        ("direction=To", [1]),
        ("direction=From&topic=get_status", [2]),
        (f"datebegin={NOON + 2}&dateend={NOON + 3}", [3, 2]),
        (f"datebegin={NOON + 3}&unknown=1", [4, 3]),
        ("datebegin=&dateend=&topic=&direction=&devicename=", [4, 3, 2, 1]),
    ],
)
def test_export_histories_lets_through_what_is_asked_for(
    messages: InMemoryMessages, asked: str, found: list[int]
) -> None:
    messages.put_messages(
        [message(1, lane=Lane.TO), message(2), message(3, lane=Lane.READINGS), message(4, topic="trigger")]
    )

    assert [row["timestamp"] - NOON for row in exported(export(f"?format=ndjson&{asked}"))] == found


@pytest.mark.parametrize(
    "asked",
    [
        "format=xml",
        "direction=Sideways",
        "datebegin=x",
        "datebegin=-1",
        "datebegin=99999999999",
        "dateend=1.5",
        "cursor=x",
    ],
)
def test_export_histories_refuses_malformed_questions(messages: InMemoryMessages, asked: str) -> None:
    answer = export(f"?{asked}")

    assert (answer.status, answer.body["status"]) == (400, "NG")


def test_export_histories_refuses_callers_without_a_token(messages: InMemoryMessages) -> None:
    assert export("", None).status == 401


def test_export_histories_takes_nobody_elses_cursor(messages: InMemoryMessages) -> None:
    messages.put_messages([message(number) for number in range(2001)])

    cursor = export().headers["X-Cursor"]

    assert export(f"?cursor={cursor}", FakeTokens.issue("bob")).status == 400
