"""Which reply a caller gets, when a command is written, and what is done about a connection that died."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from iotcloud.adapters import device_link
from iotcloud.adapters.device_link import LEAST_SECONDS, MqttDeviceLink, read_reply
from iotcloud.adapters.mqtt_session import Message, SessionLost
from iotcloud.commands.model import OVERTAKEN_FOR, OWED_FOR, SETTLED_AFTER
from iotcloud.devices.model import Device
from iotcloud.errors import CommunicationFailed, DeviceUnreachable
from tests.fakes.command_leases import FakeCommandLeases
from tests.fakes.devices import make_device
from tests.fakes.mqtt_session import FakeMqttSession, Replies, SentPublish

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TURN = ("PH80", "get_status")
REPLIES = "server/PH80/get_status"


def plain(text: str) -> Message:
    """A reply of a device that returns no correlation data."""
    return Message(text.encode(), None)


def correlated(sent: SentPublish, text: str = '{"value": 1}') -> Message:
    return Message(text.encode(), sent.correlation)


@dataclass
class Line:
    """A link and its dependencies; each connection is the next of `sessions`."""

    sessions: list[FakeMqttSession | SessionLost] = field(default_factory=lambda: [FakeMqttSession()])
    leases: FakeCommandLeases = field(default_factory=FakeCommandLeases)
    protocols: list[tuple[str, bool]] = field(default_factory=list)
    settle_seconds: float = 0.0
    deadlines: list[float] = field(default_factory=list)
    """By when each connection had to be there."""

    def __post_init__(self) -> None:
        self.link = MqttDeviceLink(self._connect, self.leases, self, self.settle_seconds, now=lambda: NOW)  # type: ignore[arg-type]

    @property
    def connects(self) -> int:
        return len(self.deadlines)

    def _connect(self, deadline: float) -> FakeMqttSession:
        session = self.sessions[self.connects]
        self.deadlines.append(deadline)
        if isinstance(session, SessionLost):
            raise session
        return session

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        self.protocols.append((deviceid, is_mqtt5))

    @property
    def session(self) -> FakeMqttSession:
        session = self.sessions[self.connects - 1]
        assert isinstance(session, FakeMqttSession)
        return session

    def answer_with(self, replies: Replies) -> None:
        for session in self.sessions:
            if isinstance(session, FakeMqttSession):
                session.replies = replies

    def ask(self, api: str = "get_status", *, is_mqtt5: bool | None = None, seconds: float = 3.0) -> Mapping[str, Any]:
        return self.link.request(device(is_mqtt5), api, {}, seconds)


def device(is_mqtt5: bool | None = None) -> Device:
    return make_device(deviceid="PH80", is_mqtt5=is_mqtt5)


@pytest.fixture
def line() -> Line:
    return Line()


# ---------------------------------------------------------------- messages


def test_a_command_goes_to_the_device_and_names_where_its_reply_is_awaited(line: Line) -> None:
    line.answer_with(lambda sent: [correlated(sent)])

    line.link.request(device(True), "enable_gpio", {"enable": 1, "number": 2})

    (sent,) = line.session.sent
    assert (sent.topic, sent.response_topic) == ("PH80/enable_gpio", "server/PH80/enable_gpio")
    assert sent.payload == b'{"enable": 1, "number": 2}'
    assert list(line.session.kept) == ["server/PH80/enable_gpio"]
    assert line.session.topic is None


def test_every_command_has_a_correlation_of_its_own(line: Line) -> None:
    line.answer_with(lambda sent: [correlated(sent)])

    line.ask(is_mqtt5=True)
    line.ask(is_mqtt5=True)

    first, second = line.session.sent
    assert first.correlation != second.correlation


def test_the_connection_is_kept_between_calls(line: Line) -> None:
    line.answer_with(lambda sent: [correlated(sent)])

    line.ask(is_mqtt5=True)
    line.ask(is_mqtt5=True)

    assert line.connects == 1


# ---------------------------------------------------------------- devices that return correlation data


def test_a_reply_with_another_correlation_is_somebody_elses(line: Line) -> None:
    line.answer_with(lambda sent: [Message(b'{"value": "theirs"}', b"other"), correlated(sent, '{"value": "mine"}')])

    assert line.ask(is_mqtt5=True) == {"value": "mine"}
    assert line.protocols == []


def test_a_device_known_to_correlate_needs_no_turn(line: Line) -> None:
    line.answer_with(lambda sent: [correlated(sent)])

    line.ask(is_mqtt5=True)

    assert line.leases.owed == {}


def test_a_device_that_was_never_heard_is_learned_from_its_reply(line: Line) -> None:
    line.answer_with(lambda sent: [correlated(sent)])

    line.ask(is_mqtt5=None)

    assert line.protocols == [("PH80", True)]
    assert line.leases.held == {}
    assert line.leases.owed[TURN] == ()


def test_a_device_that_stops_correlating_is_unlearned_and_its_reply_trusted_to_nobody(line: Line) -> None:
    line.answer_with(lambda _sent: [plain('{"value": "whose?"}')])

    with pytest.raises(DeviceUnreachable):
        line.ask(is_mqtt5=True)

    assert line.protocols == [("PH80", False)]
    assert line.leases.owed[TURN] == (NOW + OWED_FOR,)


def test_a_silent_device_that_correlates_stays_what_it_is(line: Line) -> None:
    with pytest.raises(DeviceUnreachable):
        line.ask(is_mqtt5=True)

    assert line.protocols == []
    assert line.leases.owed == {}


# ---------------------------------------------------------------- devices that do not


def test_the_first_reply_is_ours_when_none_is_owed(line: Line) -> None:
    line.answer_with(lambda _sent: [plain('{"value": 1}'), plain('{"value": 2}')])

    assert line.ask() == {"value": 1}
    assert line.leases.owed[TURN] == ()
    assert line.leases.held == {}
    assert line.protocols == []


def test_a_reply_with_anothers_correlation_does_not_count(line: Line) -> None:
    line.answer_with(lambda _sent: [Message(b'{"value": "theirs"}', b"other"), plain('{"value": "mine"}')])

    assert line.ask() == {"value": "mine"}


def test_a_command_without_a_reply_is_remembered(line: Line) -> None:
    with pytest.raises(DeviceUnreachable):
        line.ask()

    assert line.leases.owed[TURN] == (NOW + OWED_FOR,)
    assert line.leases.held == {}


def test_a_late_reply_is_not_taken_for_ours(line: Line) -> None:
    line.leases.owed["PH80", "set_status"] = (NOW + timedelta(seconds=20),)
    line.answer_with(lambda _sent: [plain('{"value": "late"}'), plain('{"value": "mine"}')])

    assert line.ask("set_status") == {"value": "mine"}
    assert line.leases.owed["PH80", "set_status"] == ()
    assert len(line.session.sent) == 1


def test_when_the_replies_differ_a_reading_command_is_asked_again(line: Line) -> None:
    """A device answering out of order would give [ours, late]; with all commands answered, a new reply is certain."""
    line.leases.owed[TURN] = (NOW + timedelta(seconds=20),)
    answers = iter([[plain('{"value": "x"}'), plain('{"value": "y"}')], [plain('{"value": "mine"}')]])
    line.answer_with(lambda _sent: next(answers))

    assert line.ask("get_status") == {"value": "mine"}
    assert len(line.session.sent) == 2


def test_replies_that_are_alike_need_no_second_question(line: Line) -> None:
    line.leases.owed[TURN] = (NOW + timedelta(seconds=20),)
    line.answer_with(lambda _sent: [plain("{}"), plain("{}")])

    assert line.ask() == {}
    assert len(line.session.sent) == 1


def test_a_command_waits_until_a_late_reply_has_come(line: Line) -> None:
    line.leases.owed[TURN] = (NOW + OWED_FOR - SETTLED_AFTER + timedelta(seconds=0.2),)
    line.answer_with(lambda _sent: [plain('{"value": "mine"}')])
    began_at = time.monotonic()

    assert line.ask() == {"value": "mine"}
    assert time.monotonic() - began_at >= 0.2


def test_a_command_that_would_wait_too_long_for_a_late_reply_is_not_sent(line: Line) -> None:
    line.leases.owed[TURN] = (NOW + OWED_FOR,)
    line.answer_with(lambda _sent: [plain('{"value": "theirs"}')])

    with pytest.raises(DeviceUnreachable):
        line.ask(seconds=0.4)
    assert line.session.sent == []
    assert line.leases.owed[TURN] == (NOW + OWED_FOR,)
    assert line.leases.held == {}


def test_after_a_quiet_while_the_last_reply_is_ours_and_the_older_one_stays_owed_for_a_moment(line: Line) -> None:
    line.leases.owed[TURN] = (NOW + timedelta(seconds=20),)
    line.answer_with(lambda _sent: [plain('{"value": "mine"}')])

    assert line.ask() == {"value": "mine"}
    assert line.leases.owed[TURN] == (NOW + OVERTAKEN_FOR,)


def test_a_command_that_nobody_answers_any_more_is_not_reckoned_with(line: Line) -> None:
    line.leases.owed[TURN] = (NOW,)
    line.answer_with(lambda _sent: [plain('{"value": 1}'), plain('{"value": 2}')])

    assert line.ask() == {"value": 1}
    assert line.leases.owed[TURN] == ()


def test_what_came_before_the_command_is_not_its_reply(line: Line) -> None:
    line.answer_with(lambda sent: [correlated(sent)])
    line.ask(is_mqtt5=True)
    line.session.arrive(REPLIES, plain('{"value": "stale"}'))
    line.answer_with(lambda _sent: [plain('{"value": "mine"}')])

    assert line.ask() == {"value": "mine"}


def test_a_turn_is_waited_for(line: Line) -> None:
    line.leases.refusals = 3
    line.answer_with(lambda _sent: [plain("{}")])

    assert line.ask() == {}


def test_a_turn_that_does_not_come_in_time_leaves_the_command_unsent(line: Line) -> None:
    line.leases.refusals = 1_000

    with pytest.raises(DeviceUnreachable):
        line.ask(seconds=0.4)

    assert line.session.sent == []
    assert line.leases.owed == {}


def test_a_command_is_not_sent_when_hardly_any_time_is_left(line: Line) -> None:
    with pytest.raises(DeviceUnreachable):
        line.ask(seconds=0.2)
    assert line.session.sent == []


# ---------------------------------------------------------------- subscriptions that are kept


class Clock:
    """A time that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += [seconds] if seconds > 0 else []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(device_link, "time", SimpleNamespace(monotonic=clock.monotonic, sleep=clock.sleep))
    return clock


