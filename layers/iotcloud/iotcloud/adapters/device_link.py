"""Sends commands to devices over the environment's MQTT session, and matches each reply to its caller.

docs/decisions/0005-mqtt-session-in-the-api-function.md has the reasons. In short: subscriptions are kept, and a new one
settles before a command relies on it. A ping proves that the session is alive, and the command is sent once, after
that. Replies are matched by correlation data where the device returns it, else by one lease at a time
(`CommandLease`) and by counting replies (`ReplyWindow`).
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import uuid4

from iotcloud import topics
from iotcloud.adapters.mqtt_session import Message, MqttSession, SessionLost
from iotcloud.clock import Clock, utc_now
from iotcloud.commands.interfaces import CommandLeases, ProtocolRecords
from iotcloud.commands.model import OWED_FOR, REPLY_SECONDS, CommandLease, ReplyWindow, is_read_only
from iotcloud.device_input import UnusableInput, read_object
from iotcloud.devices.model import Device
from iotcloud.errors import CommunicationFailed, DeviceUnreachable
from iotcloud.observability import count, finish_background, logger

PROOF_SECONDS = 0.5
"""How long a SUBACK or PINGRESP may take before the connection is held for dead; in its region the broker needs
milliseconds."""
QUIET_SECONDS = 0.3
"""When older replies are owed: how long after the last reply no further one is expected."""
LEAST_SECONDS = 0.25
"""A command is not sent with less time left for its reply: the answer would come too late."""
LEASE_MARGIN = timedelta(seconds=0.5)
"""How much longer a lease is held than its caller waits: the clocks of two environments differ by less."""
SHORTEST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.4


@dataclass(frozen=True)
class Command:
    """One command and where its reply comes."""

    device: Device
    api: str
    payload: bytes
    deadline: float
    """Monotonic seconds."""
    correlation: bytes = field(default_factory=lambda: uuid4().hex.encode())
    """Text, because some device SDKs hand their program only correlation data that is UTF-8."""

    @property
    def topic(self) -> str:
        return topics.command(self.device.deviceid, self.api)

    @property
    def reply_topic(self) -> str:
        return topics.reply(self.device.deviceid, self.api)


class Outcome(NamedTuple):
    """The outcome of a command: the reply or None, and until when late replies may still arrive."""

    reply: bytes | None
    owed: tuple[datetime, ...]


class MqttDeviceLink:
    """Device link over MQTT. One call at a time: an execution environment has one request at a time."""

    def __init__(
        self,
        connect: Callable[[float], MqttSession],
        leases: CommandLeases,
        protocols: ProtocolRecords,
        settle_seconds: float,
        now: Clock = utc_now,
        begin: Callable[[Callable[[], object]], object] = lambda request: request(),
    ) -> None:
        """Connect by a deadline (monotonic), and give each new subscription `settle_seconds` after its SUBACK.

        `begin` makes a request for whose end the reply need not wait; by default it is made at once.
        """
        self._connect = connect
        self._settle_seconds = settle_seconds
        self._leases = leases
        self._protocols = protocols
        self._now = now
        self._begin = begin
        self._session: MqttSession | None = None

    def request(
        self, device: Device, api: str, payload: Mapping[str, object], timeout_seconds: float = REPLY_SECONDS
    ) -> Mapping[str, object]:
        """Send a command and return the reply to it."""
        command = Command(device, api, json.dumps(payload).encode(), time.monotonic() + timeout_seconds)
        try:
            self._listen(command)
            reply = self._ask_by_correlation(command) if device.is_mqtt5 else self._ask_with_lease(command)
        except SessionLost as lost:
            logger.warning("device link lost", reason=str(lost))
            self.close()
            raise CommunicationFailed from lost
        finally:
            if self._session is not None:
                self._session.stop_listening()
        return read_reply(reply)

    def close(self) -> None:
        """Drop the session; the next request makes another."""
        if self._session is not None:
            self._session.close()
            self._session = None

    # ---------------------------------------------------------------- the session

    def _listen(self, command: Command) -> None:
        """Listen for the replies on the session at hand, or on a new one when that does not acknowledge."""
        session = self._session
        if session is None or session.is_stale:
            session = self._reconnect(command)
        try:
            self._hear_replies(session, command, time.monotonic() + PROOF_SECONDS)
        except SessionLost:
            self._hear_replies(self._reconnect(command), command, command.deadline)

    def _reconnect(self, command: Command) -> MqttSession:
        self.close()
        count("DeviceLinkConnects")
        self._session = self._connect(command.deadline)
        return self._session

    def _hear_replies(self, session: MqttSession, command: Command, until: float) -> None:
        """Have a subscription that delivers: the broker may begin to deliver some time after it acknowledged."""
        acknowledged_at = session.listen(command.reply_topic, min(command.deadline, until))
        sleep_or_give_up(acknowledged_at + self._settle_seconds - time.monotonic(), command)

    def _proven(self, command: Command) -> MqttSession:
        """Return the session once the broker answered a ping, or a new session when it does not.

        Earlier messages are discarded: a kept subscription also delivers replies to other environments' commands.
        Nothing of this command has been sent by then, so a second attempt cannot send it twice.
        """
        session = self._session
        assert session is not None
        try:
            session.prove_alive(min(command.deadline, time.monotonic() + PROOF_SECONDS))
        except SessionLost:
            session = self._reconnect(command)
            self._hear_replies(session, command, command.deadline)
        return session

    # ---------------------------------------------------------------- devices that return correlation data

    def _ask_by_correlation(self, command: Command) -> bytes:
        session = self._proven(command)
        sent_at = self._now()
        self._send(session, command)
        has_stranger = False
        while message := self._hear(session, command, command.deadline):
            if message.correlation == command.correlation:
                return message.payload
            has_stranger = has_stranger or message.correlation is None
        if has_stranger:
            # The device no longer speaks MQTT 5, perhaps after a downgrade. Its reply cannot be matched.
            self._protocols.record_protocol(command.device.deviceid, is_mqtt5=False)
            self._leases.add_owed(command.device.deviceid, command.api, sent_at + OWED_FOR)
        raise DeviceUnreachable

    # ---------------------------------------------------------------- devices that do not, or of which it is not known

    def _ask_with_lease(self, command: Command) -> bytes:
        lease = self._acquire_lease(command)
        owed = lease.owed
        try:
            # Give late replies time to arrive. Everything received before our command is sent is discarded.
            sleep_or_give_up(lease.seconds_to_settle(self._now()), command)
            session = self._proven(command)
            owed = (*lease.owed, self._now() + OWED_FOR)
            reply, owed = self._converse(session, command, lease.owed)
        finally:
            # While the answer is made. The next command of this environment, and the end of the call, wait for it.
            self._begin(partial(self._leases.release, lease, owed))
        if reply is None:
            raise DeviceUnreachable
        return reply

    def _converse(self, session: MqttSession, command: Command, owed: tuple[datetime, ...]) -> Outcome:
        """Send the command, and find its reply among those that arrive while older ones are outstanding."""
        all_owed = (*owed, self._now() + OWED_FOR)
        self._send(session, command)
        window = ReplyWindow(len(owed))
        until = command.deadline
        while not window.is_complete and (message := self._hear(session, command, until)):
            if message.correlation == command.correlation:
                self._protocols.record_protocol(command.device.deviceid, is_mqtt5=True)
                return Outcome(message.payload, ())
            if message.correlation is None:
                window = window.and_then(message.payload)
                until = min(command.deadline, time.monotonic() + QUIET_SECONDS)
        if time.monotonic() >= command.deadline or not window.replies:
            return Outcome(None, all_owed[len(window.replies) :])
        if window.is_complete and window.is_doubtful and is_read_only(command.api):
            # Every command has its reply, so that the next one can only be that of a command sent now.
            return self._converse(session, command, ())
        return Outcome(window.replies[-1], window.still_owed(owed, self._now()))

    @staticmethod
    def _send(session: MqttSession, command: Command) -> None:
        session.discard_received(command.deadline)
        if time.monotonic() >= command.deadline:
            raise SessionLost("no time left to send")
        session.publish(command.topic, command.payload, command.reply_topic, command.correlation)

    @staticmethod
    def _hear(session: MqttSession, command: Command, until: float) -> Message | None:
        """Return the next message. None without one by `until`, or when it is too late to match it."""
        return session.next_message(until) if time.monotonic() < command.deadline else None

    def _acquire_lease(self, command: Command) -> CommandLease:
        finish_background()
        began_at = time.monotonic()
        while (remaining := command.deadline - time.monotonic()) >= LEAST_SECONDS:
            now = self._now()
            until = now + timedelta(seconds=remaining) + LEASE_MARGIN
            lease = self._leases.acquire(command.device.deviceid, command.api, command.correlation.hex(), now, until)
            if lease is not None:
                return lease.expecting(now)
            # The longer the wait, the more are waiting: asking often would then only slow the one whose turn it is.
            pause = min(max(SHORTEST_PAUSE_SECONDS, 0.5 * (time.monotonic() - began_at)), LONGEST_PAUSE_SECONDS)
            time.sleep(random.uniform(0.2, 1.0) * pause)  # noqa: S311 not a secret
        raise DeviceUnreachable


def sleep_or_give_up(seconds: float, command: Command) -> None:
    """Wait before the command is sent; raise DeviceUnreachable when too little time would be left for its reply."""
    left = command.deadline - time.monotonic() - LEAST_SECONDS
    time.sleep(max(0.0, min(seconds, left)))
    if seconds > left:
        raise DeviceUnreachable


def read_reply(payload: bytes) -> Mapping[str, object]:
    """Decode a device's reply, a JSON object; raise CommunicationFailed for anything else."""
    try:
        return read_object(payload, whole_floats=True)
    except UnusableInput:
        count("UnusableReplies")
        raise CommunicationFailed from None
