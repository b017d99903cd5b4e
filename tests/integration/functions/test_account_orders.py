"""The background jobs of accounts as Lambda calls them, with tables, queues, bucket and user pool in moto."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import boto3
import pytest
from moto import mock_aws

import iotcloud
from functions import apply_verified_numbers, erase_data, export_data
from iotcloud.dynamodb import Row, bind
from iotcloud.errors import DependencyFailed
from iotcloud.histories.model import Lane
from iotcloud.histories.personal_data import MessagesOfDevice
from iotcloud.histories.store import MessageRow
from iotcloud.jobs import write_erasure, write_export, write_messages, write_phone
from iotcloud.notices.verified_numbers import VerifiedNumber
from iotcloud.notification_blocks.model import Channel, NotificationBlock, Text
from iotcloud.peripherals.model import Configuration, Sensor, Slot
from iotcloud.users.account_deletion import Erasure
from iotcloud.users.exports import ExportState
from iotcloud.users.model import FullName
from iotcloud.users.push_tokens import PushPlatform, PushToken
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, device, message
from tests.parts import replace_part

pytestmark = pytest.mark.long

REGION = "eu-west-1"


class Registry:
    """Deletes devices from the registry alone; things and certificates have tests of their own."""

    def __init__(self, platform: Wiring) -> None:
        self._platform = platform
        self.failures = 0

    def delete_device(self, owner: str, devicename: str) -> None:
        if self.failures:
            self.failures -= 1
            raise DependencyFailed
        self._platform.stores.devices.remove(self._platform.stores.devices.find(owner, devicename))


def all_rows() -> list[type[Row]]:
    """Every table of every feature, also of those that are yet to come."""
    for module in walk_packages(iotcloud.__path__, "iotcloud."):
        if module.name.endswith(".store"):
            import_module(module.name)
    return Row.__subclasses__()


@pytest.fixture
def platform(wired: Wiring) -> Iterator[Wiring]:
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        cognito = boto3.client("cognito-idp", region_name=REGION)
        s3 = boto3.client("s3", region_name=REGION)
        pool_id = cognito.create_user_pool(PoolName="test", UsernameAttributes=["email"])["UserPool"]["Id"]
        client_id = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="test")["UserPoolClient"]["ClientId"]
        given = {"access_token_minutes": 0, "user_pool_id": pool_id, "user_pool_client_id": client_id}
        for setting in (setting.name for setting in fields(wired.settings)):
            if setting.endswith("_bucket"):
                given[setting] = setting.replace("_", "-")
                s3.create_bucket(Bucket=given[setting], CreateBucketConfiguration={"LocationConstraint": REGION})
            if setting.endswith("_queue_url"):
                given[setting] = sqs.create_queue(QueueName=setting)["QueueUrl"]
        for setting, value in given.items():
            object.__setattr__(wired.settings, setting, value)
        replace_part(wired, "devices.registration", Registry(wired))
        for row in all_rows():
            bind(row, wired.settings.table_prefix, REGION)
            row.create_table(billing_mode="PAY_PER_REQUEST")
        yield wired


@pytest.fixture
def ada(platform: Wiring) -> str:
    """Have an account with a device, messages, a phone and an archive; return the pool's name of it."""
    platform.clients.directory.sign_up("ada@example.com", "Correct-horse-1", FullName("Ada", "Lovelace"), "+6500000000")
    cognito = boto3.client("cognito-idp", region_name=REGION)
    (user,) = cognito.list_users(UserPoolId=platform.settings.user_pool_id)["Users"]
    return str(user["Username"])


def fill(platform: Wiring, username: str) -> None:
    """Give a user one of everything."""
    deviceid = f"D-{username[:8]}"
    platform.stores.devices.add(device(deviceid, "Barn", username))
    platform.stores.messages.put_messages([message(number, deviceid, owner=username) for number in range(3)])
    platform.stores.notification_blocks.save(deviceid, "uart", NotificationBlock((Text("Hello"),)))
    slot = Slot("i2c", 1, 72)
    platform.stores.sensors.add(deviceid, Sensor(slot, "Thermometer", "temperature", "input", NOON))
    platform.stores.configurations.save(deviceid, Configuration(slot, {"mode": 1}))
    platform.stores.push_tokens.save(PushToken(username, PushPlatform.GCM, f"phone of {username}", "session"))
    platform.clients.archives.put(f"{username}/1.zip", io.BytesIO(b"archive"))


def event(body: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "1", "body": body}]}


def left_of(username: str) -> list[str]:
    """Search every table and every bucket for the user."""
    rows = [json.dumps(row.serialize(), default=str) for table in all_rows() for row in table.scan()]
    s3 = boto3.client("s3", region_name=REGION)
    objects = [
        listed["Key"]
        for bucket in s3.list_buckets()["Buckets"]
        for listed in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
    ]
    return [found for found in [*rows, *objects] if username in found]


