"""The rights of a device's certificate on the broker, also after revocation or deletion of the device."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.broker_client import BrokerClient, can_connect
from tests.e2e.patience import eventually
from tests.e2e.people import NewDevice, NewPerson, RegisteredDevice, Stack


@pytest.fixture
def client(stack: Stack, device: RegisteredDevice) -> Any:
    with BrokerClient(stack, device.deviceid, device.certificate, device.key) as client:
        assert client.is_connected
        yield client


def renewed(device: RegisteredDevice, folder: Path) -> tuple[Path, Path]:
    """Renew a device's certificate through the API, and return the files of the new one."""
    enrolled = device.owner.api.must("POST", f"{device.path}/certificate", {})["device"]
    certificate, key = folder / "renewed.pem", folder / "renewed.key"
    certificate.write_text(enrolled["cert"])
    key.write_text(enrolled["pkey"])
    return certificate, key


def test_a_device_reaches_its_own_topics(client: BrokerClient, device: RegisteredDevice) -> None:
    assert client.subscribe(f"{device.deviceid}/#")
    assert client.publish(f"server/{device.deviceid}/req_configuration", {})
    received = client.receive()
    assert received is not None
    assert received[0] == f"{device.deviceid}/rcv_configuration"


@pytest.mark.parametrize(
    "topic_filter",
    [
        *("#", "+/#", "+/get_status", "server/#", "server/{deviceid}/#"),
        *("{other}/#", "{deviceid}X/#", "$aws/things/#", "$aws/events/#"),
    ],
)
def test_a_device_listens_nowhere_else(
    client: BrokerClient, device: RegisteredDevice, new_device: NewDevice, topic_filter: str
) -> None:
    other = new_device(device.owner) if "{other}" in topic_filter else device
    assert not client.subscribe(topic_filter.format(deviceid=device.deviceid, other=other.deviceid))


@pytest.mark.parametrize(
    "topic",
    [
        *("{deviceid}/get_status", "{other}/get_status", "server/{other}/get_status"),
        *("server/{deviceid}X/get_status", "server", "anything"),
    ],
)
def test_a_device_speaks_nowhere_else(
    client: BrokerClient, device: RegisteredDevice, new_device: NewDevice, topic: str
) -> None:
    other = new_device(device.owner) if "{other}" in topic else device
    assert not client.publish(topic.format(deviceid=device.deviceid, other=other.deviceid), {})


def test_a_device_connects_under_its_own_name_only(
    stack: Stack, device: RegisteredDevice, new_device: NewDevice
) -> None:
    other = new_device(device.owner)
    for clientid in (other.deviceid, f"{device.deviceid}X", "api-1", "server", "anything"):
        assert not can_connect(stack, clientid, device.certificate, device.key), clientid
    assert can_connect(stack, device.deviceid, device.certificate, device.key)


def test_a_revoked_certificate_is_thrown_out_and_stays_out(
    stack: Stack, client: BrokerClient, device: RegisteredDevice, tmp_path: Path
) -> None:
    device.owner.api.must("DELETE", f"{device.path}/certificate")
    assert client.has_ended()
    assert not can_connect(stack, device.deviceid, device.certificate, device.key)
    assert "certificate" not in device.owner.api.must("GET", f"{device.path}/certificate")

    assert can_connect(stack, device.deviceid, *renewed(device, tmp_path))


def test_a_renewed_certificate_ends_the_old_one_once_it_was_used(
    stack: Stack, device: RegisteredDevice, tmp_path: Path
) -> None:
    new = renewed(device, tmp_path)
    assert can_connect(stack, device.deviceid, device.certificate, device.key)
    assert "successor" in device.owner.api.must("GET", f"{device.path}/certificate")

    assert can_connect(stack, device.deviceid, *new)
    eventually(
        lambda: can_connect(stack, device.deviceid, device.certificate, device.key), lambda is_let_in: not is_let_in
    )
    assert can_connect(stack, device.deviceid, *new)
    assert "successor" not in device.owner.api.must("GET", f"{device.path}/certificate")


def test_nothing_is_left_of_a_deleted_device(
    stack: Stack, client: BrokerClient, device: RegisteredDevice, aws: Callable[[str], Any]
) -> None:
    before = device.owner.api.must("GET", f"{device.path}/certificate")["certificate"]["certificateid"]

    device.owner.api.must("DELETE", device.path)

    assert client.has_ended()
    assert not can_connect(stack, device.deviceid, device.certificate, device.key)
    iot = aws("iot")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing(thingName=device.deviceid)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_certificate(certificateId=before)
    assert device.owner.api.call("GET", device.path)[0] == 404


def test_a_deleted_devices_id_is_free_and_inherits_nothing(device: RegisteredDevice, new_person: NewPerson) -> None:
    device.owner.api.must("POST", f"{device.path}/location", {"latitude": 1.5, "longitude": 2.5})
    device.owner.api.must("DELETE", device.path)
    bob = new_person()
    bob.api.must("POST", "/devices/device/Mine", {"deviceid": device.deviceid, "serialnumber": "2"})
    assert "location" not in bob.api.must("GET", "/devices/device/Mine/location")
    assert "heartbeat" not in bob.api.must("GET", "/devices/device/Mine")["device"]
