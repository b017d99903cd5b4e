"""The IoT rules match the topics of iotcloud.topics, and produce the bodies that iotcloud.ingest parses."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from iotcloud import ingest, topics
from iotcloud.devices.presence import Change
from iotcloud.firmware.device_requests import BLOCK_ASKED, ENDED, STATUS_ASKED
from iotcloud.firmware.service import BEGIN
from iotcloud.histories.model import READING_API
from iotcloud.peripherals.configuration_sync import ANSWER, DELETE, REPLACE, REQUEST
from iotcloud.topics import Direction
from tests.contract.deployment import read_deployment
from tests.contract.house_rules import TOPIC_RULE

_SQL = re.compile(r"SELECT (?P<select>.+) FROM '(?P<filter>[^']+)'(?: WHERE (?P<where>.+))?")
_COLUMN = re.compile(r"(?P<expression>\w+\(.*?\)) AS (?P<name>\w+)(?:, |$)")
_COMPARISON = re.compile(r"topic\((?P<level>\d)\) (?P<operator>=|<>) '(?P<name>[^']+)'")
DEVICEID = "PH80XXRR03042017"

COLUMNS: dict[str, Callable[[str, bytes], object]] = {
    "encode(*, 'base64')": lambda _, payload: base64.b64encode(payload).decode(),
    "topic()": lambda topic, _: topic,
    "timestamp()": lambda *_: 1_583_200_000_123,
    "newuuid()": lambda *_: "0fb5d9a6-9d1e-4b0e-8f3a-52d0c1a2b3c4",
}
"""The functions of AWS IoT SQL that our rules use."""


class Comparison(NamedTuple):
    """One level of the topic held against a name."""

    level: int
    is_equality: bool
    name: str

    @classmethod
    def parse(cls, text: str) -> "Comparison":
        found = _COMPARISON.fullmatch(text)
        assert found, text
        return cls(int(found["level"]), found["operator"] == "=", found["name"])

    def holds(self, topic: str) -> bool:
        """Compare as AWS IoT SQL does: a level that the topic has not makes every comparison untrue."""
        levels = topic.split("/")
        return self.level <= len(levels) and (levels[self.level - 1] == self.name) is self.is_equality


class Sql(NamedTuple):
    """One rule's statement, taken apart."""

    columns: dict[str, str]
    topic_filter: str
    alternatives: tuple[Comparison, ...]
    """One of these must hold, if there are any."""

    @classmethod
    def parse(cls, text: str) -> "Sql":
        statement = _SQL.fullmatch(text)
        assert statement, text
        comparisons = statement["where"].split(" OR ") if statement["where"] else []
        columns = {column["name"]: column["expression"] for column in _COLUMN.finditer(statement["select"])}
        return cls(columns, statement["filter"], tuple(Comparison.parse(each) for each in comparisons))

    def takes(self, topic: str) -> bool:
        """Return whether a message on a topic runs the rule's action."""
        is_wanted = not self.alternatives or any(each.holds(topic) for each in self.alternatives)
        return is_wanted and is_match(self.topic_filter, topic)

    def body(self, topic: str, payload: bytes) -> str:
        """Return the message that the rule's action sends."""
        return json.dumps({name: COLUMNS[expression](topic, payload) for name, expression in self.columns.items()})


