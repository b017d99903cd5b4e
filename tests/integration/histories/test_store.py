"""One suite for the table of messages, run against the fake and DynamoDB (moto)."""

from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from botocore.client import BaseClient
from moto import mock_aws

from iotcloud.dynamodb import bind
from iotcloud.errors import DependencyFailed
from iotcloud.histories.interfaces import MessageLog, MessageWriter
from iotcloud.histories.model import NEWEST, OLDEST, Lane, Message, Span, Window, just_before, position_of
from iotcloud.histories.store import MAX_PAGES, MessageRow, MessageStore
from iotcloud.readings.interfaces import ReadingLog, SpanLog
from iotcloud.topics import Direction
from tests.fakes.histories import InMemoryMessages
from tests.fakes.messages import after, message


class Messages(MessageWriter, MessageLog, ReadingLog, SpanLog, Protocol):
    """Both sides of the table."""


@pytest.fixture
def table(environment: dict[str, str]) -> Iterator[MessageStore]:
    with mock_aws():
        bind(MessageRow, environment["TABLE_PREFIX"], environment["AWS_REGION"])
        MessageRow.create_table(billing_mode="PAY_PER_REQUEST", wait=True)
        yield MessageStore(history_days=30, reading_days=7)


@pytest.fixture(params=["memory", "dynamodb"])
def messages(request: pytest.FixtureRequest) -> Messages:
    if request.param == "memory":
        return InMemoryMessages()
    store: MessageStore = request.getfixturevalue("table")
    return store


def window(limit: int = 100, topic: str | None = None, oldest: str = OLDEST, newest: str = NEWEST) -> Window:
    return Window(oldest, newest, limit, topic)


def ids(found: Any) -> list[str]:
    return [each.message_id for each in found.messages]


def test_what_is_written_is_read_back(messages: Messages) -> None:
    kept = [
        message(1, payload='{"value": "ü"}'),
        message(2, payload=""),
        Message("ann", "PH80", "rPH80", Lane.FROM, "a/b/c", "/wA=", True, after(3), "m00003"),
    ]

    assert list(messages.put_messages(kept)) == []

    assert list(messages.read_device("PH80", "rPH80", Lane.FROM, window()).messages) == kept[::-1]


def test_writing_again_changes_nothing(messages: Messages) -> None:
    messages.put_messages([message(1), message(2)])
    messages.put_messages([message(2), message(1)])

    assert ids(messages.read_device("PH80", "rPH80", Lane.FROM, window())) == ["m00002", "m00001"]


def test_more_messages_than_one_request_takes_are_all_written(messages: Messages) -> None:
    assert list(messages.put_messages([message(number) for number in range(60)])) == []

    assert len(messages.read_device("PH80", "rPH80", Lane.FROM, window()).messages) == 60


def test_lanes_devices_and_registrations_lie_apart(messages: Messages) -> None:
    messages.put_messages(
        [
            message(1),
            message(2, lane=Lane.TO),
            message(3, lane=Lane.READINGS),
            message(4, "PH81"),
            message(5, registration="earlier"),
        ]
    )

    assert ids(messages.read_device("PH80", "rPH80", Lane.FROM, window())) == ["m00001"]
    assert ids(messages.read_device("PH80", "rPH80", Lane.TO, window())) == ["m00002"]
    assert ids(messages.read_device("PH80", "rPH80", Lane.READINGS, window())) == ["m00003"]


def test_an_owners_directions_hold_all_devices_but_no_readings(messages: Messages) -> None:
    messages.put_messages(
        [
            message(1, "PH80"),
            message(2, "PH81"),
            message(3, "PH80", lane=Lane.TO),
            message(4, "PH80", lane=Lane.READINGS),
            message(5, "PH90", owner="bob"),
        ]
    )

    assert ids(messages.read_owner("ann", Direction.FROM, window())) == ["m00002", "m00001"]
    assert ids(messages.read_owner("ann", Direction.TO, window())) == ["m00003"]


