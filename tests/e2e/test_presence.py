"""Presence of devices, from the broker's events."""

import time
from collections.abc import Callable
from typing import Any

from tests.e2e.broker_client import BrokerClient
from tests.e2e.patience import eventually, quickest
from tests.e2e.people import RegisteredDevice, Stack

WAITING_SECONDS = 3.0
"""How long a caller waits for a device that may be there."""


def shown(device: RegisteredDevice, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the device as the API shows it, once it is so."""
    return eventually(lambda: device.owner.api.must("GET", device.path)["device"], is_so)


def test_a_device_that_comes_and_goes_is_shown_so(stack: Stack, device: RegisteredDevice) -> None:
    assert "online" not in device.owner.api.must("GET", device.path)["device"]

    began = int(time.time())
    with BrokerClient(stack, device.deviceid, device.certificate, device.key):
        here = shown(device, lambda found: found.get("online") is True)
        assert here["online"] is True
        assert began <= int(here["connected_at"]) <= time.time()

    away = shown(device, lambda found: found["online"] is False)
    assert (away["online"], away["disconnect_reason"]) == (False, "CLIENT_INITIATED_DISCONNECT")
    assert int(away["disconnected_at"]) >= int(away["connected_at"])

    with BrokerClient(stack, device.deviceid, device.certificate, device.key):
        assert shown(device, lambda found: found["online"] is True)["online"] is True


def test_a_duplicate_client_leaves_the_device_online(stack: Stack, device: RegisteredDevice) -> None:
    identity = (device.deviceid, device.certificate, device.key)
    with BrokerClient(stack, *identity) as first, BrokerClient(stack, *identity):
        assert first.has_ended()
        found = shown(device, lambda found: "disconnect_reason" in found and found["online"] is True)
        assert (found["disconnect_reason"], found["online"]) == ("DUPLICATE_CLIENTID", True)


def test_nobody_waits_for_a_device_that_is_away(stack: Stack, device: RegisteredDevice) -> None:
    with BrokerClient(stack, device.deviceid, device.certificate, device.key):
        shown(device, lambda found: found.get("online") is True)
    shown(device, lambda found: found["online"] is False)
    device.owner.api.call("GET", f"{device.path}/status")

    seconds, (status, answer) = quickest(lambda: device.owner.api.call("GET", f"{device.path}/status"))
    assert (status, answer["message"]) == (503, "Device is unreachable")
    assert seconds < WAITING_SECONDS


def test_a_device_that_was_heard_has_a_heartbeat(stack: Stack, device: RegisteredDevice) -> None:
    began = int(time.time())
    with BrokerClient(stack, device.deviceid, device.certificate, device.key) as client:
        client.publish(f"server/{device.deviceid}/req_configuration", {})
        found = shown(device, lambda found: "heartbeat" in found)
    assert began <= int(found["heartbeat"]) <= time.time()
