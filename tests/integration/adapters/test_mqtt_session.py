"""A session on a real connection: kept and dropped subscriptions, and the time limit for connecting."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from iotcloud.adapters import mqtt_session
from iotcloud.adapters.mqtt_gateway import Upgrade
from iotcloud.adapters.mqtt_session import MAX_SUBSCRIPTIONS, MAX_UNASKED, MqttSession, SessionLost
from tests.integration.adapters.websocket_broker import CONNECT, PINGREQ, SUBSCRIBE, UNSUBSCRIBE, WebsocketBroker

LONG = 30.0
"""Seconds within which a busy machine has done anything that is asked of it here."""
SOON = 0.3
"""Seconds to wait for an event that must not happen."""


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_session, "CONNECT_SECONDS", LONG)


@pytest.fixture
def broker() -> Iterator[WebsocketBroker]:
    with WebsocketBroker() as broker:
        yield broker


@pytest.fixture
def session(broker: WebsocketBroker) -> Iterator[MqttSession]:
    session = connect(broker)
    yield session
    session.close()


def within(seconds: float = LONG) -> float:
    return time.monotonic() + seconds


def connect(broker: WebsocketBroker) -> MqttSession:
    return MqttSession(broker.upgrade, within())


def topic(number: int) -> str:
    return f"server/PH{number}/get_status"


def visit(session: MqttSession, number: int) -> None:
    session.listen(topic(number), within())
    session.stop_listening()


def next_payload(session: MqttSession) -> bytes:
    message = session.next_message(within())
    assert message is not None
    return message.payload


# ---------------------------------------------------------------- subscriptions


def test_a_subscription_is_kept_and_its_topic_subscribed_to_once(broker: WebsocketBroker, session: MqttSession) -> None:
    first = session.listen(topic(1), within())
    session.stop_listening()
    visit(session, 2)

    assert session.listen(topic(1), within()) == first
    assert broker.subscribed == [topic(1), topic(2)]
    broker.publish(topic(1), b"one")
    assert next_payload(session) == b"one"


def test_what_comes_on_another_kept_topic_is_dropped(broker: WebsocketBroker, session: MqttSession) -> None:
    visit(session, 1)
    session.listen(topic(2), within())

    broker.publish(topic(1), b"others")
    broker.publish(topic(2), b"mine")

    assert next_payload(session) == b"mine"
    assert session.next_message(within(SOON)) is None


def test_all_that_came_before_the_proof_is_forgotten(broker: WebsocketBroker, session: MqttSession) -> None:
    visit(session, 1)
    for number in range(2 * MAX_UNASKED):
        broker.publish(topic(1), b"%d" % number)
    session.listen(topic(1), within())
    for number in range(MAX_UNASKED):
        broker.publish(topic(1), b"%d more" % number)

    session.prove_alive(within())
    broker.publish(topic(1), b"after")

    assert next_payload(session) == b"after"


def test_a_message_that_the_broker_had_stored_is_no_reply(broker: WebsocketBroker, session: MqttSession) -> None:
    session.listen(topic(1), within())

    broker.publish(topic(1), b"old", is_stored=True)

    assert session.next_message(within(SOON)) is None


def test_no_more_than_fifty_subscriptions_are_kept_and_those_used_last(
    broker: WebsocketBroker, session: MqttSession
) -> None:
    for number in range(MAX_SUBSCRIPTIONS + 10):
        visit(session, number)
        visit(session, 0)
        assert broker.most_subscriptions() <= MAX_SUBSCRIPTIONS
    session.prove_alive(within())

    assert broker.unsubscribed == [topic(number) for number in range(1, 12)]
    assert broker.subscribed == [topic(number) for number in range(MAX_SUBSCRIPTIONS + 10)]
    visit(session, 1)
    assert broker.subscribed[-1] == topic(1)


def test_giving_a_subscription_up_delays_no_proof(broker: WebsocketBroker, session: MqttSession) -> None:
    broker.unanswered.add(UNSUBSCRIBE)
    for number in range(MAX_SUBSCRIPTIONS):
        visit(session, number)

    session.listen(topic(1), within())
    session.prove_alive(within())
    assert broker.unsubscribed == [topic(0)]

    with pytest.raises(SessionLost):
        session.listen(topic(MAX_SUBSCRIPTIONS), within(SOON))
    assert topic(MAX_SUBSCRIPTIONS) not in broker.subscribed


def test_a_topic_that_is_flooded_is_not_kept(broker: WebsocketBroker, session: MqttSession) -> None:
    visit(session, 1)
    visit(session, 2)
    for _ in range(MAX_UNASKED + 1):
        broker.publish(topic(1), b"flood")
    for _ in range(MAX_UNASKED):
        broker.publish(topic(2), b"many")

    session.listen(topic(3), within())
    session.prove_alive(within())
    session.stop_listening()
    session.prove_alive(within())

    assert broker.unsubscribed == [topic(1)]


def test_a_flood_ends_no_later_than_the_deadline(broker: WebsocketBroker, session: MqttSession) -> None:
    visit(session, 1)
    session.listen(topic(2), within())
    is_over = threading.Event()

    def flood() -> None:
        while not is_over.is_set():
            broker.publish(topic(1), b"flood" * 100)

    flooding = threading.Thread(target=flood)
    flooding.start()
    began_at = time.monotonic()
    try:
        assert session.next_message(within(SOON)) is None
        session.discard_received(within(SOON))
        assert time.monotonic() - began_at < LONG
    finally:
        is_over.set()
        session.close()  # The client no longer reads, so the broker would block on writing.
        flooding.join()


def test_a_subscription_that_is_refused_is_told_and_spoils_no_later_one(
    broker: WebsocketBroker, session: MqttSession
) -> None:
    broker.forbidden.add(topic(1))

    with pytest.raises(SessionLost, match="refused"):
        session.listen(topic(1), within())

    visit(session, 2)
    session.prove_alive(within())
    with pytest.raises(SessionLost, match="refused"):
        session.listen(topic(1), within())


@pytest.mark.parametrize(
    ("kind", "ask"),
    [
        (SUBSCRIBE, lambda session: session.listen(topic(1), within(SOON))),
        (PINGREQ, lambda session: session.prove_alive(within(SOON))),
    ],
)
def test_a_broker_that_does_not_answer_loses_the_session(
    broker: WebsocketBroker, session: MqttSession, kind: int, ask: Callable[[MqttSession], object]
) -> None:
    broker.unanswered.add(kind)

    with pytest.raises(SessionLost):
        ask(session)


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_connection_that_was_closed_is_found_out(
    broker: WebsocketBroker, session: MqttSession, is_kept: bool
) -> None:
    if is_kept:
        visit(session, 1)
    broker.cut()

    def ask() -> None:
        session.listen(topic(1), within())
        # That it was closed at the other end may not have been seen yet.
        session.prove_alive(within())

    with pytest.raises(SessionLost):
        ask()
    session.stop_listening()


# ---------------------------------------------------------------- connecting

Behaviour = Callable[[socket.socket, threading.Event], None]


def be_silent(_client: socket.socket, is_over: threading.Event) -> None:
    is_over.wait()


def trickle(client: socket.socket, is_over: threading.Event) -> None:
    """Send an octet of an endless answer now and then: none is late by itself."""
    while not is_over.wait(0.05):
        client.sendall(b"H")


def trickle_tls(client: socket.socket, is_over: threading.Event) -> None:
    """The same as the start of a TLS record of 16 KB."""
    client.sendall(b"\x16\x03\x03\x3f\xff")
    trickle(client, is_over)


@contextmanager
def peer(behave: Behaviour) -> Iterator[int]:
    """Listen on a port, and handle each connection with the given function."""
    is_over, listener = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            try:
                behave(client, is_over)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        is_over.set()
        # Ends a waiting accept.
        socket.create_connection(listener.getsockname()).close()
        listener.close()
        thread.join()


@pytest.mark.parametrize("is_tls", [True, False], ids=["TLS", "plain"])
@pytest.mark.parametrize("behave", [be_silent, trickle, trickle_tls])
def test_a_slow_peer_keeps_a_caller_no_longer_than_the_deadline(behave: Behaviour, is_tls: bool) -> None:
    with peer(behave) as port:
        began_at = time.monotonic()
        with pytest.raises(SessionLost):
            MqttSession(Upgrade("127.0.0.1", port, is_tls, "/mqtt", {}), within(SOON))
        taken = time.monotonic() - began_at

    # With a separate timeout for each octet it would never end.
    assert taken < LONG


@pytest.mark.parametrize("behave", [be_silent, trickle])
def test_a_connection_has_its_own_time_however_long_its_call_may_take(
    monkeypatch: pytest.MonkeyPatch, behave: Behaviour
) -> None:
    monkeypatch.setattr(mqtt_session, "CONNECT_SECONDS", SOON)
    with peer(behave) as port:
        began_at = time.monotonic()
        with pytest.raises(SessionLost):
            MqttSession(Upgrade("127.0.0.1", port, False, "/mqtt", {}), within(2 * LONG))

        assert time.monotonic() - began_at < LONG


def test_a_broker_without_a_connack_is_given_up(broker: WebsocketBroker) -> None:
    broker.unanswered.add(CONNECT)

    with pytest.raises(SessionLost, match="no CONNACK"):
        MqttSession(broker.upgrade, within(SOON))


def test_a_port_where_nobody_listens_is_a_lost_session() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(SessionLost, match="cannot connect"):
        MqttSession(Upgrade("127.0.0.1", port, False, "/mqtt", {}), within())


def test_a_deadline_that_has_passed_leaves_no_time_to_connect(broker: WebsocketBroker) -> None:
    with pytest.raises(SessionLost):
        MqttSession(broker.upgrade, time.monotonic())


def test_connecting_leaves_no_thread(broker: WebsocketBroker) -> None:
    before = set(threading.enumerate())
    session = connect(broker)
    session.prove_alive(within())

    timers = [each for each in set(threading.enumerate()) - before if isinstance(each, threading.Timer)]
    assert timers == []
    session.close()
