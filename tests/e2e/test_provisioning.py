"""Provisioning in bulk: a shared claim certificate, an own certificate for each known device, and registration."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT, ROOT_KEY
from tests.e2e.broker_client import BrokerClient, can_connect
from tests.e2e.people import Person, Stack

SERIALNUMBER = "7K4M-22QX"
UNDECIDED = "InvocationError"
"""AWS IoT's error after a timeout of the hook, for example if its function had to start on a busy machine."""
TRIES = 4


@pytest.fixture(scope="module")
def administer(stack: Stack) -> Callable[..., str]:
    """Give a function that runs an administrators' command on the stack."""
    surroundings = {
        **clean(),
        "AWS_ENDPOINT_URL": stack["endpoint_url"],
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_REGION": stack["region"],
    }

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "admin", "--stack-name", stack["stack_name"], *arguments]
        finished = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    return run


@dataclass(frozen=True)
class Factory:
    """The manufacturer's files: the claim certificate, and a list."""

    stack: Mapping[str, Any]
    certificate: Path
    key: Path

    def claim(self, deviceid: str, serialnumber: str, folder: Path) -> tuple[Path, Path] | None:
        """Ask for a device's own certificate as its firmware would, until it is decided; None when it is refused."""
        for _ in range(TRIES):
            certificate, answer = self._ask(deviceid, serialnumber)
            if answer.get("errorCode") != UNDECIDED:
                break
        if "errorCode" in answer:
            return None
        assert answer["thingName"] == deviceid
        files = folder / f"{deviceid}.pem", folder / f"{deviceid}.key"
        files[0].write_text(certificate["certificatePem"])
        files[1].write_text(certificate["privateKey"])
        return files

    def _ask(self, deviceid: str, serialnumber: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Have a certificate made, ask for it to be a device's own, and return both answers."""
        template = self.stack["outputs"]["FleetTemplateName"]
        with BrokerClient(self.stack, f"claim-{uuid4().hex[:8]}", self.certificate, self.key) as client:
            assert client.is_connected
            assert client.subscribe("$aws/certificates/create/json/accepted")
            assert client.subscribe(f"$aws/provisioning-templates/{template}/provision/json/accepted")
            assert client.subscribe(f"$aws/provisioning-templates/{template}/provision/json/rejected")
            client.publish("$aws/certificates/create/json", {})
            created = client.receive()
            assert created is not None
            request = {
                "certificateOwnershipToken": created[1]["certificateOwnershipToken"],
                "parameters": {"DeviceId": deviceid, "SerialNumber": serialnumber},
            }
            client.publish(f"$aws/provisioning-templates/{template}/provision/json", request)
            answer = client.receive()
            assert answer is not None
        return created[1], answer[1]


@pytest.fixture(scope="module")
def factory(
    stack: Stack, administer: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, aws: Callable[[str], Any]
) -> Factory:
    folder = tmp_path_factory.mktemp("factory")
    administer("make-claim-certificate", "--folder", str(folder))
    return Factory(stack, folder / "claim.pem", folder / "claim.key")


@pytest.fixture
def deviceid(administer: Callable[..., str], tmp_path: Path) -> str:
    """A device that was imported."""
    deviceid = f"FACTORY{uuid4().hex[:8].upper()}"
    listed = tmp_path / "devices.csv"
    listed.write_text(f"deviceid,serialnumber\n{deviceid},{SERIALNUMBER}\n")
    assert "1 added" in administer("import-devices", str(listed))
    return deviceid


def test_a_device_that_is_listed_again_is_known_already(
    administer: Callable[..., str], deviceid: str, tmp_path: Path
) -> None:
    assert "1 known already" in administer("import-devices", str(tmp_path / "devices.csv"))


def test_a_known_device_gets_a_certificate_and_is_let_in_when_adopted(
    stack: Stack, factory: Factory, deviceid: str, person: Person, tmp_path: Path
) -> None:
    claimed = factory.claim(deviceid, SERIALNUMBER, tmp_path)
    assert claimed is not None
    assert not can_connect(stack, deviceid, *claimed)

    identity = {"deviceid": deviceid, "serialnumber": "guessed"}
    status, answer = person.api.call("POST", "/devices/device/Mine", identity)
    assert (status, answer["message"]) == (400, "Device id and serial number do not belong together")

    identity["serialnumber"] = SERIALNUMBER
    adopted = person.api.must("POST", "/devices/device/Mine", identity)["device"]
    assert not {"cert", "pkey"} & adopted.keys()
    assert can_connect(stack, deviceid, *claimed)

    person.api.must("DELETE", "/devices/device/Mine")
    assert not can_connect(stack, deviceid, *claimed)
    assert factory.claim(deviceid, SERIALNUMBER, tmp_path) is not None


@pytest.mark.parametrize("serialnumber", ["guessed", "", SERIALNUMBER.lower()])
def test_a_device_with_another_serial_number_gets_nothing(
    factory: Factory, deviceid: str, serialnumber: str, tmp_path: Path
) -> None:
    assert factory.claim(deviceid, serialnumber, tmp_path) is None


def test_an_unknown_device_gets_nothing(factory: Factory, tmp_path: Path) -> None:
    assert factory.claim(f"UNKNOWN{uuid4().hex[:8]}", SERIALNUMBER, tmp_path) is None


def test_a_second_claim_at_once_replaces_the_first(
    stack: Stack, factory: Factory, deviceid: str, person: Person, tmp_path: Path
) -> None:
    first = factory.claim(deviceid, SERIALNUMBER, tmp_path / "..")
    second = factory.claim(deviceid, SERIALNUMBER, tmp_path)
    assert first is not None
    assert second is not None
    person.api.must("POST", "/devices/device/Mine", {"deviceid": deviceid, "serialnumber": SERIALNUMBER})
    assert can_connect(stack, deviceid, *second)
    assert not can_connect(stack, deviceid, *first)


def test_a_device_with_an_owner_gets_no_second_certificate(
    factory: Factory, deviceid: str, person: Person, tmp_path: Path
) -> None:
    person.api.must("POST", "/devices/device/Mine", {"deviceid": deviceid, "serialnumber": SERIALNUMBER})
    assert factory.claim(deviceid, SERIALNUMBER, tmp_path) is None


def test_a_claim_certificate_is_good_for_nothing_else(stack: Stack, factory: Factory, deviceid: str) -> None:
    assert not can_connect(stack, deviceid, factory.certificate, factory.key)
    with BrokerClient(stack, "claim-1", factory.certificate, factory.key) as client:
        assert not client.subscribe("#")
    with BrokerClient(stack, "claim-2", factory.certificate, factory.key) as client:
        assert not client.publish(f"server/{deviceid}/get_status", {})


def test_a_list_with_a_fault_is_not_imported(administer: Callable[..., str], tmp_path: Path) -> None:
    listed = tmp_path / "devices.csv"
    listed.write_text("deviceid,serialnumber\nGOOD,1\na/b,2\nGOOD,3\n")
    with pytest.raises(AssertionError, match=r"line 3[\s\S]*line 4"):
        administer("import-devices", str(listed))
