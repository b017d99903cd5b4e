"""Live data over HTTP: shapes and refusals."""

from typing import Any

import pytest

from iotcloud.devices.service import DeviceService
from iotcloud.errors import DependencyFailed
from iotcloud.live.service import LiveService
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.devices import FakeDevices, FakeRights, make_device
from tests.fakes.messages import NOON
from tests.fakes.peripherals import FakeSensors
from tests.unit.live.test_live import FakeBroker

ANN, BOB = FakeTokens.issue("ann"), FakeTokens.issue("bob")
EPOCH = int(NOON.timestamp())


@pytest.fixture(autouse=True)
def broker(wired: Wiring) -> FakeBroker:
    registry, broker = FakeDevices(), FakeBroker()
    registry.add(make_device("Barn unit", deviceid="BARN"))
    devices = DeviceService(registry, FakeSensors(), FakeRights())
    wired.live.__dict__["service"] = LiveService(devices, registry, broker, lambda: NOON)
    return broker


def test_access_is_answered_with_all_that_a_client_needs() -> None:
    answer = call_api("POST", "/user/live", token=ANN)

    clientid = answer.body["live"]["clientid"]
    assert clientid.startswith("app.ann.")
    assert (answer.status, answer.body) == (
        200,
        {
            "status": "OK",
            "message": "Done",
            "live": {
                "url": "wss://broker.example.com/mqtt?signed",
                "clientid": clientid,
                "topic": "app.live/ann/#",
                "expires_at": EPOCH + 3600,
            },
        },
    )


def test_a_failure_of_the_token_service_says_nothing_of_itself(
    broker: FakeBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise DependencyFailed

    monkeypatch.setattr(broker, "open_session", fail)
    answer = call_api("POST", "/user/live", token=ANN)
    assert (answer.status, answer.body["message"]) == (500, "Request failed")
    assert set(answer.body) == {"status", "code", "message"}


def test_a_lease_names_the_devices_that_it_is_about() -> None:
    found = [
        call_api("POST", "/devices/live", {"devices": ["Barn unit", "Nothing"]}, token).body for token in (ANN, BOB)
    ]
    assert [(one["devices"], one["until"]) for one in found] == [(["Barn unit"], EPOCH + 600), ([], EPOCH + 600)]


@pytest.mark.parametrize("body", [{}, {"devices": []}, {"devices": ["x"] * 51}, {"devices": [1]}, {"devices": "Barn"}])
def test_a_bad_list_is_refused(body: Any) -> None:
    assert call_api("POST", "/devices/live", body, ANN).status == 400
