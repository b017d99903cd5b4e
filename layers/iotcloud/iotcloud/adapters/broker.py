"""Where devices connect, and their connections there: the data endpoint of AWS IoT Core."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.devices.registration import Broker
from iotcloud.errors import DependencyFailed

if TYPE_CHECKING:
    from mypy_boto3_iot.client import IoTClient
    from mypy_boto3_iot_data.client import IoTDataPlaneClient
    from mypy_boto3_ssm.client import SSMClient

AMAZON_ROOT_CA = Path(__file__).with_name("amazon_root_ca_1.pem")
"""Amazon Root CA 1, which signs AWS IoT Core's own endpoints (https://www.amazontrust.com/repository/)."""


class BrokerAddress:
    """The connection settings for new devices, looked up once per process."""

    def __init__(
        self,
        iot: Callable[[], "IoTClient"],
        ssm: Callable[[], "SSMClient"],
        host: str,
        port: int,
        ca_parameter: str,
    ) -> None:
        """Use the settings. An empty host is looked up; an empty parameter means Amazon's root certificate."""
        self._iot = iot
        self._ssm = ssm
        self._host = host
        self._port = port
        self._ca_parameter = ca_parameter

    def describe(self) -> Broker:
        """Return host, port and root certificate; raise DependencyFailed when they cannot be looked up."""
        return self._broker

    @cached_property
    def _broker(self) -> Broker:
        try:
            return Broker(self._host or self._look_up_host(), self._port, self._read_ca())
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed from failed

    def _look_up_host(self) -> str:
        address = self._iot().describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
        return address.partition(":")[0]

    def _read_ca(self) -> str:
        if not self._ca_parameter:
            return AMAZON_ROOT_CA.read_text(encoding="ascii")
        return self._ssm().get_parameter(Name=self._ca_parameter)["Parameter"]["Value"]


class BrokerConnections:
    """The connections of devices. AWS takes 100 such calls per second and one per second and client."""

    def __init__(self, client: Callable[[], "IoTDataPlaneClient"]) -> None:
        self._client = client

    def disconnect(self, deviceid: str) -> None:
        """End the device's connection and session, if any. Raise DependencyFailed."""
        try:
            self._client().delete_connection(clientId=deviceid, cleanSession=True)
        except ClientError as failed:
            if failed.response["Error"]["Code"] != "ResourceNotFoundException":
                raise DependencyFailed from failed
        except BotoCoreError as failed:
            raise DependencyFailed from failed

    def is_connected(self, deviceid: str) -> bool | None:
        """Whether the device is connected now. None when the broker cannot answer, for example when throttled."""
        try:
            return self._client().get_connection(clientId=deviceid)["connected"]
        except ClientError as failed:
            return False if failed.response["Error"]["Code"] == "ResourceNotFoundException" else None
        except BotoCoreError:
            return None
