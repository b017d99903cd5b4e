"""A process with device links, one per simulated execution environment. It reads calls from standard input, one JSON
object per line, and writes each result. Logs go to standard error."""

import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Queue
from typing import Any

import boto3

from iotcloud.adapters.device_link import MqttDeviceLink
from iotcloud.adapters.mqtt_gateway import DataEndpoint, MqttGateway
from iotcloud.adapters.mqtt_session import MqttSession
from iotcloud.commands.model import REPLY_SECONDS
from iotcloud.commands.store import CommandLeaseRow, CommandLeaseStore
from iotcloud.devices.model import Device
from iotcloud.dynamodb import bind
from iotcloud.errors import IotCloudError


class Protocols:
    """The learned protocol of devices, which a function stores in their rows."""

    def __init__(self) -> None:
        self.known: dict[str, bool] = {}

    def record_protocol(self, deviceid: str, is_mqtt5: bool) -> None:
        self.known[deviceid] = is_mqtt5


class LinkCaller:
    """Makes calls, and stores the learned protocol of each device."""

    def __init__(self, stack: Mapping[str, Any], link_url: str | None = None) -> None:
        os.environ |= stack["link_key"] | {"AWS_ENDPOINT_URL": stack["endpoint_url"]}
        region = stack["region"]
        bind(CommandLeaseRow, f"{stack['stack_name']}-", region)
        session = boto3.Session(region_name=region)
        endpoint = DataEndpoint(lambda: session.client("iot"), "")
        credentials = session.get_credentials()
        assert credentials is not None
        gateway = MqttGateway(credentials, region, endpoint.find_host, link_url or stack["endpoint_url"])
        self.protocols = Protocols()
        self.link = MqttDeviceLink(
            lambda deadline: MqttSession(gateway.upgrade(), deadline),
            CommandLeaseStore(),
            self.protocols,
            settle_seconds=0,
        )

    def call(
        self, deviceid: str, api: str, payload: Mapping[str, object], seconds: float = REPLY_SECONDS
    ) -> dict[str, Any]:
        """Send a command; return the reply or the error's name, and how long it took."""
        started_at = time.monotonic()
        try:
            outcome: dict[str, Any] = {"reply": self.link.request(self._device(deviceid), api, payload, seconds)}
        except IotCloudError as error:
            outcome = {"error": type(error).__name__}
        return {**outcome, "seconds": time.monotonic() - started_at}

    def _device(self, deviceid: str) -> Device:
        return Device(
            deviceid=deviceid,
            owner="ann",
            username="ann",
            devicename=deviceid,
            serialnumber="1",
            registered_at=datetime.now(UTC),
            registration="1",
            is_mqtt5=self.protocols.known.get(deviceid),
        )


def main() -> None:
    stack, callers = json.loads(sys.argv[1]), int(sys.argv[2])
    outcomes = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    links = Queue[LinkCaller]()
    for _ in range(callers):
        links.put(LinkCaller(stack))
    outcomes.write("ready\n")

    def make(call: Mapping[str, Any]) -> None:
        caller = links.get()
        outcome = caller.call(call["deviceid"], call["api"], call["payload"], call["seconds"])
        links.put(caller)
        outcomes.write(json.dumps({**outcome, "payload": call["payload"]}) + "\n")

    with ThreadPoolExecutor(callers) as pool:
        for line in sys.stdin:
            pool.submit(make, json.loads(line))


if __name__ == "__main__":
    main()
