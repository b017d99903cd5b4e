"""Rights to connect, publish, subscribe and receive: the policy of all devices, and the role of the API function."""

import pytest

from iotcloud import topics
from iotcloud.adapters.mqtt_session import CLIENT_ID_PREFIX
from tests.contract.deployment import Node, read_deployment
from tests.contract.iot_policies import is_allowed

DEPLOYMENT = read_deployment()
DEVICE: list[Node] = DEPLOYMENT.nested["Devices"].resources()["DevicePolicy"]["Properties"]["PolicyDocument"][
    "Statement"
]
API: list[Node] = [
    statement
    for policy in DEPLOYMENT.root.resources()["ApiRole"]["Properties"]["Policies"]
    if policy.get("PolicyName") == "device-link"
    for statement in policy["PolicyDocument"]["Statement"]
]
OWN, OTHER = "PH80XXRR03042017", "PH80XXRR03042018"
THING_NAME = "iot:Connection.Thing.ThingName"

MAY = [
    ("iot:Connect", f"client/{OWN}"),
    ("iot:Subscribe", f"topicfilter/{OWN}/#"),
    ("iot:Subscribe", f"topicfilter/{OWN}/get_status"),
    ("iot:Receive", f"topic/{topics.command(OWN, 'get_status')}"),
    ("iot:Publish", f"topic/{topics.reply(OWN, 'get_status')}"),
    ("iot:Publish", f"topic/{topics.reply(OWN, 'trigger_notification/i2c1/default/40')}"),
]
MAY_NOT = [
    ("iot:Connect", f"client/{OTHER}"),
    ("iot:Connect", f"client/{OWN}2"),
    ("iot:Connect", f"client/{CLIENT_ID_PREFIX}1"),
    ("iot:Subscribe", "topicfilter/#"),
    ("iot:Subscribe", "topicfilter/+/get_status"),
    ("iot:Subscribe", f"topicfilter/{OTHER}/#"),
    ("iot:Subscribe", f"topicfilter/{OWN}2/#"),
    ("iot:Subscribe", f"topicfilter/{topics.reply(OWN, '#')}"),
    ("iot:Receive", f"topic/{topics.command(OTHER, 'get_status')}"),
    ("iot:Publish", f"topic/{topics.command(OWN, 'get_status')}"),
    ("iot:Publish", f"topic/{topics.command(OTHER, 'set_status')}"),
    ("iot:Publish", f"topic/{topics.reply(OTHER, 'get_status')}"),
    ("iot:Publish", f"topic/$aws/things/{OWN}/shadow/update"),
    ("iot:RetainPublish", f"topic/{topics.reply(OWN, 'get_status')}"),
]


@pytest.mark.parametrize(("action", "resource"), MAY)
def test_a_device_may_use_its_own_topics(action: str, resource: str) -> None:
    assert is_allowed(DEVICE, action, resource, {THING_NAME: OWN})


@pytest.mark.parametrize(("action", "resource"), MAY_NOT)
def test_a_device_may_not_reach_beyond_its_own_topics(action: str, resource: str) -> None:
    assert not is_allowed(DEVICE, action, resource, {THING_NAME: OWN})


def test_a_thing_named_as_the_server_hears_no_device() -> None:
    named = {THING_NAME: topics.SERVER}

    assert not is_allowed(DEVICE, "iot:Subscribe", f"topicfilter/{topics.SERVER}/#", named)
    assert not is_allowed(DEVICE, "iot:Receive", f"topic/{topics.reply(OTHER, 'get_status')}", named)


def test_a_connection_needs_a_certificate_that_is_attached_to_the_thing() -> None:
    (connect,) = [statement for statement in DEVICE if statement["Action"] == "iot:Connect"]

    assert connect["Condition"] == {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iot:Connect", f"client/{CLIENT_ID_PREFIX}0fb5d9a6"),
        ("iot:Publish", f"topic/{topics.command(OWN, 'get_status')}"),
        ("iot:Subscribe", f"topicfilter/{topics.reply(OWN, 'get_status')}"),
        ("iot:Receive", f"topic/{topics.reply(OWN, 'get_status')}"),
    ],
)
def test_the_api_may_command_devices_and_hear_their_replies(action: str, resource: str) -> None:
    assert is_allowed(API, action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iot:Connect", f"client/{OWN}"),
        ("iot:Publish", f"topic/{topics.reply(OWN, 'get_status')}"),
        ("iot:Publish", "topic/$aws/rules/iotcloud_historian_from/server/x/y"),
        ("iot:Subscribe", f"topicfilter/{OWN}/#"),
        ("iot:Receive", f"topic/{topics.command(OWN, 'get_status')}"),
    ],
)
def test_the_api_may_not_speak_or_listen_in_a_devices_place(action: str, resource: str) -> None:
    assert not is_allowed(API, action, resource)
