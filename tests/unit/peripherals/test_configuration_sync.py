"""Devices request, send and delete their configuration: in order, repeatedly, and with invalid content."""

import json
from typing import Any

import pytest

from iotcloud.ingest import Delivery
from iotcloud.peripherals.configuration_schema import MAX_ENTRIES
from iotcloud.peripherals.configuration_sync import ConfigurationSync, SyncResult
from iotcloud.peripherals.model import Configuration, Slot
from iotcloud.peripherals.references import DeviceReferences
from tests.fakes.histories import FakeRegistry
from tests.fakes.messages import NOON, after, delivery, device
from tests.fakes.peripherals import FakeConfigurations
from tests.fakes.publisher import FakePublisher

ADC = b'{"adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}]}'
ADC_LAYOUT = {"adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}]}
WIND = Configuration(Slot("adc", 1), {"mode": 0}, 6, None, is_enabled=True)
UART = Configuration(Slot("uart", 1), {"baudrate": 7})


class Harness:
    """The synchronization and its dependencies; device PH80 is registered."""

    def __init__(self, *kept: Configuration) -> None:
        self.configurations = FakeConfigurations(clock=lambda: NOON)
        for one in kept:
            self.configurations.save("PH80", one)
        self.publisher = FakePublisher()
        self.pauses: list[float] = []
        self.registry = FakeRegistry([device(), device("PH81", "Roof unit"), device("PH90", "Far unit", owner="bob")])
        self.exchange = ConfigurationSync(
            self.registry, self.configurations, self.publisher, DeviceReferences(self.registry), self.pause
        )
        self.set_meanwhile: list[Configuration] = []
        """Settings by a user, one after each reply."""

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.set_meanwhile:
            self.configurations.save("PH80", self.set_meanwhile.pop(0))

    def serve(self, api: str, payload: bytes = b"{}", deviceid: str = "PH80", seconds: float = 0) -> SyncResult:
        return self.exchange.serve([delivery(1, f"server/{deviceid}/{api}", payload, seconds)])


def test_a_device_that_asks_is_told_all_that_is_kept() -> None:
    harness = Harness(WIND, UART)

    assert harness.serve("req_configuration") == SyncResult(answered=1)

    assert harness.publisher.published == [
        ("PH80", "rcv_configuration", {"uart": [{"attributes": {"baudrate": 7}, "enabled": 0}], **ADC_LAYOUT})
    ]


def test_a_device_that_asks_for_some_peripherals_is_told_of_those() -> None:
    harness = Harness(WIND, UART)

    harness.serve("req_configuration", b'{"peripherals": ["adc", "gpio"]}')

    assert harness.publisher.published == [("PH80", "rcv_configuration", ADC_LAYOUT)]


def test_a_device_for_which_nothing_is_kept_is_answered_with_nothing() -> None:
    harness = Harness()

    harness.serve("req_configuration")

    assert harness.publisher.published == [("PH80", "rcv_configuration", {})]


def test_a_device_that_is_not_registered_is_answered_with_nothing_too() -> None:
    harness = Harness(WIND)
    harness.configurations.save("GONE", WIND)

    harness.serve("req_configuration", deviceid="GONE")

    assert harness.publisher.published == [("GONE", "rcv_configuration", {})]


def test_a_device_that_asks_badly_is_told_everything() -> None:
    harness = Harness(WIND)

    for payload in (b"", b"not JSON", b"[]", b'{"peripherals": 7}', b"\xff"):
        harness.serve("req_configuration", payload)

    assert harness.publisher.published == [("PH80", "rcv_configuration", ADC_LAYOUT)] * 5


def test_what_a_device_sends_replaces_what_was_kept_for_the_same_ports() -> None:
    harness = Harness(Configuration(Slot("adc", 1), {"mode": 2}, 7), Configuration(Slot("adc", 2), {}, 8))

    assert harness.serve("set_configuration", ADC) == SyncResult(replaced=1)

    assert harness.configurations.list("PH80") == (WIND, Configuration(Slot("adc", 2), {}, 8))


def test_what_a_device_deletes_is_gone() -> None:
    harness = Harness(WIND, UART)

    assert harness.serve("del_configuration", b'{"peripherals": ["adc"]}') == SyncResult(deleted=1)
    assert harness.configurations.list("PH80") == (UART,)

    assert harness.serve("del_configuration", b"") == SyncResult(deleted=1)
    assert harness.configurations.list("PH80") == ()


def test_nothing_is_kept_or_deleted_for_messages_that_make_no_sense() -> None:
    harness = Harness(WIND)

    for api in ("set_configuration", "del_configuration"):
        for payload in (b"not JSON", b"[]", b"7"):
            assert harness.serve(api, payload) == SyncResult(ignored=1)
    assert harness.serve("del_configuration", b'{"peripherals": "adc"}') == SyncResult(ignored=1)
    assert harness.serve("set_configuration", b'{"adc": [{"class": 6}]}') == SyncResult(ignored=1)
    assert harness.serve("something_else") == SyncResult(ignored=1)

    assert harness.configurations.list("PH80") == (WIND,)


def test_nothing_is_kept_or_deleted_for_devices_that_are_not_registered() -> None:
    harness = Harness()
    harness.configurations.save("GONE", WIND)

    assert harness.serve("set_configuration", ADC, "OTHER") == SyncResult(ignored=1)
    assert harness.serve("del_configuration", b"{}", "GONE") == SyncResult(ignored=1)

    assert harness.configurations.list("OTHER") == ()
    assert harness.configurations.list("GONE") == (WIND,)


def test_a_device_that_is_answered_late_is_told_what_was_set_meanwhile() -> None:
    harness = Harness(WIND)
    harness.configurations.save("PH80", Configuration(WIND.slot, {"mode": 2}, 6))

    harness.serve("req_configuration", seconds=-60)

    ((_, _, payload),) = harness.publisher.published
    assert payload == {"adc": [{"class": 6, "attributes": {"mode": 2}, "enabled": 0}, {}]}


def test_what_is_set_while_a_device_is_answered_is_told_again() -> None:
    harness = Harness(WIND)
    harness.set_meanwhile = [UART]

    assert harness.serve("req_configuration") == SyncResult(answered=1)

    assert [list(payload) for _, _, payload in harness.publisher.published] == [["adc"], ["uart", "adc"]]


def test_what_was_not_asked_for_is_not_told_again() -> None:
    harness = Harness(WIND)
    harness.set_meanwhile = [UART]

    harness.serve("req_configuration", b'{"peripherals": ["adc"]}')

    assert len(harness.publisher.published) == 1


def test_an_answer_without_a_port_undoes_nothing_and_is_not_waited_for() -> None:
    harness = Harness()
    harness.set_meanwhile = [UART]

    harness.serve("req_configuration")
    harness.serve("req_configuration", deviceid="GONE")

    assert [payload for _, _, payload in harness.publisher.published] == [{}, {}]
    assert harness.pauses == []


def test_a_question_is_answered_three_times_at_most() -> None:
    harness = Harness(UART)
    harness.set_meanwhile = [Configuration(Slot("gpio", 1), {"width": width}) for width in range(9)]

    assert harness.serve("req_configuration") == SyncResult(answered=1)

    assert len(harness.publisher.published) == 3


def test_a_batch_settles_once_and_who_cannot_be_told_again_is_served_again() -> None:
    harness = Harness(WIND)
    harness.set_meanwhile = [UART]
    publish = harness.publisher.publish

    def fail_from_the_third_on(*arguments: Any) -> None:
        if len(harness.publisher.published) == 2:
            harness.publisher.unreachable = {"PH80"}
        publish(*arguments)

    harness.publisher.publish = fail_from_the_third_on  # type: ignore[method-assign]

    exchanged = harness.exchange.serve([delivery(number, "server/PH80/req_configuration") for number in (1, 2)])

    assert exchanged == SyncResult(answered=2, failed=("d1", "d2"))
    assert len(harness.pauses) == 1


def test_what_a_device_said_before_a_person_set_the_port_changes_nothing() -> None:
    harness = Harness(Configuration(Slot("adc", 1), {"mode": 2}, 7), UART)

    assert harness.serve("set_configuration", ADC, seconds=-1) == SyncResult(ignored=1)
    assert harness.serve("del_configuration", seconds=-1) == SyncResult(ignored=2)

    assert [one.attributes for one in harness.configurations.list("PH80")] == [{"mode": 2}, {"baudrate": 7}]


def test_what_a_device_said_late_does_not_undo_what_it_said_since() -> None:
    harness = Harness()
    harness.serve("set_configuration", b'{"adc": [{"class": 7, "attributes": {"mode": 2}}]}', seconds=5)

    assert harness.serve("set_configuration", ADC, seconds=4) == SyncResult(ignored=1)

    assert harness.configurations.list("PH80") == (Configuration(Slot("adc", 1), {"mode": 2}, 7),)
    assert harness.configurations.set_at["PH80", Slot("adc", 1)] == after(5)


def test_a_batch_is_served_in_the_order_in_which_it_was_received() -> None:
    harness = Harness(UART)

    harness.exchange.serve(
        [
            delivery(3, "server/PH80/req_configuration", seconds=3),
            delivery(2, "server/PH80/set_configuration", ADC, seconds=2),
            delivery(1, "server/PH80/del_configuration", seconds=1),
        ]
    )

    assert harness.publisher.published == [("PH80", "rcv_configuration", ADC_LAYOUT)]


def test_serving_a_batch_again_does_the_same_again() -> None:
    harness = Harness()
    batch = [
        delivery(1, "server/PH80/set_configuration", ADC, seconds=1),
        delivery(2, "server/PH80/req_configuration", seconds=2),
    ]

    assert harness.exchange.serve(batch) == harness.exchange.serve(batch)

    assert harness.configurations.list("PH80") == (WIND,)
    assert len(harness.publisher.published) == 2


def test_only_what_could_not_be_answered_is_delivered_again() -> None:
    harness = Harness()
    harness.publisher.unreachable = {"PH80"}

    exchanged = harness.exchange.serve(
        [
            delivery(1, "server/PH80/req_configuration"),
            delivery(2, "server/PH80/set_configuration", ADC),
            delivery(3, "server/OTHER/req_configuration"),
        ]
    )

    assert exchanged == SyncResult(answered=1, replaced=1, failed=("d1",))


def test_what_cannot_be_read_is_counted() -> None:
    assert Harness().exchange.serve([Delivery("d1", "nonsense", None, "body is not JSON")]) == SyncResult(ignored=1)


def test_a_device_has_no_more_ports_than_it_can_have_however_many_messages_name_others() -> None:
    harness = Harness(WIND)
    messages = [
        json.dumps({"i2c": [[]] * number + [[{"address": n, "class": 4, "attributes": {}} for n in range(1, 256)]]})
        for number in range(4)
    ]

    exchanged = [harness.serve("set_configuration", one.encode(), seconds=at) for at, one in enumerate(messages, 1)]

    assert len(harness.configurations.list("PH80")) == MAX_ENTRIES
    assert [one.replaced for one in exchanged] == [MAX_ENTRIES - 1, 0, 0, 0]
    assert sum(one.replaced + one.ignored for one in exchanged) == 4 * 255


def test_a_device_with_all_its_ports_set_can_still_change_them() -> None:
    harness = Harness(*(Configuration(Slot("i2c", 1, n), {}, 4) for n in range(1, MAX_ENTRIES)), WIND)

    changed = harness.serve("set_configuration", b'{"adc": [{"class": 6, "attributes": {"mode": 1}}, {}]}', seconds=1)

    assert changed.replaced == 1
    assert len(harness.configurations.list("PH80")) == MAX_ENTRIES


def said(name: str, number: int = 1) -> bytes:
    places: list[dict[str, object]] = [{}, {}]
    places[number - 1] = {"class": 7, "attributes": {"mode": 2, "hardware": {"devicename": name}}, "enabled": 1}
    return json.dumps({"adc": places}).encode()


def test_devices_that_a_device_names_are_kept_by_their_ids() -> None:
    harness = Harness()

    harness.serve("set_configuration", said("Roof unit"))

    (kept,) = harness.configurations.list("PH80")
    assert kept.references == {"Roof unit": "PH81"}


@pytest.mark.parametrize("name", ["Nobody", "Far unit", "x" * 2000])
def test_a_name_that_is_no_device_of_the_owner_stays_and_means_nobody(name: str) -> None:
    harness = Harness()

    assert harness.serve("set_configuration", said(name)) == SyncResult(replaced=1)

    (kept,) = harness.configurations.list("PH80")
    assert kept.references == {}
    assert kept.attributes["hardware"]["devicename"] == name


def test_a_device_that_says_what_it_was_told_means_the_same_device_still() -> None:
    harness = Harness()
    harness.serve("set_configuration", said("Roof unit"))
    harness.registry.devices = [device(), device("PH81", "Tower unit"), device("PH82", "Roof unit")]

    harness.serve("set_configuration", said("Roof unit"), seconds=5)
    harness.serve("set_configuration", said("Roof unit", number=2), seconds=6)

    assert [one.references for one in harness.configurations.list("PH80")] == [{"Roof unit": "PH81"}] * 2
