"""Signing of MQTT over WebSocket, held against the algorithm as AWS documents it (Signature Version 4), and where the
connection goes."""

import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import EndpointConnectionError

from iotcloud.adapters.mqtt_gateway import DataEndpoint, MqttGateway
from iotcloud.errors import CommunicationFailed

HOST = "a1b2c3-ats.iot.eu-west-1.amazonaws.com"
AWS = "https://data-ats.iot.eu-west-1.amazonaws.com"


class Held:
    """Credentials as an execution environment holds them."""

    def __init__(self, token: str | None = "session/token+with=signs") -> None:
        self.token = token

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return ReadOnlyCredentials("AKIDEXAMPLE", "secret", self.token, None)


def gateway(sdk_url: str = AWS, endpoint: str = HOST, token: str | None = "session/token+with=signs") -> MqttGateway:
    return MqttGateway(Held(token), "eu-west-1", lambda: endpoint, sdk_url)


def sign(query: str, host: str) -> str:
    """Compute the signature of `GET /mqtt` with this canonical query (AWS IoT Core, "Signature Version 4")."""
    parameters = parse_qs(query)
    timestamp, (scope_date, region, service, terminator) = (
        parameters["X-Amz-Date"][0],
        parameters["X-Amz-Credential"][0].split("/")[1:],
    )
    canonical = "\n".join(["GET", "/mqtt", query, f"host:{host}", "", "host", hashlib.sha256(b"").hexdigest()])
    to_sign = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            timestamp,
            "/".join([scope_date, region, service, terminator]),
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = b"AWS4secret"
    for part in (scope_date, region, service, terminator):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def test_the_signature_covers_all_but_the_session_token() -> None:
    query = urlsplit(gateway().upgrade().path).query

    signed, _, rest = query.partition("&X-Amz-Signature=")
    signature, _, token = rest.partition("&X-Amz-Security-Token=")

    assert "X-Amz-Security-Token" not in signed
    assert token == "session%2Ftoken%2Bwith%3Dsigns"
    assert signature == sign(signed, HOST)
    assert "/eu-west-1/iotdevicegateway/aws4_request" in parse_qs(signed)["X-Amz-Credential"][0]


def test_long_lived_credentials_have_no_session_token() -> None:
    assert "Security-Token" not in gateway(token=None).upgrade().path


def test_on_aws_the_connection_goes_to_the_data_endpoint_with_tls() -> None:
    upgrade = gateway().upgrade()

    assert (upgrade.host, upgrade.port, upgrade.is_tls) == (HOST, 443, True)
    assert upgrade.headers == {"Host": HOST}
    assert urlsplit(upgrade.path).path == "/mqtt"


def test_a_stand_in_without_tls_is_connected_to_under_the_endpoints_name() -> None:
    named = "a1b2c3-ats.iot.eu-west-1.localhost:4566"
    upgrade = gateway("http://127.0.0.1:4566", named).upgrade()

    assert (upgrade.host, upgrade.port, upgrade.is_tls) == ("127.0.0.1", 4566, False)
    assert upgrade.headers == {"Host": named}
    signed, _, rest = urlsplit(upgrade.path).query.partition("&X-Amz-Signature=")
    assert rest.partition("&")[0] == sign(signed, named)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (None, (HOST, 443, True)),
        ("AWS_ENDPOINT_URL", ("127.0.0.1", 4566, False)),
        ("AWS_ENDPOINT_URL_IOT_DATA_PLANE", ("127.0.0.1", 4566, False)),
        ("AWS_ENDPOINT_URL_DYNAMODB", (HOST, 443, True)),
    ],
)
def test_where_to_connect_is_where_the_sdk_would(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    expected: tuple[str, int, bool],
) -> None:
    if variable is not None:
        monkeypatch.setenv(variable, "http://127.0.0.1:4566")

    found = MqttGateway.from_session(boto3.Session(region_name="eu-west-1"), "eu-west-1", lambda: HOST).upgrade()

    assert (found.host, found.port, found.is_tls) == expected


def test_a_process_without_credentials_cannot_reach_devices() -> None:
    class Bare:
        def get_credentials(self) -> None:
            return None

    with pytest.raises(CommunicationFailed):
        MqttGateway.from_session(Bare(), "eu-west-1", lambda: HOST)  # type: ignore[arg-type]


class Iot:
    """The registry's client, as far as the endpoint is asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def describe_endpoint(self, endpointType: str) -> dict[str, str]:  # noqa: N803 boto3's spelling
        self.calls.append(endpointType)
        return {"endpointAddress": HOST}


class BrokenIot(Iot):
    def describe_endpoint(self, endpointType: str) -> dict[str, str]:  # noqa: N803 boto3's spelling
        raise EndpointConnectionError(endpoint_url="https://iot.eu-west-1.amazonaws.com")


def test_the_endpoint_is_looked_up_once() -> None:
    iot = Iot()
    endpoint = DataEndpoint(lambda: iot, "")  # type: ignore[arg-type, return-value]

    assert [endpoint.find_host(), endpoint.find_host()] == [HOST, HOST]
    assert iot.calls == ["iot:Data-ATS"]


def test_an_endpoint_that_is_set_is_not_looked_up() -> None:
    iot = Iot()

    assert DataEndpoint(lambda: iot, "set.example.com").find_host() == "set.example.com"  # type: ignore[arg-type, return-value]
    assert iot.calls == []


def test_an_endpoint_that_cannot_be_looked_up_is_asked_for_again_the_next_time() -> None:
    broken: list[Iot] = [BrokenIot(), Iot()]
    endpoint = DataEndpoint(lambda: broken.pop(0), "")  # type: ignore[arg-type, return-value]

    with pytest.raises(CommunicationFailed):
        endpoint.find_host()
    assert endpoint.find_host() == HOST