def is_match(topic_filter: str, topic: str) -> bool:
    """Return whether a filter matches a topic as AWS IoT takes it, where `a/#` does not match `a` itself."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#" and len(given) >= len(wanted):
        wanted, given = wanted[:-1], given[: len(wanted) - 1]
    return len(wanted) == len(given) and all(level in ("+", name) for level, name in zip(wanted, given, strict=True))


STATEMENTS = {rule.name: rule.properties["TopicRulePayload"]["Sql"] for rule in read_deployment().resources(TOPIC_RULE)}
LIFECYCLE = "SELECT * FROM '$aws/events/presence/"
"""How the rules begin that listen to the broker itself."""
RULES = {name: Sql.parse(sql) for name, sql in STATEMENTS.items() if not sql.startswith(LIFECYCLE)}


@pytest.mark.parametrize(
    ("topic", "rule"),
    [
        (topics.command(DEVICEID, "get_status"), "HistorianToRule"),
        (topics.reply(DEVICEID, "get_status"), "HistorianFromRule"),
        (topics.reply(DEVICEID, READING_API), "SensorianRule"),
        (topics.reply(DEVICEID, READING_API + "/more"), "SensorianRule"),
        (topics.reply(DEVICEID, READING_API + "s"), "HistorianFromRule"),
        (topics.reply(DEVICEID, "trigger_notification/uart/default"), "HistorianFromRule"),
        (topics.reply(DEVICEID, "trigger_notification/i2c1/default/40"), "HistorianFromRule"),
    ],
)
def test_each_message_is_kept_once(topic: str, rule: str) -> None:
    """The historian stores everything except readings, which the sensorian stores."""
    keepers = [name for name, sql in RULES.items() if name.startswith(("Historian", "Sensorian")) and sql.takes(topic)]

    assert keepers == [rule]


def test_a_message_that_is_no_devices_reaches_the_historian_once_too() -> None:
    assert [name for name, sql in RULES.items() if sql.takes(topics.SERVER + "/x")] == ["HistorianStrayRule"]


@pytest.mark.parametrize(
    ("topic", "takers"),
    [
        (topics.reply(DEVICEID, REQUEST), ["ConfiguratorRule", "FirmwareRule"]),
        (topics.reply(DEVICEID, BLOCK_ASKED), ["FirmwareRule"]),
        (topics.reply(DEVICEID, ENDED), ["FirmwareRule"]),
        (topics.reply(DEVICEID, STATUS_ASKED), ["FirmwareRule"]),
        (topics.reply(DEVICEID, BEGIN), []),
        (topics.reply(DEVICEID, REPLACE), ["ConfiguratorRule"]),
        (topics.reply(DEVICEID, DELETE), ["ConfiguratorRule"]),
        (topics.reply(DEVICEID, READING_API), ["SensorianRule"]),
        (topics.reply(DEVICEID, READING_API + "/more"), ["SensorianRule"]),
        (topics.command(DEVICEID, ANSWER), []),
        (topics.reply(DEVICEID, "get_status"), []),
    ],
)
def test_each_service_is_told_of_its_own_topics(topic: str, takers: list[str]) -> None:
    assert [name for name, sql in RULES.items() if not name.startswith("Historian") and sql.takes(topic)] == takers


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("HistorianFromRule", topics.reply(DEVICEID, "get_status")),
        ("HistorianToRule", topics.command(DEVICEID, "get_status")),
        ("SensorianRule", topics.reply(DEVICEID, READING_API)),
        ("ConfiguratorRule", topics.reply(DEVICEID, REQUEST)),
        ("FirmwareRule", topics.reply(DEVICEID, BLOCK_ASKED)),
    ],
)
@pytest.mark.parametrize("payload", [b"", b"{}", b"not JSON", bytes(range(256))])
def test_the_body_that_a_rule_makes_is_one_that_its_function_reads(name: str, topic: str, payload: bytes) -> None:
    message = ingest.read_message(RULES[name].body(topic, payload))

    assert message.payload == payload
    assert message.topic == topics.parse(topic)
    assert message.topic.direction is (Direction.TO if name == "HistorianToRule" else Direction.FROM)
    assert message.received_at == datetime(2020, 3, 3, 1, 46, 40, 123000, tzinfo=UTC)


def test_both_kinds_of_lifecycle_event_are_heard_and_handed_on_whole() -> None:
    heard = {sql for sql in STATEMENTS.values() if sql.startswith(LIFECYCLE)}

    assert heard == {f"{LIFECYCLE}{change}/+'" for change in Change}
