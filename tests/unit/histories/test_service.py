"""Histories: newest first, of the caller's own devices only, page after page without gap or repetition."""

from threading import Barrier

import pytest

from iotcloud.devices.model import Role
from iotcloud.errors import DependencyFailed, InvalidInput
from iotcloud.histories.model import HistoryFilter, Lane, Message, Stretch, Window
from iotcloud.histories.service import MAX_MERGED, HistoryService
from iotcloud.pagination import make_cursor
from iotcloud.topics import Direction
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import after, device, message

ALL = HistoryFilter()


class Harness:
    """A history service, its devices and its messages."""

    def __init__(self, *devices: object) -> None:
        self.registry = FakeRegistry(list(devices))  # type: ignore[arg-type]
        self.messages = InMemoryMessages()
        self.service = HistoryService(self.registry, self.registry, self.messages)

    def keep(self, *messages: Message) -> None:
        self.messages.put_messages(messages)

    def read(self, asked: HistoryFilter = ALL, username: str = "ann", limit: int = 100) -> list[tuple[str, str]]:
        page = self.service.list_histories(username, asked, limit)
        assert page.cursor is None
        return [(entry.devicename, entry.message.message_id) for entry in page.items]

    def read_all(self, asked: HistoryFilter = ALL, limit: int = 3) -> list[str]:
        ids: list[str] = []
        cursor = None
        for _ in range(1000):
            page = self.service.list_histories("ann", asked, limit, cursor)
            assert len(page.items) <= limit
            ids += [entry.message.message_id for entry in page.items]
            cursor = page.cursor
            if cursor is None:
                return ids
        raise AssertionError("the list has no end")


