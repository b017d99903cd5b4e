"""References of ports to other devices: stored as ids, shown with the current name."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.devices.model import Device, Role
from iotcloud.errors import InvalidInput, Problem
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.peripherals.references import MAX_RECIPIENTS, DeviceReferences, named_devices, with_names
from tests.fakes.messages import device
from tests.fakes.peripherals import FakeDevices

BARN, ROOF, STALL = device("PH80", "Barn unit"), device("PH81", "Roof unit"), device("PH82", "Stall, north")
FAR = device("PH90", "Far unit", owner="bob")
FORWARD = {"mode": 2, "hardware": {"devicename": "Roof unit"}}
LIGHT = {
    "color": {
        "usage": 1,
        "individual": {
            "red": {"endpoint": 1, "hardware": {"devicename": "Roof unit", "sensorname": "TH 1"}},
            "green": {"endpoint": 1, "hardware": {"devicename": "Stall, north"}},
            "blue": {"endpoint": 0, "hardware": {}},
        },
    }
}


@pytest.fixture
def registry() -> FakeDevices:
    devices = FakeDevices()
    for one in (BARN, ROOF, STALL, FAR):
        devices.register(one)
    return devices


@pytest.fixture
def references(registry: FakeDevices) -> DeviceReferences:
    return DeviceReferences(registry)


def block(recipients: str) -> NotificationBlock:
    return NotificationBlock((Text("on"), Text("off")), {Channel.MODEM: Endpoint(recipients, is_enabled=True)})


def forward_to(name: Any) -> dict[str, Any]:
    return {"mode": 2, "hardware": {"devicename": name}}


def test_every_device_that_properties_name_is_found_wherever_it_stands(references: DeviceReferences) -> None:
    assert references.resolve(BARN, FORWARD).references == {"Roof unit": "PH81"}
    assert references.resolve(BARN, LIGHT).references == {"Roof unit": "PH81", "Stall, north": "PH82"}
    assert references.resolve(BARN, {"subattributes": FORWARD}).references == {"Roof unit": "PH81"}


def test_a_device_may_name_itself(references: DeviceReferences) -> None:
    assert references.resolve(BARN, forward_to("Barn unit")).references == {"Barn unit": "PH80"}


@pytest.mark.parametrize("attributes", [{}, {"mode": 2}, forward_to(""), forward_to(7), {"hardware": "Roof unit"}])
def test_properties_that_name_nobody_stay_as_they_are(references: DeviceReferences, attributes: dict[str, Any]) -> None:
    assert references.resolve(BARN, attributes).attributes == attributes
    assert references.resolve(BARN, attributes).references == {}


@pytest.mark.parametrize("name", ["Nobody", "Far unit", "PH90", "x" * 65, " ", "a\x00b", "\ud83d"])
def test_a_device_that_the_owner_has_not_is_refused(references: DeviceReferences, name: str) -> None:
    with pytest.raises(InvalidInput):
        references.resolve(BARN, forward_to(name))
    with pytest.raises(InvalidInput):
        references.resolve_block(BARN, block(f"Roof unit, {name.strip() or '-'}"))


def test_a_device_that_is_being_deleted_is_refused(registry: FakeDevices, references: DeviceReferences) -> None:
    registry.register(replace(ROOF, is_leaving=True))

    with pytest.raises(InvalidInput):
        references.resolve(BARN, FORWARD)


def test_a_name_is_found_in_whatever_form_of_unicode(registry: FakeDevices, references: DeviceReferences) -> None:
    registry.register(device("PH83", "Scheune \u00fc"))

    resolved = references.resolve(BARN, forward_to(" Scheune u\u0308"))

    assert resolved.attributes == forward_to("Scheune \u00fc")
    assert resolved.references == {"Scheune \u00fc": "PH83"}


def test_a_device_is_also_named_by_its_id_and_told_its_name(references: DeviceReferences) -> None:
    resolved = references.resolve(BARN, forward_to("PH81"))

    assert resolved.attributes == forward_to("Roof unit")
    assert resolved.references == {"Roof unit": "PH81"}


def test_whoever_shares_the_device_names_others_in_their_own_words(
    registry: FakeDevices, references: DeviceReferences
) -> None:
    mate = replace(BARN, username="mate", devicename="Ann's barn", role=Role.OPERATOR)
    registry.register(mate)
    registry.register(replace(ROOF, username="mate", devicename="Ann's roof", role=Role.VIEWER))

    resolved = references.resolve(mate, forward_to("Ann's roof"))

    assert resolved.attributes == forward_to("Roof unit")
    assert references.show(mate, resolved.attributes, resolved.references) == forward_to("Ann's roof")
    assert references.resolve(mate, forward_to("PH81")).references == {"Roof unit": "PH81"}


@pytest.mark.parametrize("name", ["Stall, north", "PH82", "Nobody", "PH99", "Far unit", "PH90"])
def test_whoever_shares_the_device_learns_no_name_of_the_owners_other_devices(
    registry: FakeDevices, references: DeviceReferences, name: str
) -> None:
    mate = replace(BARN, username="mate", devicename="Ann's barn", role=Role.OPERATOR)
    registry.register(mate)

    with pytest.raises(InvalidInput) as refused:
        references.resolve(mate, forward_to(name))

    assert refused.value.detail == (Problem("hardware.devicename", "no device of this owner is called so"),)


def test_whoever_shares_the_device_gives_back_a_name_that_was_shown(
    registry: FakeDevices, references: DeviceReferences
) -> None:
    mate = replace(BARN, username="mate", devicename="Ann's barn", role=Role.OPERATOR)
    registry.register(mate)
    shown = references.shown_ids(mate, {"Stall": "PH82"})

    assert shown == {"Stall, north": "PH82"}
    assert references.resolve(mate, forward_to("Stall, north"), shown).references == {"Stall, north": "PH82"}


def test_properties_show_the_name_of_today(registry: FakeDevices, references: DeviceReferences) -> None:
    resolved = references.resolve(BARN, LIGHT)
    registry.rename(ROOF, "Tower unit")
    registry.register(device("PH84", "Roof unit"))

    shown = references.show(BARN, resolved.attributes, resolved.references)

    assert named_devices(shown) == {"Tower unit", "Stall, north"}


@pytest.mark.parametrize("successor", [None, device("PH81", "Roof unit", owner="bob"), device("PH84", "Roof unit")])
def test_a_device_that_has_gone_shows_empty(
    registry: FakeDevices, references: DeviceReferences, successor: Device | None
) -> None:
    resolved = references.resolve(BARN, FORWARD)
    del registry.known["ann", "Roof unit"]
    if successor is not None:
        registry.register(successor)

    assert references.show(BARN, resolved.attributes, resolved.references) == forward_to("")


def test_names_without_an_id_are_shown_as_they_are(references: DeviceReferences) -> None:
    assert references.show(BARN, forward_to("Old name"), {}) == forward_to("Old name")


def test_what_a_device_says_means_what_it_was_told_or_what_is_called_so_today(
    registry: FakeDevices, references: DeviceReferences
) -> None:
    registry.rename(ROOF, "Tower unit")
    registry.register(device("PH84", "Roof unit"))
    named = {"Roof unit", "Stall, north", "Far unit", "Nobody", "x" * 2000, "\ud83d"}

    assert references.resolve_said("ann", named, {"Roof unit": "PH81"}) == {"Roof unit": "PH81", "Stall, north": "PH82"}
    assert references.resolve_said("ann", named, {}) == {"Roof unit": "PH84", "Stall, north": "PH82"}


@pytest.mark.parametrize(
    ("recipients", "targets", "shown"),
    [
        ("Roof unit", ("PH81",), "Roof unit"),
        ("Stall, north", ("PH82",), "Stall, north"),
        ("Stall, north,Roof unit", ("PH82", "PH81"), "Stall, north, Roof unit"),
        (" Roof unit , Stall, north ,", ("PH81", "PH82"), "Roof unit, Stall, north"),
        ("Roof unit,Roof unit", ("PH81",), "Roof unit"),
        ("PH81", ("PH81",), "Roof unit"),
        ("", (), ""),
        (" , ", (), " , "),
    ],
)
def test_a_block_means_devices_even_with_commas_in_their_names(
    references: DeviceReferences, recipients: str, targets: tuple[str, ...], shown: str
) -> None:
    resolved = references.resolve_block(BARN, block(recipients))

    assert resolved.endpoint(Channel.MODEM).targets == targets
    assert references.show_block(BARN, resolved).endpoint(Channel.MODEM).recipients == shown
    assert (
        references.resolve_block(BARN, references.show_block(BARN, resolved)).endpoint(Channel.MODEM).targets == targets
    )


def test_a_block_shows_the_name_of_today_and_nothing_of_what_has_gone(
    registry: FakeDevices, references: DeviceReferences
) -> None:
    resolved = references.resolve_block(BARN, block("Roof unit, Stall, north"))
    registry.rename(ROOF, "Tower unit")
    registry.register(device("PH84", "Roof unit"))
    del registry.known["ann", "Stall, north"]

    assert references.show_block(BARN, resolved).endpoint(Channel.MODEM).recipients == "Tower unit"


def test_a_block_names_a_bounded_number_of_devices(references: DeviceReferences) -> None:
    with pytest.raises(InvalidInput, match="Invalid parameters"):
        references.resolve_block(BARN, block(",".join(["Roof unit"] * (MAX_RECIPIENTS + 1))))


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["hardware", "devicename", "a"]), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["hardware", "devicename", "a"]), JSON))
def test_whatever_names_are_found_can_be_replaced(attributes: dict[str, Any]) -> None:
    names = {name: f"new {name}" for name in named_devices(attributes)}

    renamed = with_names(attributes, names)

    assert named_devices(renamed) == set(names.values())
    assert with_names(renamed, {new: old for old, new in names.items()}) == attributes
