"""Positional arrays: stored entries keep their position, and a device's entries are parsed one by one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.peripherals.configuration_schema import asked_peripherals, lay_out, read_layout, read_members
from iotcloud.peripherals.model import PERIPHERALS, Configuration, Slot

UART = {"baudrate": 11, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
LAYOUT: dict[str, Any] = {
    "uart": [{"attributes": UART, "enabled": 0}],
    "gpio": [{}, {"attributes": {"direction": 0, "mode": 2}, "enabled": 0}, {}, {}],
    "i2c": [
        [
            {"address": 40, "class": 3, "attributes": {"range": 0, "mode": 2}, "enabled": 1},
            {"address": 72, "class": 4, "attributes": {}, "enabled": 0},
        ],
        [],
        [],
        [],
    ],
    "adc": [{"class": 6, "attributes": {"mode": 0}, "enabled": 1}, {}],
    "1wire": [{"class": 4, "attributes": {}, "enabled": 0}],
    "tprobe": [
        {"class": 4, "subclass": 5, "attributes": {"mode": 0, "subattributes": {"mode": 0}}, "enabled": 1},
    ],
}
"""The protocol's own example."""
KEPT = [
    Configuration(Slot("uart", 1), UART),
    Configuration(Slot("gpio", 2), {"direction": 0, "mode": 2}),
    Configuration(Slot("i2c", 1, 40), {"range": 0, "mode": 2}, 3, None, is_enabled=True),
    Configuration(Slot("i2c", 1, 72), {}, 4),
    Configuration(Slot("adc", 1), {"mode": 0}, 6, None, is_enabled=True),
    Configuration(Slot("1wire", 1), {}, 4),
    Configuration(Slot("tprobe", 1), {"mode": 0, "subattributes": {"mode": 0}}, 4, 5, is_enabled=True),
]


def test_lay_out_makes_the_protocols_example() -> None:
    laid_out = lay_out(reversed(KEPT), PERIPHERALS)

    assert laid_out | {"i2c": [sorted(laid_out["i2c"][0], key=lambda each: each["address"]), [], [], []]} == LAYOUT


def test_lay_out_shows_members_in_the_protocols_order() -> None:
    (entry,) = lay_out(KEPT[6:], PERIPHERALS)["tprobe"]

    assert list(entry) == ["class", "subclass", "attributes", "enabled"]
    assert list(lay_out(KEPT, PERIPHERALS)) == ["uart", "gpio", "i2c", "adc", "1wire", "tprobe"]


def test_lay_out_leaves_out_peripherals_without_anything_or_that_are_not_asked_for() -> None:
    assert lay_out([], PERIPHERALS) == {}
    assert lay_out(KEPT, ["adc", "gpio"]) == {name: LAYOUT[name] for name in ("gpio", "adc")}


def test_uart_and_gpio_are_never_laid_out_as_enabled() -> None:
    assert lay_out([Configuration(Slot("uart", 1), {}, is_enabled=True)], PERIPHERALS)["uart"][0]["enabled"] == 0


def test_read_layout_reads_the_protocols_example() -> None:
    assert read_layout(LAYOUT) == (KEPT, 0)


@pytest.mark.parametrize(
    "members",
    [
        {"spi": [{"attributes": {}}]},
        {"adc": 7},
        {"adc": [7]},
        {"adc": [{"class": 6}]},
        {"adc": [{"class": 6, "attributes": []}]},
        {"adc": [{"attributes": {}}]},
        {"adc": [{"class": 255, "attributes": {}}]},
        {"adc": [{"class": "6", "attributes": {}}]},
        {"adc": [{"class": True, "attributes": {}}]},
        {"adc": [{"class": 6, "attributes": {}, "enabled": 2}]},
        {"adc": [{"class": 6, "attributes": {}, "enabled": "1"}]},
        {"adc": [{"class": 6, "subclass": 99, "attributes": {}}]},
        {"adc": [{}, {}, {"class": 6, "attributes": {}}]},
        {"adc": [{"class": 6, "attributes": {"x": "y" * 20_000}}]},
        {"i2c": [[{"class": 3, "attributes": {}}]]},
        {"i2c": [[{"address": 0, "class": 3, "attributes": {}}]]},
        {"i2c": [[{"address": 256, "class": 3, "attributes": {}}]]},
        {"i2c": [{"address": 40, "class": 3, "attributes": {}}]},
        {"i2c": ["40"]},
    ],
)
def test_read_layout_counts_what_is_no_entry_and_keeps_the_rest(members: dict[str, Any]) -> None:
    entries, ignored = read_layout(members | {"uart": LAYOUT["uart"]})

    assert entries == KEPT[:1]
    assert ignored >= 1


@pytest.mark.parametrize("enabled", [0, 1, False, True])
def test_read_layout_takes_enabled_as_number_or_boolean(enabled: int) -> None:
    ((entry,), _) = read_layout({"adc": [{"class": 6, "attributes": {}, "enabled": enabled}]})

    assert entry.is_enabled is bool(enabled)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*PERIPHERALS, "spi"]), json_values, max_size=4))
def test_read_layout_reads_anything_that_json_can_say(members: dict[str, Any]) -> None:
    entries, ignored = read_layout(members)

    assert ignored >= 0
    assert read_layout(lay_out(entries, PERIPHERALS))[1] == 0


@pytest.mark.parametrize(
    ("payload", "members"),
    [
        (b"", {}),
        (b"{}", {}),
        (b'{"peripherals": ["i2c"]}', {"peripherals": ["i2c"]}),
        (b"[]", None),
        (b"{", None),
        (b"\xff", None),
        (b'{"a": NaN}', None),
        (b'{"a": -Infinity}', None),
        (b"[" * 100_000, None),
    ],
)
def test_read_members_takes_objects_and_nothing_else(payload: bytes, members: object) -> None:
    assert read_members(payload) == members


@pytest.mark.parametrize(
    ("members", "asked"),
    [
        ({}, list(PERIPHERALS)),
        ({"peripherals": ["adc", "i2c", "spi", 7, None]}, ["i2c", "adc"]),
        ({"peripherals": []}, []),
        ({"peripherals": "i2c"}, None),
        ({"peripherals": None}, None),
    ],
)
def test_asked_peripherals_are_those_listed_or_all(members: dict[str, Any], asked: list[str] | None) -> None:
    found = asked_peripherals(members)

    assert (None if found is None else list(found)) == asked