def settling(clock: Clock, sessions: int = 1) -> Line:
    """A line whose subscriptions settle, to a device that replies at once."""
    line = Line([FakeMqttSession(clock=clock.monotonic) for _ in range(sessions)], settle_seconds=0.125)
    line.answer_with(lambda sent: [correlated(sent)])
    return line


BOTH = pytest.mark.parametrize("is_mqtt5", [True, None], ids=["MQTT 5", "MQTT 3.1.1"])


@BOTH
def test_only_the_first_command_to_a_topic_waits_for_its_subscription_to_settle(
    clock: Clock, is_mqtt5: bool | None
) -> None:
    line = settling(clock)

    line.ask(is_mqtt5=is_mqtt5)
    assert clock.slept == [0.125]
    line.ask(is_mqtt5=is_mqtt5)
    assert clock.slept == [0.125]
    line.ask("get_settings", is_mqtt5=is_mqtt5)
    assert clock.slept == [0.125, 0.125]


def test_a_second_question_within_a_call_waits_for_no_subscription(clock: Clock) -> None:
    line = settling(clock)
    line.leases.owed[TURN] = (NOW + timedelta(seconds=20),)
    answers = iter([[plain('{"value": "x"}'), plain('{"value": "y"}')], [plain('{"value": "mine"}')]])
    line.answer_with(lambda _sent: next(answers))

    assert line.ask() == {"value": "mine"}
    assert len(line.session.sent) == 2
    assert clock.slept == [0.125]