def test_list_histories_puts_all_lanes_of_all_devices_in_one_order() -> None:
    harness = Harness(device("PH80", "Barn unit"), device("PH81", "Roof unit"))
    harness.keep(
        message(1, "PH80", lane=Lane.TO),
        message(2, "PH80"),
        message(3, "PH81", lane=Lane.READINGS),
        message(4, "PH81"),
    )

    assert harness.read() == [
        ("Roof unit", "m00004"),
        ("Roof unit", "m00003"),
        ("Barn unit", "m00002"),
        ("Barn unit", "m00001"),
    ]


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        (HistoryFilter(devicename="Roof unit"), ["m00006", "m00005"]),
        (HistoryFilter(devicename="Nobody's"), []),
        (HistoryFilter(direction=Direction.TO), ["m00005", "m00001"]),
        (HistoryFilter(direction=Direction.FROM), ["m00006", "m00004", "m00003", "m00002"]),
        (HistoryFilter(topic="set_status"), ["m00002", "m00001"]),
        (HistoryFilter(topic="sensor_reading"), ["m00004"]),
        (HistoryFilter(topic="set_status", direction=Direction.FROM), ["m00002"]),
        (HistoryFilter(begins_at=after(3)), ["m00006", "m00005", "m00004", "m00003"]),
        (HistoryFilter(begins_at=after(3), ends_at=after(4)), ["m00004", "m00003"]),
        (HistoryFilter(begins_at=after(4), ends_at=after(3)), []),
        (HistoryFilter(devicename="Barn unit", direction=Direction.TO, topic="set_status"), ["m00001"]),
    ],
)
def test_list_histories_lets_through_what_the_filter_asks_for(asked: HistoryFilter, ids: list[str]) -> None:
    harness = Harness(device("PH80", "Barn unit"), device("PH81", "Roof unit"))
    harness.keep(
        message(1, "PH80", lane=Lane.TO, topic="set_status"),
        message(2, "PH80", topic="set_status"),
        message(3, "PH80", topic="get_status"),
        message(4, "PH80", lane=Lane.READINGS),
        message(5, "PH81", lane=Lane.TO, topic="get_status"),
        message(6, "PH81", topic="get_status"),
    )

    assert [message_id for _, message_id in harness.read(asked)] == ids


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_list_histories_pages_show_every_message_once(limit: int) -> None:
    harness = Harness(device("PH80", "Barn unit"), device("PH81", "Roof unit"))
    lanes = [Lane.FROM, Lane.TO, Lane.READINGS, Lane.FROM]
    harness.keep(
        *(message(n, f"PH8{n % 2}", lane=lanes[n % 4], seconds=n // 5) for n in range(40)),
    )

    ids = harness.read_all(limit=limit)

    assert sorted(ids) == [f"m{n:05d}" for n in range(40)]
    assert ids == sorted(ids, reverse=True)


def test_list_histories_pages_go_on_where_they_stopped_while_new_messages_arrive() -> None:
    harness = Harness(device())
    harness.keep(*(message(n) for n in range(4)))
    first = harness.service.list_histories("ann", ALL, 2)
    harness.keep(message(9))

    second = harness.service.list_histories("ann", ALL, 2, first.cursor)

    assert [entry.message.message_id for entry in second.items] == ["m00001", "m00000"]


def test_list_histories_shows_the_name_that_a_device_has_now() -> None:
    harness = Harness(device("PH80", "Barn unit"))
    harness.keep(message(1))
    harness.registry.devices = [device("PH80", "Stable unit")]

    assert harness.read() == [("Stable unit", "m00001")]


def test_list_histories_shows_nothing_of_other_owners() -> None:
    harness = Harness(device("PH80", owner="ann"), device("PH90", "Barn unit", owner="bob"))
    harness.keep(message(1, "PH80", owner="ann"), message(2, "PH90", owner="bob"))

    assert harness.read(username="ann") == [("Barn unit", "m00001")]
    assert harness.read(username="bob") == [("Barn unit", "m00002")]
    assert harness.read(HistoryFilter(devicename="Barn unit"), "eve") == []


def test_list_histories_shows_nothing_of_a_devices_former_life() -> None:
    harness = Harness(device("PH80", owner="bob", registration="new"))
    harness.keep(
        message(1, owner="ann", registration="old"),
        message(2, owner="bob", registration="older"),
        message(3, owner="bob", registration="new"),
    )

    assert harness.read(username="bob") == [("Barn unit", "m00003")]
    assert harness.read(HistoryFilter(devicename="Barn unit"), "bob") == [("Barn unit", "m00003")]
    assert harness.read(username="ann") == []


def test_list_histories_shows_a_shared_device_to_its_viewer_by_name_only() -> None:
    harness = Harness(device("PH80", "Ann's barn", owner="ann", username="bob", role=Role.VIEWER))
    harness.keep(message(1, owner="ann"))

    assert harness.read(HistoryFilter(devicename="Ann's barn"), "bob") == [("Ann's barn", "m00001")]
    assert harness.read(username="bob") == []


def test_list_histories_shows_messages_about_notices_to_the_owner_alone() -> None:
    harness = Harness(device("PH80", "Barn"), device("PH80", "Ann's barn", username="bob", role=Role.OPERATOR))
    harness.keep(
        message(1),
        message(2, lane=Lane.TO, topic="status_notification", payload='{"status": "OK. message sent to a@b.c."}'),
        message(3, topic="trigger_notification/uart/email", payload='{"recipient": "a@b.c"}'),
        message(4, lane=Lane.TO, topic="status_notifications"),
    )

    assert len(harness.read(HistoryFilter(devicename="Barn"))) == 4
    assert [shown for _, shown in harness.read(HistoryFilter(devicename="Ann's barn"), "bob")] == ["m00004", "m00001"]
    assert harness.read(HistoryFilter(devicename="Ann's barn", topic="status_notification"), "bob") == []


def test_list_histories_of_many_devices_leaves_readings_to_the_question_for_one() -> None:
    harness = Harness(*(device(f"D{n}", f"unit {n}") for n in range(MAX_MERGED + 1)))
    harness.keep(message(1, "D1"), message(2, "D1", lane=Lane.READINGS))

    assert harness.read() == [("unit 1", "m00001")]
    assert harness.read(HistoryFilter(devicename="unit 1")) == [("unit 1", "m00002"), ("unit 1", "m00001")]


@pytest.mark.parametrize("cursor", ["nonsense", "", "ä"])
def test_list_histories_refuses_a_cursor_that_is_none(cursor: str) -> None:
    harness = Harness(device())
    if cursor == "":
        assert harness.service.list_histories("ann", ALL, 2, cursor).cursor is None
        return
    with pytest.raises(InvalidInput):
        harness.service.list_histories("ann", ALL, 2, cursor)


def test_list_histories_refuses_the_cursor_of_another_caller_or_another_question() -> None:
    harness = Harness(device())
    harness.keep(*(message(n) for n in range(4)))
    cursor = harness.service.list_histories("ann", ALL, 2).cursor

    for username, asked in (("bob", ALL), ("ann", HistoryFilter(topic="get_status"))):
        with pytest.raises(InvalidInput):
            harness.service.list_histories(username, asked, 2, cursor)


@pytest.mark.parametrize("position", ["", "\x00", "1583200000123#", "x" * 20, "1583200000123#a\x00"])
def test_list_histories_refuses_a_forged_position(position: str) -> None:
    harness = Harness(device())

    with pytest.raises(InvalidInput):
        harness.service.list_histories("ann", ALL, 2, make_cursor(f"histories of ann {ALL}", position))


class Waiting(InMemoryMessages):
    """Messages whose readings are only answered once those of so many devices are asked for."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.everyone = Barrier(number, timeout=30)

    def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
        self.everyone.wait()
        return super().read_device(deviceid, registration, lane, window)


def test_list_histories_reads_all_devices_together() -> None:
    harness = Harness(*(device(f"D{n}", f"unit {n}") for n in range(5)))
    harness.messages = Waiting(5)
    harness.service = HistoryService(harness.registry, harness.registry, harness.messages)
    harness.keep(*(message(n, f"D{n}", lane=Lane.READINGS) for n in range(5)))

    assert harness.read() == [(f"unit {n}", f"m0000{n}") for n in reversed(range(5))]


def test_list_histories_fails_whole_when_one_device_cannot_be_read() -> None:
    class Failing(InMemoryMessages):
        def read_device(self, deviceid: str, registration: str, lane: Lane, window: Window) -> Stretch:
            if deviceid == "D3":
                raise DependencyFailed("D3 cannot be read")
            return super().read_device(deviceid, registration, lane, window)

    harness = Harness(*(device(f"D{n}", f"unit {n}") for n in range(5)))
    harness.service = HistoryService(harness.registry, harness.registry, Failing())

    with pytest.raises(DependencyFailed):
        harness.read()


@pytest.mark.parametrize(("devices", "most"), [(1, 101), (3, 250), (10, 250)])
def test_list_histories_reads_few_more_readings_than_it_shows(devices: int, most: int) -> None:
    harness = Harness(*(device(f"D{n}", f"unit {n}") for n in range(devices)))
    harness.keep(*(message(n, f"D{n % devices}", lane=Lane.READINGS) for n in range(2000)))

    page = harness.service.list_histories("ann", ALL, 100)

    assert [entry.message.message_id for entry in page.items] == [f"m{n:05d}" for n in reversed(range(1900, 2000))]
    assert harness.messages.rows_read <= most


def test_list_histories_reads_on_where_one_device_sends_more_than_others() -> None:
    harness = Harness(*(device(f"D{n}", f"unit {n}") for n in range(10)))
    harness.keep(*(message(n, "D3", lane=Lane.READINGS) for n in range(500)))
    harness.keep(*(message(n + 600, f"D{n}", lane=Lane.READINGS, seconds=n * 50) for n in range(10)))

    assert harness.read_all(limit=100) == [
        one.message_id for one in sorted(harness.messages.rows.values(), key=lambda one: one.position, reverse=True)
    ]
    first = harness.service.list_histories("ann", ALL, 100)
    assert len(first.items) == 100