def test_a_window_has_both_its_ends(messages: Messages) -> None:
    messages.put_messages([message(number) for number in range(10)])

    found = messages.read_device(
        "PH80", "rPH80", Lane.FROM, window(oldest=position_of(after(3)), newest=message(6).position)
    )

    assert ids(found) == ["m00006", "m00005", "m00004", "m00003"]


def test_what_does_not_fit_is_told_by_where_reading_stopped(messages: Messages) -> None:
    messages.put_messages([message(number) for number in range(10)])

    found = messages.read_device("PH80", "rPH80", Lane.FROM, window(limit=4))

    assert ids(found)[:4] == ["m00009", "m00008", "m00007", "m00006"]
    assert found.reached == found.messages[-1].position


def test_a_window_that_holds_exactly_the_limit_has_no_more(messages: Messages) -> None:
    messages.put_messages([message(number) for number in range(4)])

    assert messages.read_device("PH80", "rPH80", Lane.FROM, window(limit=4)).reached is None


def test_a_topic_is_found_among_others(messages: Messages) -> None:
    messages.put_messages([message(number, topic="rare" if number % 10 == 0 else "common") for number in range(40)])

    assert ids(messages.read_device("PH80", "rPH80", Lane.FROM, window(topic="rare"))) == [
        "m00030",
        "m00020",
        "m00010",
        "m00000",
    ]


def test_a_topic_that_is_not_there_costs_a_bounded_number_of_requests(table: MessageStore) -> None:
    large = "x" * 100_000
    table.put_messages([message(number, payload=large) for number in range(60)])
    requests = count_requests(MessageRow)

    found = table.read_device("PH80", "rPH80", Lane.FROM, window(topic="never"))

    assert requests.count("Query") == MAX_PAGES
    assert found.messages == []
    assert found.reached is not None


@pytest.mark.parametrize(("lane", "days"), [(Lane.FROM, 30), (Lane.TO, 30), (Lane.READINGS, 7)])
def test_rows_expire_by_the_time_they_were_received(table: MessageStore, lane: Lane, days: int) -> None:
    table.put_messages([message(1, lane=lane)])

    (row,) = MessageRow.query(f"PH80#rPH80#{lane}")

    assert row.expires_at == int(after(1).timestamp()) + days * 86400


def test_a_lane_is_read_on_from_a_position_oldest_first(messages: Messages) -> None:
    messages.put_messages([message(number, lane=Lane.READINGS) for number in range(60)])

    found = messages.read_on("PH80", "rPH80", Lane.READINGS, message(50, lane=Lane.READINGS).position)

    assert found is not None
    assert [each.message_id for each in found] == [f"m{number:05d}" for number in range(50, 60)]


def test_the_newest_few_of_a_lane_are_read_back_from_a_position(messages: Messages) -> None:
    kept = [message(number, lane=Lane.READINGS) for number in range(60)]
    messages.put_messages([*kept, message(61)])

    assert list(messages.read_back("PH80", "rPH80", Lane.READINGS, NEWEST)) == kept[:-26:-1]
    assert list(messages.read_back("PH80", "rPH80", Lane.READINGS, just_before(kept[3].position))) == kept[2::-1]
    assert list(messages.read_back("PH80", "rPH80", Lane.READINGS, OLDEST)) == []


def test_a_lane_is_read_forward_window_by_window(messages: Messages) -> None:
    kept = [message(number, lane=Lane.READINGS) for number in range(10)]
    messages.put_messages(kept)

    first = messages.read_forward("PH80", "rPH80", Lane.READINGS, window(limit=4, oldest=kept[2].position))
    assert list(first.messages) == kept[2:6]
    assert first.reached == kept[5].position

    rest = window(limit=100, oldest=kept[6].position, newest=kept[8].position)
    last = messages.read_forward("PH80", "rPH80", Lane.READINGS, rest)
    assert list(last.messages) == kept[6:9]
    assert last.reached is None


def test_a_lane_is_not_read_on_when_that_is_more_than_one_request_reads(table: MessageStore) -> None:
    table.put_messages([message(number, lane=Lane.READINGS, payload="x" * 100_000) for number in range(12)])

    assert table.read_on("PH80", "rPH80", Lane.READINGS, OLDEST) is None


