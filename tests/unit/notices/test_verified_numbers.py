"""A verified number is applied to its owner's devices."""

from dataclasses import dataclass, field

import pytest

from iotcloud.devices.model import DeviceName, Role
from iotcloud.notices.verified_numbers import VerifiedNumber, VerifiedNumberService
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text

PHONE = VerifiedNumber("ada", "+6511111111")
BLOCK = NotificationBlock(
    (Text("Hello World"),),
    {
        Channel.MOBILE: Endpoint("+6500000000", is_enabled=False),
        Channel.EMAIL: Endpoint("ada@example.com", is_enabled=True),
        Channel.NOTIFICATION: Endpoint("", is_enabled=True),
    },
)


@dataclass
class Registry:
    """Devices of one user, and their UART blocks."""

    names: list[DeviceName]
    blocks: dict[tuple[str, str], NotificationBlock] = field(default_factory=dict)

    def list_names(self, username: str) -> list[DeviceName]:
        return [name for name in self.names if name.username == username]

    def find(self, deviceid: str, source: str) -> NotificationBlock | None:
        return self.blocks.get((deviceid, source))

    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None:
        self.blocks[deviceid, source] = block


@pytest.fixture
def registry() -> Registry:
    names = [
        DeviceName("ada", "Barn", "own", "1", Role.OWNER),
        DeviceName("ada", "Shed", "default", "1", Role.OWNER),
        DeviceName("ada", "Attic", "shared", "1", Role.OPERATOR),
        DeviceName("bob", "Attic", "others", "1", Role.OWNER),
    ]
    blocks = {(deviceid, "uart"): BLOCK for deviceid in ("own", "shared", "others")} | {("own", "gpio1"): BLOCK}
    return Registry(names, blocks)


def test_the_uart_of_an_owned_device_writes_to_the_number(registry: Registry) -> None:
    VerifiedNumberService(registry, registry).adopt_number(PHONE)

    block = registry.blocks["own", "uart"]
    assert block.endpoint(Channel.MOBILE) == Endpoint("+6511111111", is_enabled=True)
    assert not block.endpoint(Channel.NOTIFICATION).is_enabled
    assert block.endpoint(Channel.EMAIL) == BLOCK.endpoint(Channel.EMAIL)
    assert block.texts == BLOCK.texts


def test_nothing_else_changes(registry: Registry) -> None:
    VerifiedNumberService(registry, registry).adopt_number(PHONE)

    changed = {key for key, block in registry.blocks.items() if block != BLOCK}
    assert changed == {("own", "uart")}


def test_once_more_changes_nothing(registry: Registry) -> None:
    service = VerifiedNumberService(registry, registry)
    service.adopt_number(PHONE)
    before = dict(registry.blocks)

    service.adopt_number(PHONE)

    assert registry.blocks == before
