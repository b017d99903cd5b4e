"""All messages of a user's devices, for the export."""

from dataclasses import dataclass, field

import pytest

from iotcloud.devices.model import Role
from iotcloud.histories import personal_data as owned
from iotcloud.histories.model import Lane
from iotcloud.histories.personal_data import DeviceMessages, MessagesData, MessagesOfDevice
from tests.fakes.histories import FakeRegistry, InMemoryMessages
from tests.fakes.messages import device, message


@pytest.fixture
def messages() -> InMemoryMessages:
    return InMemoryMessages()


@pytest.fixture
def source(messages: InMemoryMessages) -> MessagesData:
    shared = device("PH99", "Attic", owner="bob", username="ann", role=Role.VIEWER)
    return MessagesData(FakeRegistry([device("PH80", "Barn unit"), shared]), messages)


def test_export_holds_every_lane_of_own_devices(source: MessagesData, messages: InMemoryMessages) -> None:
    messages.put_messages([message(number, lane=lane) for number, lane in enumerate(Lane)])

    records = list(source.export("ann"))

    assert [(record["direction"], record["topic"]) for record in records] == [
        ("From", "get_status"),
        ("To", "get_status"),
        ("From", "sensor_reading"),
    ]
    assert records[0] == {
        "devicename": "Barn unit",
        "deviceid": "PH80",
        "direction": "From",
        "topic": "get_status",
        "payload": "{}",
        "is_base64": False,
        "received_at": "2026-11-02T12:00:00+00:00",
    }


def test_export_holds_nothing_of_devices_that_others_shared(source: MessagesData, messages: InMemoryMessages) -> None:
    messages.put_messages([message(1, "PH99", owner="bob")])

    assert list(source.export("ann")) == []


def test_export_reads_on_until_the_end(
    source: MessagesData, messages: InMemoryMessages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owned, "AT_ONCE", 3)
    messages.put_messages([message(number, payload=str(number)) for number in range(10)])

    assert [record["payload"] for record in source.export("ann")] == [str(number) for number in range(9, -1, -1)]


@dataclass
class Surroundings:
    """Registrations by device, and the orders that were given."""

    registrations: dict[str, str]
    orders: list[MessagesOfDevice] = field(default_factory=list)

    def find_registration(self, deviceid: str) -> str | None:
        return self.registrations.get(deviceid)

    def request_messages(self, messages: MessagesOfDevice) -> None:
        self.orders.append(messages)


def test_a_deleted_device_orders_the_erasure_of_its_messages() -> None:
    surroundings = Surroundings({"PH80": "r1", "PH99": "r2"})

    DeviceMessages(surroundings, surroundings).erase("PH80")

    assert surroundings.orders == [MessagesOfDevice("PH80", "r1")]


def test_a_device_that_is_gone_orders_nothing() -> None:
    surroundings = Surroundings({})

    DeviceMessages(surroundings, surroundings).erase("PH80")

    assert surroundings.orders == []
