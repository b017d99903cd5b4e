"""Publishing to devices through AWS IoT's data plane."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iotdata.models import iotdata_backends

from iotcloud.adapters.publisher import BrokerPublisher
from iotcloud.errors import CommunicationFailed
from iotcloud.settings import Settings
from iotcloud.wiring import Wiring


@pytest.fixture
def client(environment: dict[str, str]) -> Any:
    return boto3.client("iot-data", region_name=environment["AWS_REGION"])


def test_publish_hands_json_to_the_devices_own_topic(client: Any, environment: dict[str, str]) -> None:
    with mock_aws():
        BrokerPublisher(client).publish("PH80", "rcv_configuration", {"uart": [{"enabled": 0}]})

        published = iotdata_backends[DEFAULT_ACCOUNT_ID][environment["AWS_REGION"]].published_payloads
        ((topic, payload),) = published
        assert topic == "PH80/rcv_configuration"
        assert json.loads(payload) == {"uart": [{"enabled": 0}]}


@pytest.mark.usefixtures("environment")
def test_messages_go_to_the_accounts_own_endpoint_where_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Wiring(Settings.from_environment()).clients.iot_data.meta.endpoint_url
    monkeypatch.setenv("AWS_ENDPOINT_URL_IOT_DATA_PLANE", "https://a1b2c3-ats.iot.eu-west-1.amazonaws.com")

    own = Wiring(Settings.from_environment()).clients.iot_data.meta.endpoint_url

    assert default.startswith("https://data-ats.iot.")
    assert own == "https://a1b2c3-ats.iot.eu-west-1.amazonaws.com"


def test_publish_raises_what_the_broker_refuses(client: Any) -> None:
    with Stubber(client) as stubbed:
        stubbed.add_client_error("publish", "ThrottlingException", http_status_code=429)

        with pytest.raises(CommunicationFailed):
            BrokerPublisher(client).publish("PH80", "rcv_configuration", {})


def test_publish_raises_when_the_broker_cannot_be_reached(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://data.iot")

    monkeypatch.setattr(client, "_make_api_call", fail)

    with pytest.raises(CommunicationFailed):
        BrokerPublisher(client).publish("PH80", "rcv_configuration", {})


def test_publish_live_hands_json_to_a_users_topic(client: Any, environment: dict[str, str]) -> None:
    with mock_aws():
        BrokerPublisher(client).publish_live("app.live/ann/PH80/presence", {"online": True})

        ((topic, payload),) = iotdata_backends[DEFAULT_ACCOUNT_ID][environment["AWS_REGION"]].published_payloads
        assert (topic, json.loads(payload)) == ("app.live/ann/PH80/presence", {"online": True})


def test_publish_live_tells_of_a_broker_that_cannot_be_reached(client: Any) -> None:
    stub = Stubber(client)
    stub.add_client_error("publish", "ServiceUnavailableException")
    with stub, pytest.raises(CommunicationFailed):
        BrokerPublisher(client).publish_live("app.live/ann/PH80/presence", {"online": True})