def test_readings_are_not_in_the_index_that_would_double_their_cost(table: MessageStore) -> None:
    table.put_messages([message(1, lane=Lane.READINGS), message(2)])

    assert [row.sort for row in MessageRow.by_owner.query("ann#From")] == [message(2).position]


def test_a_request_that_fails_returns_its_messages(table: MessageStore) -> None:
    MessageRow.delete_table()

    unwritten = table.put_messages([message(1), message(2)])

    assert list(unwritten) == [message(1), message(2)]


def test_only_what_dynamodb_left_unprocessed_is_returned(table: MessageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB throttles single rows of a batch; PynamoDB sends those once more, and then gives up."""
    client = MessageRow._get_connection().connection.client
    original = client._make_api_call

    def throttle(name: str, arguments: Any) -> Any:
        if name != "BatchWriteItem":
            return original(name, arguments)
        ((name_of_table, requests),) = arguments["RequestItems"].items()
        refused = [each for each in requests if "m00002" in each["PutRequest"]["Item"]["sort"]["S"]]
        taken = [each for each in requests if each not in refused]
        if taken:
            original(name, arguments | {"RequestItems": {name_of_table: taken}})
        return {"UnprocessedItems": {name_of_table: refused} if refused else {}}

    monkeypatch.setattr(client, "_make_api_call", throttle)

    unwritten = table.put_messages([message(1), message(2), message(3)])

    assert [each.message_id for each in unwritten] == ["m00002"]
    assert ids(table.read_device("PH80", "rPH80", Lane.FROM, window())) == ["m00003", "m00001"]


def count_requests(row: Any) -> list[str]:
    """Note the name of every request that the row's client sends from now on."""
    sent: list[str] = []
    client: BaseClient = row._get_connection().connection.client
    client.meta.events.register("before-call", lambda model, **_: sent.append(model.name))
    return sent


def spans() -> list[Span]:
    return [
        Span(position_of(after(n), f"m{n:05}+0"), position_of(after(n + 50), f"m{n:05}+9"), message(n + 60).position)
        for n in range(60)
    ]


def test_spans_are_found_by_where_they_begin(messages: Messages) -> None:
    messages.put_spans("ann", "PH80", "rPH80", spans())
    messages.put_spans("ann", "PH80", "rPH80", spans()[:1])

    assert messages.read_spans("PH80", "rPH80", OLDEST, NEWEST, 100) == (spans(), None)
    assert messages.read_spans("PH80", "another", OLDEST, NEWEST, 100)[0] in ([], ())
    found, reached = messages.read_spans("PH80", "rPH80", position_of(after(10)), position_of(after(20)), 4)
    assert (found, reached) == (spans()[10:14], spans()[13].first)
    assert messages.read_spans("PH80", "rPH80", NEWEST, OLDEST, 4)[1] is None


def test_messages_are_found_by_their_positions(messages: Messages) -> None:
    kept = [message(n, lane=Lane.READINGS, payload=f"ü{n}") for n in range(120)]
    messages.put_messages(kept)

    found = messages.find_messages("PH80", "rPH80", [one.position for one in kept] + [message(500).position])

    assert sorted(found, key=lambda one: one.position) == kept


def test_spans_are_erased_with_the_device(table: MessageStore) -> None:
    table.put_spans("ann", "PH80", "rPH80", spans())
    table.put_spans("ann", "PH81", "rPH81", spans())

    table.erase("PH80", "rPH80")

    assert table.read_spans("PH80", "rPH80", OLDEST, NEWEST, 100) == ([], None)
    assert len(table.read_spans("PH81", "rPH81", OLDEST, NEWEST, 100)[0]) == 60


def test_spans_that_cannot_be_kept_are_a_failure(table: MessageStore) -> None:
    MessageRow.delete_table()

    with pytest.raises(DependencyFailed):
        table.put_spans("ann", "PH80", "rPH80", spans())