@BOTH
def test_a_subscription_whose_call_ended_before_it_settled_still_settles(clock: Clock, is_mqtt5: bool | None) -> None:
    line = settling(clock)

    with pytest.raises(DeviceUnreachable):
        line.ask(is_mqtt5=is_mqtt5, seconds=LEAST_SECONDS + 0.0625)
    assert line.session.sent == []
    line.ask(is_mqtt5=is_mqtt5)

    assert clock.slept == [0.0625, 0.0625]


@BOTH
@pytest.mark.parametrize("fault", ["is_stale", "is_closed_by_broker", "is_mute"])
def test_a_new_connection_subscribes_and_settles_again(clock: Clock, fault: str, is_mqtt5: bool | None) -> None:
    line = settling(clock, sessions=2)
    line.ask(is_mqtt5=is_mqtt5)
    line.session.is_acknowledging = fault != "is_mute"
    if fault != "is_mute":
        setattr(line.session, fault, True)

    assert line.ask(is_mqtt5=is_mqtt5) == {"value": 1}

    assert line.connects == 2
    assert list(line.session.kept) == [REPLIES]
    assert clock.slept == [0.125, 0.125]


@BOTH
def test_a_new_connection_that_has_no_time_to_settle_sends_nothing(clock: Clock, is_mqtt5: bool | None) -> None:
    line = settling(clock, sessions=2)
    line.ask(is_mqtt5=is_mqtt5)
    line.session.is_acknowledging = False

    with pytest.raises(DeviceUnreachable):
        line.ask(is_mqtt5=is_mqtt5, seconds=LEAST_SECONDS + 0.0625)

    assert line.session.sent == []
    assert line.leases.held == {}
    assert line.leases.owed.get(TURN, ()) == ()


