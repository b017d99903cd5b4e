"""The endpoint of the account's MQTT broker, and signed WebSocket upgrades (AWS IoT Core developer guide, "MQTT over
the WebSocket protocol" and "Device communication protocols"). MQTT itself is in mqtt_session.py."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.errors import CommunicationFailed

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_iot.client import IoTClient

SERVICE = "iotdevicegateway"
"""The name under which AWS IoT Core checks signatures of MQTT over WebSocket."""
PATH = "/mqtt"
SIGNATURE_SECONDS = 60
"""How long a signature may be on its way; it is used at once."""


class CredentialSource(Protocol):
    """Provider of the function's credentials, which are refreshed during its life."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials: ...


class DataEndpoint:
    """The host of the account's data endpoint, looked up once per process when it is not set."""

    def __init__(self, iot: Callable[[], "IoTClient"], host: str) -> None:
        self._iot = iot
        self._host = host

    def find_host(self) -> str:
        """Return the host, with a port if it has one; raise CommunicationFailed when it cannot be looked up."""
        return self._host or self._found_host

    @cached_property
    def _found_host(self) -> str:
        try:
            return self._iot().describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
        except (ClientError, BotoCoreError) as failed:
            raise CommunicationFailed from failed


@dataclass(frozen=True)
class Upgrade:
    """One WebSocket upgrade: host, port and request."""

    host: str
    port: int
    is_tls: bool
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class MqttGateway:
    """Signs upgrades for the account's data endpoint.

    `endpoint` is the host that DescribeEndpoint names; it is in the signature and in the Host header. `sdk_url` is
    where the SDK sends `iot-data` calls: on AWS an https URL, and the connection goes to `endpoint`, port 443. An http
    URL can only come from AWS_ENDPOINT_URL or its like, and names a stand-in without TLS: the connection goes there.
    """

    credentials: CredentialSource
    region: str
    endpoint: Callable[[], str]
    sdk_url: str

    @classmethod
    def from_session(cls, session: "Session", region: str, endpoint: Callable[[], str]) -> Self:
        """Sign as this session does, and connect where its SDK would."""
        credentials = session.get_credentials()
        if credentials is None:
            raise CommunicationFailed
        sdk_url = session.client("iot-data", region_name=region).meta.endpoint_url
        return cls(credentials, region, endpoint, sdk_url)

    def upgrade(self) -> Upgrade:
        """Sign one upgrade with the credentials of this moment."""
        endpoint = self.endpoint()
        stand_in = urlsplit(self.sdk_url)
        path, headers = self._signed_path(endpoint), {"Host": endpoint}
        if stand_in.scheme == "http":
            return Upgrade(stand_in.hostname or "", stand_in.port or 80, False, path, headers)
        return Upgrade(endpoint, 443, True, path, headers)

    def sign_url(self) -> str:
        """Sign one upgrade as a URL for somebody else, who must use it within a minute."""
        endpoint = self.endpoint()
        scheme = "ws" if urlsplit(self.sdk_url).scheme == "http" else "wss"
        return f"{scheme}://{endpoint}{self._signed_path(endpoint)}"

    def _signed_path(self, endpoint: str) -> str:
        frozen = self.credentials.get_frozen_credentials()
        request = AWSRequest(method="GET", url=f"wss://{endpoint}{PATH}")
        # Unlike other services, the gateway expects the session token outside the signature.
        SigV4QueryAuth(
            Credentials(str(frozen.access_key), str(frozen.secret_key)), SERVICE, self.region, expires=SIGNATURE_SECONDS
        ).add_auth(request)
        token = f"&X-Amz-Security-Token={quote(frozen.token, safe='')}" if frozen.token else ""
        return f"{PATH}?{urlsplit(str(request.url)).query}{token}"
