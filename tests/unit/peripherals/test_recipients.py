"""Recipients of notices, as users without ownership see and may change them."""

from dataclasses import replace

import pytest

from iotcloud.devices.model import Role
from iotcloud.errors import NotPermitted
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.peripherals.recipients import check_block, visible_block, with_destination
from tests.unit.peripherals.test_sensor_registration import DEVICE

BLOCK = NotificationBlock(
    (Text("Full"), Text("Normal", False)),
    {
        Channel.MOBILE: Endpoint("+6500000000", True, ({"name": "Anna"},)),
        Channel.EMAIL: Endpoint("anna@example.com"),
        Channel.NOTIFICATION: Endpoint("kept", True),
        Channel.MODEM: Endpoint("Roof unit", True),
    },
)
SHOWN = BLOCK.without_recipients()
ABROAD = {"hardware": {"devicename": "Private safe"}}
ROOF = {"hardware": {"devicename": "Roof unit"}}
NOWHERE = {"hardware": {"devicename": ""}}


def test_the_owner_sees_all_recipients() -> None:
    assert visible_block(DEVICE, BLOCK) == BLOCK


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.VIEWER])
def test_others_see_texts_and_switches_and_no_recipient(role: Role) -> None:
    shown = visible_block(replace(DEVICE, role=role), BLOCK)

    assert shown.texts == BLOCK.texts
    for channel in Channel:
        assert shown.endpoint(channel) == Endpoint(is_enabled=BLOCK.endpoint(channel).is_enabled)


@pytest.mark.parametrize(
    "posted",
    [
        BLOCK,
        SHOWN,
        replace(SHOWN, endpoints={**SHOWN.endpoints, Channel.STORAGE: Endpoint()}),
        replace(SHOWN, endpoints={**SHOWN.endpoints, Channel.NOTIFICATION: Endpoint("anything", True)}),
    ],
    ids=["as it is", "as it is shown", "with an empty channel", "push is not shown"],
)
def test_a_block_may_be_given_back(posted: NotificationBlock) -> None:
    check_block(posted, BLOCK)


@pytest.mark.parametrize(
    "posted",
    [
        replace(SHOWN, texts=(Text("Fire!"), Text("Normal", False))),
        replace(SHOWN, texts=(Text("Full", False), Text("Normal", False))),
        replace(SHOWN, texts=(Text("Full"),)),
        replace(SHOWN, endpoints={**SHOWN.endpoints, Channel.STORAGE: Endpoint("", True)}),
        replace(SHOWN, endpoints={**SHOWN.endpoints, Channel.EMAIL: Endpoint("mallory@example.com")}),
        replace(BLOCK, endpoints={**BLOCK.endpoints, Channel.MOBILE: Endpoint("+19005550100", True)}),
        replace(SHOWN, endpoints={**SHOWN.endpoints, Channel.MODEM: Endpoint("Private safe", True)}),
        replace(SHOWN, endpoints={**SHOWN.endpoints, Channel.EMAIL: Endpoint("", False, ({"name": "M"},))}),
    ],
    ids=["text", "switched off", "one text less", "storage", "mail", "number", "other device", "address book"],
)
def test_a_changed_block_is_refused(posted: NotificationBlock) -> None:
    with pytest.raises(NotPermitted):
        check_block(posted, BLOCK)


@pytest.mark.parametrize(
    ("posted", "stored", "kept"),
    [
        ({"mode": 2, **NOWHERE}, ROOF, {"mode": 2, **ROOF}),
        ({"mode": 0, **ROOF}, ROOF, {"mode": 0, **ROOF}),
        ({"mode": 0, **NOWHERE}, {}, {"mode": 0, **NOWHERE}),
        ({"mode": 0, **NOWHERE}, {"hardware": None}, {"mode": 0, **NOWHERE}),
        ({"mode": 2}, ROOF, {"mode": 2}),
        ({"subattributes": NOWHERE}, {"subattributes": ROOF}, {"subattributes": ROOF}),
        ({"subattributes": NOWHERE}, {"subattributes": 5}, {"subattributes": NOWHERE}),
    ],
)
def test_the_stored_destination_stays(
    posted: dict[str, object], stored: dict[str, object], kept: dict[str, object]
) -> None:
    assert with_destination(posted, stored) == kept


@pytest.mark.parametrize(
    ("posted", "stored"),
    [(ABROAD, ROOF), (ABROAD, {}), (ABROAD, {"hardware": "x"}), ({"subattributes": ABROAD}, ABROAD)],
)
def test_another_destination_is_refused(posted: dict[str, object], stored: dict[str, object]) -> None:
    with pytest.raises(NotPermitted):
        with_destination(posted, stored)