@BOTH
def test_a_connection_has_no_more_time_than_its_call(clock: Clock, is_mqtt5: bool | None) -> None:
    line = settling(clock, sessions=2)

    line.ask(is_mqtt5=is_mqtt5, seconds=3.0)
    assert line.deadlines == [1000.0 + 3.0]
    line.session.is_closed_by_broker = True
    before = clock.now
    line.ask(is_mqtt5=is_mqtt5, seconds=1.5)
    assert line.deadlines[1:] == [before + 1.5]


def test_what_others_were_replied_is_not_ours_however_much_a_kept_subscription_brought(line: Line) -> None:
    line.answer_with(lambda _sent: [plain('{"value": "first"}')])
    line.ask()
    for number in range(1000):
        line.session.arrive(REPLIES, plain(json.dumps({"value": number})))
    line.answer_with(lambda _sent: [plain('{"value": "mine"}')])

    assert line.ask() == {"value": "mine"}
    assert line.leases.owed[TURN] == ()


def test_what_others_are_replied_while_we_wait_for_the_turn_is_not_ours(line: Line) -> None:
    line.answer_with(lambda _sent: [plain('{"value": "mine"}')])
    line.ask()
    line.leases.refusals = 3
    line.leases.on_acquire = lambda: line.session.arrive(REPLIES, plain('{"value": "theirs"}'))

    assert line.ask() == {"value": "mine"}


@BOTH
def test_what_comes_on_a_topic_of_an_earlier_call_is_not_a_reply(line: Line, is_mqtt5: bool | None) -> None:
    line.answer_with(lambda sent: [correlated(sent)])
    line.ask("get_settings", is_mqtt5=is_mqtt5)

    def replies(sent: SentPublish) -> list[Message]:
        line.session.arrive("server/PH80/get_settings", plain('{"value": "theirs"}'))
        return [correlated(sent)]

    line.answer_with(replies)

    assert line.ask(is_mqtt5=is_mqtt5) == {"value": 1}
    assert (NOW + OWED_FOR,) not in line.leases.owed.values()


# ---------------------------------------------------------------- connections that die


def dead(**faults: Any) -> FakeMqttSession:
    return FakeMqttSession(**faults)


