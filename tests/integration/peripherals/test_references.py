"""Devices that ports name, with the registry's own rows (moto)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, device
from tests.integration.platform import running_platform

BARN, ROOF, COMMA = device("PH80", "Barn unit"), device("PH81", "Roof unit"), device("PH82", "Stall, north")
FORWARD = {"mode": 2, "hardware": {"devicename": "Roof unit"}}


@pytest.fixture
def platform() -> Iterator[Wiring]:
    with running_platform() as wired:
        for one in (BARN, ROOF, COMMA, device("PH90", "Far unit", owner="bob")):
            wired.stores.devices.add(one)
        yield wired


def test_a_reference_survives_renaming_and_ends_with_its_device(platform: Wiring) -> None:
    references, devices = platform.peripherals.references, platform.stores.devices
    kept = references.resolve(BARN, FORWARD)
    tower = devices.rename(ROOF, "Tower unit")
    devices.add(device("PH83", "Roof unit"))

    assert kept.references == {"Roof unit": "PH81"}
    assert references.show(BARN, kept.attributes, kept.references)["hardware"] == {"devicename": "Tower unit"}

    devices.leave(tower, NOON, timedelta(minutes=1))
    devices.remove(tower)

    assert references.show(BARN, kept.attributes, kept.references)["hardware"] == {"devicename": ""}


@pytest.mark.parametrize("name", ["Nobody", "Far unit", "PH90", "x" * 65, "x" * 5000, "\x00", "ü" * 64])
def test_what_the_owner_has_not_is_refused(platform: Wiring, name: str) -> None:
    with pytest.raises(InvalidInput):
        platform.peripherals.references.resolve(BARN, {"hardware": {"devicename": name}})


def test_a_block_names_devices_by_name_and_by_id(platform: Wiring) -> None:
    block = NotificationBlock(
        (Text("on"),), {Channel.MODEM: Endpoint("Stall, north, PH81, Barn unit", is_enabled=True)}
    )

    resolved = platform.peripherals.references.resolve_block(BARN, block)

    assert resolved.endpoint(Channel.MODEM).targets == ("PH82", "PH81", "PH80")
    shown = platform.peripherals.references.show_block(BARN, resolved)
    assert shown.endpoint(Channel.MODEM).recipients == "Stall, north, Roof unit, Barn unit"


def test_a_block_of_sixteen_unknown_parts_is_refused(platform: Wiring) -> None:
    recipients = ",".join(f"unit {number}" for number in range(16))

    with pytest.raises(InvalidInput):
        platform.peripherals.references.resolve_block(
            BARN, NotificationBlock((Text("on"),), {Channel.MODEM: Endpoint(recipients, is_enabled=True)})
        )
