"""MQTT 3.1.1 with awscrt."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from time import perf_counter
from typing import Any

from awscrt import io, mqtt
from awscrt.exceptions import AwsCrtError

from simulators.devices.python.links import (
    CLOSE_SECONDS,
    KEEP_ALIVE_SECONDS,
    RECONNECT_SECONDS,
    Endpoint,
    LinkError,
    LinkEvents,
)
from simulators.devices.python.links.reasons import reason
from simulators.devices.python.links.waiting import outcome


class Mqtt311Link:
    """One MQTT 3.1.1 connection. Its callbacks run in awscrt's thread and are passed to the asyncio loop."""

    def __init__(
        self, endpoint: Endpoint, tls: io.ClientTlsContext, events: LinkEvents, bootstrap: io.ClientBootstrap | None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._events = events
        self._is_up = False
        self._is_kept_up = False
        self._connecting: asyncio.Task[None] | None = None
        self._connection = mqtt.Connection(
            client=mqtt.Client(bootstrap, tls),
            host_name=endpoint.host,
            port=endpoint.port,
            client_id=endpoint.deviceid,
            clean_session=True,
            keep_alive_secs=KEEP_ALIVE_SECONDS,
            reconnect_min_timeout_secs=RECONNECT_SECONDS,
            reconnect_max_timeout_secs=RECONNECT_SECONDS,
            on_connection_interrupted=self._interrupted,
            on_connection_resumed=lambda **_: self._call(self._up),
            disable_metrics=True,
        )
        self._connection.on_message(self._received)

    def open(self) -> None:
        self._connecting = asyncio.create_task(self._connect())

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        self._is_up = False
        if self._is_kept_up:
            self._is_kept_up = False
            with suppress(AwsCrtError, TimeoutError):
                await asyncio.wait_for(outcome(self._connection.disconnect()), CLOSE_SECONDS)

    async def subscribe(self, topic_filter: str) -> None:
        future, _ = self._connection.subscribe(topic_filter, mqtt.QoS.AT_LEAST_ONCE)
        try:
            await outcome(future)
        except mqtt.SubscribeError as refused:
            raise LinkError("the server refused the subscription") from refused
        except AwsCrtError as failed:
            raise LinkError(reason(failed)) from failed

    def publish(self, topic: str, payload: bytes, qos: int, correlation: bytes | None = None) -> None:
        if not self._is_up:
            self._events.publish_failed(topic, "not connected")
            return
        started = perf_counter()
        future, _ = self._connection.publish(topic, payload, mqtt.QoS(qos))

        def completed(future: "Future[Any]") -> None:
            if (failure := future.exception()) is not None:
                self._call(self._events.publish_failed, topic, reason(failure))
            elif qos:
                self._call(self._events.publish_acknowledged, topic, perf_counter() - started)

        future.add_done_callback(completed)

    async def _connect(self) -> None:
        """Make the first connection; awscrt reconnects by itself afterwards."""
        while True:
            try:
                await outcome(self._connection.connect())
            except AwsCrtError as failed:
                self._events.link_down(reason(failed))
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                self._is_kept_up = True
                self._up()
                return

    def _up(self) -> None:
        self._is_up = True
        self._events.link_up()

    def _interrupted(self, error: AwsCrtError, **_: object) -> None:
        self._call(self._down, reason(error))

    def _down(self, why: str) -> None:
        self._is_up = False
        self._events.link_down(why)

    def _received(self, topic: str, payload: bytes, **_: object) -> None:
        self._call(self._events.message_arrived, topic, bytes(payload), None)

    def _call(self, function: Any, *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)
