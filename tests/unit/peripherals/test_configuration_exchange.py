"""Devices ask for their configuration, send one, delete it: in order, again and again, and whatever they write."""

from iotcloud.ingest import Delivery
from iotcloud.peripherals.configuration_exchange import ConfigurationExchange, Exchanged
from iotcloud.peripherals.model import Configuration, Slot
from tests.fakes.histories import FakeRegistry
from tests.fakes.messages import delivery, device
from tests.fakes.peripherals import FakeConfigurations
from tests.fakes.publisher import FakePublisher

ADC = b'{"adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}]}'
ADC_LAYOUT = {"adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}]}
WIND = Configuration(Slot("adc", 1), {"mode": 0}, 6, None, is_enabled=True)
UART = Configuration(Slot("uart", 1), {"baudrate": 7})


class House:
    """The exchange and what it stands on; device PH80 is registered."""

    def __init__(self, *kept: Configuration) -> None:
        self.configurations = FakeConfigurations()
        for one in kept:
            self.configurations.save("PH80", one)
        self.publisher = FakePublisher()
        self.exchange = ConfigurationExchange(FakeRegistry([device()]), self.configurations, self.publisher)

    def serve(self, api: str, payload: bytes = b"{}", deviceid: str = "PH80") -> Exchanged:
        return self.exchange.serve([delivery(1, f"server/{deviceid}/{api}", payload)])


def test_a_device_that_asks_is_told_all_that_is_kept() -> None:
    house = House(WIND, UART)

    assert house.serve("req_configuration") == Exchanged(answered=1)

    assert house.publisher.published == [
        ("PH80", "rcv_configuration", {"uart": [{"attributes": {"baudrate": 7}, "enabled": 0}], **ADC_LAYOUT})
    ]


def test_a_device_that_asks_for_some_peripherals_is_told_of_those() -> None:
    house = House(WIND, UART)

    house.serve("req_configuration", b'{"peripherals": ["adc", "gpio"]}')

    assert house.publisher.published == [("PH80", "rcv_configuration", ADC_LAYOUT)]


def test_a_device_for_which_nothing_is_kept_is_answered_with_nothing() -> None:
    house = House()

    house.serve("req_configuration")

    assert house.publisher.published == [("PH80", "rcv_configuration", {})]


def test_a_device_that_is_not_registered_is_answered_with_nothing_too() -> None:
    house = House(WIND)
    house.configurations.save("GONE", WIND)

    house.serve("req_configuration", deviceid="GONE")

    assert house.publisher.published == [("GONE", "rcv_configuration", {})]


def test_a_device_that_asks_badly_is_told_everything() -> None:
    house = House(WIND)

    for payload in (b"", b"not JSON", b"[]", b'{"peripherals": 7}', b"\xff"):
        house.serve("req_configuration", payload)

    assert house.publisher.published == [("PH80", "rcv_configuration", ADC_LAYOUT)] * 5


def test_what_a_device_sends_replaces_what_was_kept_for_the_same_ports() -> None:
    house = House(Configuration(Slot("adc", 1), {"mode": 2}, 7), Configuration(Slot("adc", 2), {}, 8))

    assert house.serve("set_configuration", ADC) == Exchanged(replaced=1)

    assert house.configurations.list("PH80") == (WIND, Configuration(Slot("adc", 2), {}, 8))


def test_what_a_device_deletes_is_gone() -> None:
    house = House(WIND, UART)

    assert house.serve("del_configuration", b'{"peripherals": ["adc"]}') == Exchanged(deleted=1)
    assert house.configurations.list("PH80") == (UART,)

    assert house.serve("del_configuration", b"") == Exchanged(deleted=1)
    assert house.configurations.list("PH80") == ()


def test_nothing_is_kept_or_deleted_for_messages_that_make_no_sense() -> None:
    house = House(WIND)

    for api in ("set_configuration", "del_configuration"):
        for payload in (b"not JSON", b"[]", b"7"):
            assert house.serve(api, payload) == Exchanged(ignored=1)
    assert house.serve("del_configuration", b'{"peripherals": "adc"}') == Exchanged(ignored=1)
    assert house.serve("set_configuration", b'{"adc": [{"class": 6}]}') == Exchanged(ignored=1)
    assert house.serve("something_else") == Exchanged(ignored=1)

    assert house.configurations.list("PH80") == (WIND,)


def test_nothing_is_kept_or_deleted_for_devices_that_are_not_registered() -> None:
    house = House()
    house.configurations.save("GONE", WIND)

    assert house.serve("set_configuration", ADC, "OTHER") == Exchanged(ignored=1)
    assert house.serve("del_configuration", b"{}", "GONE") == Exchanged(ignored=1)

    assert house.configurations.list("OTHER") == ()
    assert house.configurations.list("GONE") == (WIND,)


def test_a_batch_is_served_in_the_order_in_which_it_was_received() -> None:
    house = House(UART)

    house.exchange.serve(
        [
            delivery(3, "server/PH80/req_configuration", seconds=3),
            delivery(2, "server/PH80/set_configuration", ADC, seconds=2),
            delivery(1, "server/PH80/del_configuration", seconds=1),
        ]
    )

    assert house.publisher.published == [("PH80", "rcv_configuration", ADC_LAYOUT)]


def test_serving_a_batch_again_does_the_same_again() -> None:
    house = House()
    batch = [
        delivery(1, "server/PH80/set_configuration", ADC, seconds=1),
        delivery(2, "server/PH80/req_configuration", seconds=2),
    ]

    assert house.exchange.serve(batch) == house.exchange.serve(batch)

    assert house.configurations.list("PH80") == (WIND,)
    assert len(house.publisher.published) == 2


def test_only_what_could_not_be_answered_is_delivered_again() -> None:
    house = House()
    house.publisher.unreachable = {"PH80"}

    exchanged = house.exchange.serve(
        [
            delivery(1, "server/PH80/req_configuration"),
            delivery(2, "server/PH80/set_configuration", ADC),
            delivery(3, "server/OTHER/req_configuration"),
        ]
    )

    assert exchanged == Exchanged(answered=1, replaced=1, failed=("d1",))


def test_what_cannot_be_read_is_counted() -> None:
    assert House().exchange.serve([Delivery("d1", "nonsense", None, "body is not JSON")]) == Exchanged(ignored=1)
