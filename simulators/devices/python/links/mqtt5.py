"""MQTT 5 with awscrt."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from time import perf_counter
from typing import Any

from awscrt import io, mqtt5

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


class Mqtt5Link:
    """One MQTT 5 client. Its callbacks run in awscrt's thread and are passed to the asyncio loop."""

    def __init__(
        self, endpoint: Endpoint, tls: io.ClientTlsContext, events: LinkEvents, bootstrap: io.ClientBootstrap | None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._events = events
        self._is_closing = False
        self._stopped = asyncio.Event()
        self._stopped.set()
        self._client = mqtt5.Client(
            mqtt5.ClientOptions(
                host_name=endpoint.host,
                port=endpoint.port,
                bootstrap=bootstrap,
                tls_ctx=tls,
                connect_options=mqtt5.ConnectPacket(
                    client_id=endpoint.deviceid, keep_alive_interval_sec=KEEP_ALIVE_SECONDS
                ),
                session_behavior=mqtt5.ClientSessionBehaviorType.CLEAN,
                offline_queue_behavior=mqtt5.ClientOperationQueueBehaviorType.FAIL_ALL_ON_DISCONNECT,
                retry_jitter_mode=mqtt5.ExponentialBackoffJitterMode.NONE,
                min_reconnect_delay_ms=RECONNECT_SECONDS * 1000,
                max_reconnect_delay_ms=RECONNECT_SECONDS * 1000,
                on_publish_callback_fn=self._received,
                on_lifecycle_event_stopped_fn=lambda _: self._call(self._stopped.set),
                on_lifecycle_event_connection_success_fn=lambda _: self._call(events.link_up),
                on_lifecycle_event_connection_failure_fn=self._refused,
                on_lifecycle_event_disconnection_fn=self._lost,
                disable_metrics=True,
            )
        )

    def open(self) -> None:
        self._is_closing = False
        self._stopped.clear()
        self._client.start()

    async def close(self) -> None:
        self._is_closing = True
        if not self._stopped.is_set():
            self._client.stop(mqtt5.DisconnectPacket(mqtt5.DisconnectReasonCode.NORMAL_DISCONNECTION))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), CLOSE_SECONDS)

    async def subscribe(self, topic_filter: str) -> None:
        subscription = mqtt5.Subscription(topic_filter=topic_filter, qos=mqtt5.QoS.AT_LEAST_ONCE)
        future = self._client.subscribe(mqtt5.SubscribePacket(subscriptions=[subscription]))
        try:
            suback = await outcome(future)
        except Exception as failed:
            raise LinkError(reason(failed)) from failed
        for code in suback.reason_codes:
            if code >= mqtt5.SubackReasonCode.UNSPECIFIED_ERROR:
                raise LinkError(f"the server refused the subscription: {code.name}")

    def publish(self, topic: str, payload: bytes, qos: int, correlation: bytes | None = None) -> None:
        started = perf_counter()
        packet = mqtt5.PublishPacket(
            topic=topic, payload=payload, qos=mqtt5.QoS(qos), correlation_data_bytes=correlation
        )
        future = self._client.publish(packet)

        def completed(future: "Future[Any]") -> None:
            if (failure := future.exception()) is not None:
                self._call(self._events.publish_failed, topic, reason(failure))
            elif qos:
                self._call(self._events.publish_acknowledged, topic, perf_counter() - started)

        future.add_done_callback(completed)

    def _received(self, received: mqtt5.PublishReceivedData) -> None:
        packet = received.publish_packet
        correlation = packet.correlation_data_bytes if packet.response_topic else None
        self._call(self._events.message_arrived, packet.topic, bytes(packet.payload or b""), correlation)

    def _refused(self, failure: mqtt5.LifecycleConnectFailureData) -> None:
        why = reason(failure.exception)
        if failure.connack_packet is not None:
            why = f"the server refused the connection: {failure.connack_packet.reason_code.name}"
        self._down(why)

    def _lost(self, lost: mqtt5.LifecycleDisconnectData) -> None:
        self._down(reason(lost.exception))

    def _down(self, why: str) -> None:
        if not self._is_closing:
            self._call(self._events.link_down, why)

    def _call(self, function: Any, *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)
