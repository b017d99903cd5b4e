"""Messages to devices by AWS IoT Core's HTTPS publish: for functions that wait for no reply."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud import topics
from iotcloud.errors import CommunicationFailed

if TYPE_CHECKING:
    from mypy_boto3_iot_data.client import IoTDataPlaneClient

AT_LEAST_ONCE = 1
AT_MOST_ONCE = 0


@dataclass(frozen=True)
class BrokerPublisher:
    """Publishes to devices with QoS 1, so that the broker has the message when the call returns."""

    client: "IoTDataPlaneClient"

    def publish(self, deviceid: str, api: str, payload: Mapping[str, object]) -> None:
        """Hand a message to the broker; raise CommunicationFailed."""
        try:
            self.client.publish(
                topic=topics.command(deviceid, api), qos=AT_LEAST_ONCE, payload=json.dumps(payload).encode()
            )
        except (ClientError, BotoCoreError) as failed:
            raise CommunicationFailed from failed

    def publish_live(self, topic: str, payload: Mapping[str, object]) -> None:
        """Hand the broker a message for a user who watches; raise CommunicationFailed."""
        try:
            self.client.publish(topic=topic, qos=AT_MOST_ONCE, payload=json.dumps(payload).encode())
        except (ClientError, BotoCoreError) as failed:
            raise CommunicationFailed from failed
