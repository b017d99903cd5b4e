"""The certificate check on the local cloud, which has no scheduler: the tests invoke the deployed function."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.broker_client import can_connect
from tests.e2e.patience import eventually
from tests.e2e.people import RegisteredDevice, Stack

SCHEDULE = (Path(__file__).parents[1] / "events" / "schedule.json").read_bytes()
DAY = timedelta(days=1)


@pytest.fixture
def tick(stack: Stack, aws: Callable[[str], Any]) -> Callable[[], None]:
    """Give a function that calls the deployed function as its schedule would."""

    def call() -> None:
        answer = aws("lambda").invoke(FunctionName=f"{stack['stack_name']}-certificates", Payload=SCHEDULE)
        assert (answer["StatusCode"], answer.get("FunctionError")) == (200, None), answer["Payload"].read()

    return call


@pytest.fixture
def set_back(stack: Stack, aws: Callable[[str], Any], device: RegisteredDevice) -> Callable[..., None]:
    """Give a function that writes instants of the device's row, so far from now; the row is due at once."""

    def write(**instants: timedelta) -> None:
        values = {name: int((time.time() + ahead.total_seconds()) * 1000) for name, ahead in instants.items()}
        values["due_at"] = int(time.time() * 1000)
        aws("dynamodb").update_item(
            TableName=f"{stack['stack_name']}-devices",
            Key={"deviceid": {"S": device.deviceid}},
            UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
            ExpressionAttributeValues={f":{name}": {"N": str(value)} for name, value in values.items()},
        )

    return write


def told(device: RegisteredDevice) -> list[dict[str, Any]]:
    """The owner's notices about the device's certificates."""
    notices = device.owner.api.must("GET", "/devices/menos")["transactions"]
    return [notice for notice in notices if notice["source"] == "CERTIFICATE"]


def test_an_owner_is_told_once_that_a_certificate_ends(
    device: RegisteredDevice, tick: Callable[[], None], set_back: Callable[..., None]
) -> None:
    for _ in range(2):
        set_back(certificate_expires_at=5 * DAY)
        tick()
    (notice,) = eventually(lambda: told(device), bool)
    assert (notice["devicename"], notice["recipient"]) == (device.devicename, device.owner.username)


def test_grace_ends_for_a_certificate_that_was_renewed(
    stack: Stack, device: RegisteredDevice, tick: Callable[[], None], set_back: Callable[..., None]
) -> None:
    renewed = device.owner.api.must("POST", f"{device.path}/certificate", {})["device"]
    certificate, key = device.certificate.with_suffix(".new.pem"), device.key.with_suffix(".new.key")
    certificate.write_text(renewed["cert"])
    key.write_text(renewed["pkey"])
    assert can_connect(stack, device.deviceid, device.certificate, device.key)

    set_back(successor_issued_at=-30 * DAY)
    tick()

    assert not can_connect(stack, device.deviceid, device.certificate, device.key)
    assert can_connect(stack, device.deviceid, certificate, key)
    assert "successor" not in device.owner.api.must("GET", f"{device.path}/certificate")
