"""The MQTT grammar: built topics can be parsed, others are rejected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud import topics
from iotcloud.devices.model import checked_deviceid
from iotcloud.errors import InvalidInput
from iotcloud.topics import DeviceTopic, Direction

LEVEL = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=40)
DEVICEID = LEVEL.filter(lambda level: level != topics.SERVER)


@given(DEVICEID, LEVEL)
def test_a_command_topic_parses_to_its_device_and_api(deviceid: str, api: str) -> None:
    assert topics.parse(topics.command(deviceid, api)) == DeviceTopic(Direction.TO, deviceid, api)


@given(DEVICEID, st.lists(LEVEL, min_size=1, max_size=6))
def test_a_reply_topic_parses_to_its_device_and_api_with_sub_topics(deviceid: str, levels: list[str]) -> None:
    api = "/".join(levels)

    assert topics.parse(topics.reply(deviceid, api)) == DeviceTopic(Direction.FROM, deviceid, api)


@pytest.mark.parametrize(
    "topic", ["", "/", "server", "server/", "server/PH80", "server//get_status", "PH80", "PH80/", "PH80/a/b", "a//b"]
)
def test_a_topic_outside_the_grammar_is_refused(topic: str) -> None:
    with pytest.raises(topics.TopicError):
        topics.parse(topic)


def test_a_topic_with_more_levels_than_aws_iot_carries_is_refused() -> None:
    with pytest.raises(topics.TopicError):
        topics.parse("server/PH80/a/b/c/d/e/f/g")


@pytest.mark.parametrize("sign", "/.+*#$ ")
def test_no_deviceid_holds_what_separates_or_matches_levels_in_mqtt_or_amqp(sign: str) -> None:
    with pytest.raises(InvalidInput):
        checked_deviceid(f"PH80{sign}1")