@pytest.mark.parametrize("is_mqtt5", [True, None])
@pytest.mark.parametrize("fault", ["is_stale", "is_closed_by_broker"])
def test_a_connection_known_to_be_dead_is_replaced_at_once(fault: str, is_mqtt5: bool | None) -> None:
    line = Line([FakeMqttSession(), FakeMqttSession()])
    line.answer_with(lambda sent: [correlated(sent)])
    line.ask(is_mqtt5=is_mqtt5)
    setattr(line.sessions[0], fault, True)

    assert line.ask(is_mqtt5=is_mqtt5) == {"value": 1}
    assert line.connects == 2
    assert line.sessions[0].is_closed  # type: ignore[union-attr]


@pytest.mark.parametrize("is_mqtt5", [True, None])
def test_a_connection_that_does_not_acknowledge_is_replaced_and_the_command_sent_once(is_mqtt5: bool | None) -> None:
    line = Line([dead(is_acknowledging=False), FakeMqttSession()])
    line.answer_with(lambda sent: [correlated(sent)])

    assert line.ask(is_mqtt5=is_mqtt5) == {"value": 1}

    first, second = line.sessions
    assert len(first.sent) == 0  # type: ignore[union-attr]
    assert len(second.sent) == 1  # type: ignore[union-attr]
    assert line.leases.owed.get(TURN, ()) == ()


@pytest.mark.parametrize("is_mqtt5", [True, None])
def test_a_second_connection_that_does_not_acknowledge_is_a_failure_of_the_broker(is_mqtt5: bool | None) -> None:
    line = Line([dead(is_acknowledging=False), dead(is_acknowledging=False), FakeMqttSession()])

    with pytest.raises(CommunicationFailed):
        line.ask(is_mqtt5=is_mqtt5)

    assert line.connects == 2
    assert line.leases.held == {}
    assert line.leases.owed.get(TURN, ()) == ()


def test_a_broker_that_cannot_be_reached_is_a_failure_and_the_next_call_tries_again() -> None:
    line = Line([SessionLost("refused"), FakeMqttSession()])
    line.answer_with(lambda sent: [correlated(sent)])

    with pytest.raises(CommunicationFailed):
        line.ask(is_mqtt5=True)
    assert line.ask(is_mqtt5=True) == {"value": 1}


@pytest.mark.parametrize("is_mqtt5", [True, None])
def test_a_command_that_may_have_gone_out_is_not_sent_again(is_mqtt5: bool | None) -> None:
    line = Line([dead(is_losing_commands=True), FakeMqttSession()])

    with pytest.raises(CommunicationFailed):
        line.ask(is_mqtt5=is_mqtt5)

    assert line.connects == 1
    assert len(line.session.sent) == 1
    assert line.leases.owed.get(TURN, (NOW + OWED_FOR,)) == (NOW + OWED_FOR,)


# ---------------------------------------------------------------- replies of no use


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"value": NaN}',
        b'{"value": Infinity}',
        b'{"value": "\\ud800"}',
        b'{"value": ' + b"[" * 100_000,
        b'{"value": ' + b"9" * 5_000 + b"}",
    ],
)
def test_a_reply_that_is_no_json_object_is_a_failure(payload: bytes) -> None:
    with pytest.raises(CommunicationFailed):
        read_reply(payload)


def test_a_reply_of_128_kb_is_read() -> None:
    assert read_reply(b'{"value": "' + b"x" * 131_000 + b'"}') == {"value": "x" * 131_000}


def test_an_unusable_reply_ends_the_wait_and_leaves_nothing_owed(line: Line) -> None:
    line.answer_with(lambda _sent: [plain("not JSON")])

    with pytest.raises(CommunicationFailed):
        line.ask()
    assert line.leases.owed[TURN] == ()


def test_a_reply_does_not_wait_until_the_lease_is_given_back(line: Line) -> None:
    line.answer_with(lambda _sent: [plain('{"value": 1}')])
    begun: list[Callable[[], object]] = []
    line.link._begin = begun.append

    assert line.ask() == {"value": 1}
    assert len(line.leases.owed[TURN]) == 1
    (release,) = begun
    release()

    assert line.leases.owed[TURN] == ()
