"""A repeated lookup of a device costs one request, and never trusts the cache."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws
from pynamodb.connection import Connection

from iotcloud.devices import store as store_module
from iotcloud.devices.store import DeviceNameRow, DeviceRow, DeviceStore
from iotcloud.dynamodb import bind
from iotcloud.errors import DeviceNotRegistered
from tests.fakes.devices import make_device

BARN = make_device()
KEY = ("ann", "Barn unit")


@dataclass
class Requests:
    """The operations that were asked of DynamoDB."""

    made: list[str]

    def since(self) -> list[str]:
        made = list(self.made)
        self.made.clear()
        return made


@pytest.fixture
def requests(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Requests]:
    requests = Requests([])
    dispatch = Connection.dispatch

    def note(connection: Connection, operation: str, members: Any) -> Any:
        requests.made.append(operation)
        return dispatch(connection, operation, members)

    with mock_aws():
        for row in (DeviceNameRow, DeviceRow):
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        monkeypatch.setattr(Connection, "dispatch", note)
        yield requests


@pytest.fixture
def devices(requests: Requests) -> DeviceStore:
    devices = DeviceStore()
    devices.add(BARN)
    requests.since()
    return devices


def test_a_device_is_found_in_two_requests_and_again_in_one(devices: DeviceStore, requests: Requests) -> None:
    assert devices.find(*KEY) == BARN
    assert requests.since() == ["GetItem", "GetItem"]

    assert devices.find(*KEY) == BARN
    assert requests.since() == ["BatchGetItem"]


def test_what_changed_meanwhile_is_seen(devices: DeviceStore) -> None:
    devices.find(*KEY)
    DeviceStore().record_version(BARN.deviceid, "0.9")

    assert devices.find(*KEY).version == "0.9"


def test_a_name_that_was_taken_away_gives_no_rights(devices: DeviceStore) -> None:
    devices.find(*KEY)
    DeviceNameRow(*KEY).delete()

    with pytest.raises(DeviceNotRegistered):
        devices.find(*KEY)


def test_a_device_that_is_gone_is_not_found(devices: DeviceStore) -> None:
    devices.find(*KEY)
    DeviceRow(BARN.deviceid).delete()

    with pytest.raises(DeviceNotRegistered):
        devices.find(*KEY)


def test_a_name_left_from_an_earlier_registration_gives_no_rights(devices: DeviceStore) -> None:
    devices.find(*KEY)
    row = DeviceRow.get(BARN.deviceid)
    row.registration = "another life"
    row.save()

    with pytest.raises(DeviceNotRegistered):
        devices.find(*KEY)


def test_a_name_that_means_another_device_by_now_gives_that_one(devices: DeviceStore) -> None:
    other = make_device("Barn unit", deviceid="OTHER", registration="other")
    devices.find(*KEY)
    DeviceNameRow(*KEY).delete()
    DeviceStore().add(other)

    assert devices.find(*KEY) == other
    assert devices.find(*KEY) == other


def test_the_same_name_of_another_user_is_another_device(devices: DeviceStore) -> None:
    bobs = make_device(owner="bob", deviceid="BOBS", registration="bobs")
    devices.add(bobs)

    for _ in range(2):
        assert devices.find(*KEY) == BARN
        assert devices.find("bob", "Barn unit") == bobs


def test_what_is_remembered_has_a_limit(devices: DeviceStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_REMEMBERED", 2)
    others = [make_device(f"Unit {n}", deviceid=f"D{n}", registration=f"r{n}") for n in range(5)]
    for other in others:
        devices.add(other)

    for _ in range(2):
        assert [devices.find("ann", other.devicename) for other in others] == others
    assert len(devices._ids) <= 2


def test_a_row_that_was_not_read_for_once_is_asked_for_alone(
    devices: DeviceStore, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices.find(*KEY)
    requests.since()
    counted = Connection.dispatch

    def leave_out(connection: Connection, operation: str, members: Any) -> Any:
        answer = counted(connection, operation, members)
        if operation == "BatchGetItem":
            return {**answer, "Responses": {"test-device_names": answer["Responses"]["test-device_names"]}}
        return answer

    monkeypatch.setattr(Connection, "dispatch", leave_out)

    assert devices.find(*KEY) == BARN
    assert requests.since() == ["BatchGetItem", "GetItem"]