def waiting(platform: Wiring) -> int:
    attributes = boto3.client("sqs", region_name=REGION).get_queue_attributes(
        QueueUrl=platform.settings.erasures_queue_url, AttributeNames=["All"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"]) + int(attributes["ApproximateNumberOfMessagesDelayed"])


def test_the_eraser_leaves_nothing_of_this_user_and_all_of_others(platform: Wiring, ada: str) -> None:
    fill(platform, ada)
    fill(platform, "bob-the-builder")
    before = left_of("bob-the-builder")

    assert erase_data.handler(event(write_erasure(Erasure(ada, datetime.now(UTC)))), None) == {"batchItemFailures": []}

    assert [found for found in left_of(ada) if '"stream"' not in found] == []
    assert left_of("bob-the-builder") == before
    assert platform.clients.directory.find_account(ada) is None


def test_the_eraser_forgets_the_messages_of_one_registration(platform: Wiring) -> None:
    fill(platform, "ann")
    platform.stores.messages.put_messages(
        [message(number, "D-ann", owner="ann", lane=lane) for number in range(30) for lane in Lane]
        + [message(1, "D-ann", owner="bob", registration="the next owner's")]
    )

    for _ in range(2):
        erase_data.handler(event(write_messages(MessagesOfDevice("D-ann", "rD-ann"))), None)

    assert [row.owner for row in MessageRow.scan()] == ["bob"]


def test_the_eraser_gives_the_order_again_while_tokens_are_good(platform: Wiring, ada: str) -> None:
    object.__setattr__(platform.settings, "access_token_minutes", 60)

    erase_data.handler(event(write_erasure(Erasure(ada, datetime.now(UTC)))), None)

    assert waiting(platform) == 1


def test_the_eraser_is_done_once_no_token_is_good(platform: Wiring, ada: str) -> None:
    erase_data.handler(event(write_erasure(Erasure(ada, datetime.now(UTC)))), None)

    assert waiting(platform) == 0


def test_an_order_that_failed_comes_again_and_does_the_rest(platform: Wiring, ada: str) -> None:
    fill(platform, ada)
    registry = Registry(platform)
    registry.failures = 1
    replace_part(platform, "devices.registration", registry)
    order = event(write_erasure(Erasure(ada, datetime.now(UTC))))
    with pytest.raises(DependencyFailed):
        erase_data.handler(order, None)

    erase_data.handler(order, None)

    assert platform.stores.push_tokens.list_all(ada) == []
    assert platform.stores.devices.list_names(ada) == []


def test_what_is_no_order_raises(platform: Wiring) -> None:
    for handler in (erase_data.handler, export_data.handler, apply_verified_numbers.handler):
        with pytest.raises((ValueError, KeyError)):
            handler(event("{}"), None)


def test_the_exporter_makes_an_archive_of_everything(platform: Wiring, ada: str) -> None:
    fill(platform, ada)
    fill(platform, "bob-the-builder")
    export = platform.personal_data.exports.request_export(ada)

    assert export_data.handler(event(write_export(export)), None) == {"batchItemFailures": []}

    ready, link = platform.personal_data.exports.get_export(ada)
    content = boto3.client("s3", region_name=REGION).get_object(
        Bucket=platform.settings.exports_bucket, Key=f"{ada}/{export.export_id}.zip"
    )
    with zipfile.ZipFile(io.BytesIO(content["Body"].read())) as archive:
        files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        everything = " ".join(archive.read(name).decode() for name in archive.namelist())
    assert ready.state is ExportState.READY
    assert link is not None
    assert files["account.json"][0]["email"] == "ada@example.com"
    assert [record["devicename"] for record in files["devices.json"]] == ["Barn"]
    assert len(files["histories.json"]) == 3
    (block,) = files["notification_blocks.json"]
    assert (block["source"], block["messages"]) == ("uart", [{"message": "Hello", "is_enabled": True}])
    (sensor,) = files["sensors.json"]
    assert (sensor["sensorname"], sensor["source"], sensor["address"]) == ("Thermometer", "i2c1", 72)
    (configuration,) = files["configurations.json"]
    assert (configuration["source"], configuration["attributes"]) == ("i2c1", {"mode": 1})
    assert files["phones.json"] == [{"service": "GCM", "token": f"phone of {ada}"}]
    assert "bob-the-builder" not in everything


def test_the_phones_pass_a_number_on(platform: Wiring) -> None:
    fill(platform, "ada")

    apply_verified_numbers.handler(event(write_phone(VerifiedNumber("ada", "+6511111111"))), None)

    block = platform.stores.notification_blocks.find("D-ada", "uart")
    assert block is not None
    assert block.endpoint(Channel.MOBILE).recipients == "+6511111111"
