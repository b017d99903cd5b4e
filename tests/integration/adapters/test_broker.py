"""The broker's address, and ending a connection (moto, and stubs for gaps of moto)."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from cryptography import x509
from moto import mock_aws

from iotcloud.adapters.broker import BrokerAddress, BrokerConnections
from iotcloud.adapters.mqtt_gateway import DataEndpoint
from iotcloud.errors import DependencyFailed

OWN_CA = "-----BEGIN CERTIFICATE-----\nour own\n-----END CERTIFICATE-----\n"


@pytest.fixture
def clients(environment: dict[str, str]) -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        yield boto3.client("iot", region_name="eu-west-1"), boto3.client("ssm", region_name="eu-west-1")


def address(clients: tuple[Any, Any], host: str = "", ca_parameter: str = "") -> BrokerAddress:
    iot, ssm = clients
    return BrokerAddress(lambda: iot, lambda: ssm, host, 8883, ca_parameter)


def test_a_device_is_told_the_accounts_endpoint_and_amazons_root(clients: tuple[Any, Any]) -> None:
    broker = address(clients).describe()
    assert broker.host.endswith(".iot.eu-west-1.amazonaws.com")
    assert "-ats." in broker.host
    assert broker.port == 8883
    root = x509.load_pem_x509_certificate(broker.ca_pem.encode())
    assert root.subject.rfc4514_string() == "CN=Amazon Root CA 1,O=Amazon,C=US"


def test_a_host_and_a_root_of_ones_own(clients: tuple[Any, Any]) -> None:
    clients[1].put_parameter(Name="/iotcloud/ca", Value=OWN_CA, Type="String")
    broker = address(clients, host="mqtt.example.com", ca_parameter="/iotcloud/ca").describe()
    assert (broker.host, broker.ca_pem) == ("mqtt.example.com", OWN_CA)


def test_the_endpoint_is_looked_up_once(clients: tuple[Any, Any]) -> None:
    calls: list[str] = []
    clients[0].meta.events.register("before-call.iot.*", lambda model, **_: calls.append(model.name))
    broker = address(clients)
    assert broker.describe() == broker.describe()
    assert calls == ["DescribeEndpoint"]


def test_a_missing_root_is_our_failure(clients: tuple[Any, Any]) -> None:
    with pytest.raises(DependencyFailed):
        address(clients, host="mqtt.example.com", ca_parameter="/not/there").describe()


@pytest.fixture
def connections(environment: dict[str, str]) -> Iterator[tuple[BrokerConnections, Stubber]]:
    client = boto3.client("iot-data", region_name="eu-west-1", endpoint_url="https://broker.example.com")
    with Stubber(client) as stub:
        yield BrokerConnections(lambda: client), stub
        stub.assert_no_pending_responses()


def test_a_connection_is_ended_with_its_session(connections: tuple[BrokerConnections, Stubber]) -> None:
    ours, stub = connections
    stub.add_response("delete_connection", {}, {"clientId": "device-1", "cleanSession": True})
    ours.disconnect("device-1")


def test_no_connection_is_as_good(connections: tuple[BrokerConnections, Stubber]) -> None:
    ours, stub = connections
    stub.add_client_error("delete_connection", "ResourceNotFoundException", http_status_code=404)
    ours.disconnect("device-1")


def test_a_connection_that_cannot_be_ended_is_told(connections: tuple[BrokerConnections, Stubber]) -> None:
    ours, stub = connections
    stub.add_client_error("delete_connection", "ThrottlingException", http_status_code=429)
    with pytest.raises(DependencyFailed):
        ours.disconnect("device-1")


@pytest.mark.parametrize("is_connected", [True, False])
def test_the_broker_tells_whether_a_device_is_connected(
    connections: tuple[BrokerConnections, Stubber], is_connected: bool
) -> None:
    ours, stub = connections
    stub.add_response("get_connection", {"connected": is_connected}, {"clientId": "device-1"})
    assert ours.is_connected("device-1") is is_connected


@pytest.mark.parametrize(
    ("code", "answer"),
    [("ResourceNotFoundException", False), ("ThrottlingException", None), ("ForbiddenException", None)],
)
def test_a_device_without_a_session_is_not_connected_and_else_nobody_knows(
    connections: tuple[BrokerConnections, Stubber], code: str, answer: bool | None
) -> None:
    ours, stub = connections
    stub.add_client_error("get_connection", code)
    assert ours.is_connected("device-1") is answer


def test_the_functions_own_session_is_opened_at_the_accounts_endpoint(clients: tuple[Any, Any]) -> None:
    assert "-ats.iot." in DataEndpoint(lambda: clients[0], "").find_host()
    assert DataEndpoint(lambda: clients[0], "mqtt.example.com").find_host() == "mqtt.example.com"
