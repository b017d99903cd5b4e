"""The historian stores every message of a registered device once, parks all others, and updates the heartbeat."""

from collections.abc import Collection, Mapping, Sequence

from iotcloud.histories.model import Lane, Message
from iotcloud.histories.recording import UNKNOWN_DEVICE, Recorder
from iotcloud.ingest import Delivery
from tests.fakes.histories import FakeParking, FakeRegistry, InMemoryMessages
from tests.fakes.messages import after, delivery, device


class Harness:
    """A recorder and its dependencies."""

    def __init__(self, *devices: object, heartbeat_seconds: int = 10) -> None:
        self.registry = FakeRegistry(list(devices))  # type: ignore[arg-type]
        self.messages = InMemoryMessages()
        self.parking = FakeParking()
        self.recorder = Recorder(self.registry, self.messages, self.parking, heartbeat_seconds)

    @property
    def kept(self) -> list[tuple[str, Lane, str, str]]:
        return [(row.deviceid, row.lane, row.topic, row.payload) for row in self.messages.rows.values()]


def test_record_messages_keeps_both_directions_with_topic_and_payload() -> None:
    harness = Harness(device())

    recorded = harness.recorder.record_messages(
        [
            delivery(1, "PH80/get_status", b"{}"),
            delivery(2, "server/PH80/get_status", b'{"value": {"status": 1}}'),
            delivery(3, "server/PH80/sensor_reading", b'{"sensors": {}}'),
        ]
    )

    assert harness.kept == [
        ("PH80", Lane.TO, "get_status", "{}"),
        ("PH80", Lane.FROM, "get_status", '{"value": {"status": 1}}'),
        ("PH80", Lane.READINGS, "sensor_reading", '{"sensors": {}}'),
    ]
    assert len(recorded.kept) == 3
    assert recorded.failed == []
    assert recorded.parked == {}


def test_record_messages_keeps_them_for_the_owner_and_registration_of_now() -> None:
    harness = Harness(device(owner="ann", registration="second life"))

    harness.recorder.record_messages([delivery(1)])

    (row,) = harness.messages.rows.values()
    assert (row.owner, row.registration) == ("ann", "second life")


def test_record_messages_keeps_what_is_not_text_as_base64_and_empty_as_empty() -> None:
    harness = Harness(device())

    harness.recorder.record_messages([delivery(1, payload=b"\xff\x00"), delivery(2, payload=b"")])

    assert [(row.payload, row.is_base64) for row in harness.messages.rows.values()] == [("/wA=", True), ("", False)]


def test_record_messages_writes_a_message_once_that_a_batch_holds_twice() -> None:
    harness = Harness(device())

    recorded = harness.recorder.record_messages([delivery(1), delivery(1, again="b"), delivery(2)])

    assert len(recorded.kept) == 2
    assert harness.messages.writes == 2


def test_record_messages_changes_nothing_when_a_batch_comes_again() -> None:
    harness = Harness(device())
    batch = [delivery(number) for number in range(5)]

    harness.recorder.record_messages(batch)
    before = dict(harness.messages.rows)
    harness.recorder.record_messages(batch[::-1])

    assert harness.messages.rows == before


def test_record_messages_reports_every_delivery_of_a_message_that_was_not_written() -> None:
    harness = Harness(device())
    harness.messages.refused = {"m00002"}

    recorded = harness.recorder.record_messages([delivery(1), delivery(2), delivery(2, again="b"), delivery(3)])

    assert recorded.failed == ["d2", "d2b"]
    assert len(recorded.kept) == 2


def test_record_messages_parks_messages_of_unknown_devices_and_unreadable_ones() -> None:
    harness = Harness(device())
    unreadable = Delivery("d9", "nonsense", None, "body is not JSON")

    recorded = harness.recorder.record_messages([delivery(1), delivery(2, "server/GONE/get_status"), unreadable])

    assert harness.parking.parked == {"body 2": UNKNOWN_DEVICE, "nonsense": "body is not JSON"}
    assert recorded.parked == {UNKNOWN_DEVICE: 1, "body is not JSON": 1}
    assert recorded.failed == []
    assert len(harness.kept) == 1


def test_record_messages_notes_the_newest_heartbeat_of_each_device_once() -> None:
    harness = Harness(device("PH80"), device("PH81", "Roof unit"))

    harness.recorder.record_messages(
        [
            delivery(1, "server/PH80/a", seconds=3),
            delivery(2, "server/PH80/b", seconds=9),
            delivery(3, "server/PH80/c", seconds=6),
            delivery(4, "server/PH81/a", seconds=1),
        ]
    )

    assert harness.registry.heartbeats == {"PH80": after(9), "PH81": after(1)}


def test_record_messages_takes_no_heartbeat_from_what_the_server_sent() -> None:
    harness = Harness(device())

    harness.recorder.record_messages([delivery(1, "PH80/get_status")])

    assert harness.registry.heartbeats == {}


def test_record_messages_leaves_a_heartbeat_alone_that_is_new_enough() -> None:
    harness = Harness(device(heartbeat_at=after(0)), heartbeat_seconds=10)

    harness.recorder.record_messages([delivery(1, seconds=9.9)])
    assert harness.registry.heartbeats == {}

    harness.recorder.record_messages([delivery(2, seconds=10)])
    assert harness.registry.heartbeats == {"PH80": after(10)}


def test_record_messages_does_nothing_for_an_empty_batch() -> None:
    harness = Harness()

    assert harness.recorder.record_messages([]).kept == {}
    assert harness.parking.parked == {}


def test_what_is_parked_is_parked_once_when_another_record_cannot_be_written() -> None:
    calls: list[str] = []

    class Counting(FakeParking):
        def park(self, bodies: Mapping[str, str]) -> None:
            calls.extend(bodies)
            super().park(bodies)

    class Failing(InMemoryMessages):
        def put_messages(self, messages: Sequence[Message]) -> Collection[Message]:
            if any(message.message_id == "m00003" for message in messages):
                raise ValueError("a row that the table refuses")
            return super().put_messages(messages)

    recorder = Recorder(FakeRegistry([device("PH80")]), Failing(), Counting(), heartbeat_seconds=10)
    deliveries = [delivery(number, "server/PH80/get_status") for number in range(1, 9)]

    recorded = recorder.record_messages([*deliveries, delivery(9, "server/GONE/get_status")])

    assert recorded.failed == ["d3"]
    assert len(recorded.kept) == 7
    assert calls == ["body 9"]
