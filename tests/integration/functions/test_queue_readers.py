"""The functions as AWS calls them: one real event for each, and what it leads to. All of AWS is moto's."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.iotdata.models import iotdata_backends
from moto.sesv2.models import sesv2_backends

from functions import (
    admit_devices,
    apply_verified_numbers,
    configurator,
    deliver_notices,
    erase_data,
    export_data,
    historian,
    notifier,
    record_receipts,
    sensorian,
    track_presence,
)
from iotcloud.histories.model import HistoryFilter, Lane, Window
from iotcloud.notices.ledger import Notice, State
from iotcloud.notices.limits import AccountLimits, QuietHours
from iotcloud.notices.receipts import mail_tags
from iotcloud.notification_blocks.model import Channel, NotificationBlock, Text
from iotcloud.peripherals.model import Configuration, Slot
from iotcloud.provisioning.model import KnownDevice
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON, device
from tests.integration.platform import REGION, make_user, running_platform

EVENTS = Path(__file__).parents[2] / "events"
DEVICEID = "PH80XXRR03042017"
NOTICE_ID = "5f0e1d2c3b4a59687766554433221100"
SENDER = "notices@example.com"
NOTICE = Notice(
    NOTICE_ID, "ann", DEVICEID, NOON, Channel.EMAIL, "ann@example.com", "ann@example.com", "Hello", 5, "UART"
)
QUEUE_READERS = [
    (notifier, "sqs_triggers"),
    (record_receipts, "sqs_receipts"),
    (configurator, "sqs_configurations"),
    (track_presence, "sqs_presence"),
    (historian, "sqs_device_messages"),
    (sensorian, "sqs_readings"),
]
ALL_IS_DONE: dict[str, Any] = {"batchItemFailures": []}


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture
def platform() -> Iterator[Wiring]:
    """Give a platform with a user, their device, and a verified sender of mails."""
    with running_platform() as wired:
        make_user(wired, "ann")
        wired.stores.devices.add(device(DEVICEID, "Barn unit"))
        boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=SENDER)
        object.__setattr__(wired.settings, "mail_sender", SENDER)
        yield wired


def waiting(platform: Wiring, setting: str) -> list[str]:
    """Take all bodies out of the queue of a setting."""
    sqs, bodies = boto3.client("sqs", region_name=REGION), []
    while found := sqs.receive_message(QueueUrl=getattr(platform.settings, setting), MaxNumberOfMessages=10).get(
        "Messages"
    ):
        bodies += [one["Body"] for one in found]
    return bodies


def published() -> list[tuple[str, Any]]:
    return [
        (topic, json.loads(payload))
        for topic, payload in iotdata_backends[DEFAULT_ACCOUNT_ID][REGION].published_payloads
    ]


def test_the_notifier_enters_a_notice_and_hands_its_key_on_once_more_too(platform: Wiring) -> None:
    for _ in range(2):
        assert notifier.handler(event("sqs_triggers"), None) == ALL_IS_DONE

    (notice,) = platform.stores.ledger.list_all("ann")
    assert (notice.state, notice.channel, notice.target) == (State.QUEUED, Channel.EMAIL, "ann@example.com")
    key = {"device": DEVICEID, "notice": notice.notice_id}
    assert [json.loads(body) for body in waiting(platform, "deliveries_queue_url")] == [key, key]


def test_the_notifier_holds_back_in_quiet_hours_and_says_so(platform: Wiring) -> None:
    all_day = QuietHours(datetime.min.time(), datetime.max.time())
    platform.notices.limits.set_limits("ann", AccountLimits(quiet=all_day))

    assert notifier.handler(event("sqs_triggers"), None) == ALL_IS_DONE

    (notice,) = platform.stores.ledger.list_all("ann")
    assert (notice.state, notice.reason) == (State.SUPPRESSED, "quiet hours")
    assert waiting(platform, "deliveries_queue_url") == []
    assert published() == [(f"{DEVICEID}/status_notification", {"status": "NG. quiet hours."})]


def deliver() -> dict[str, Any]:
    """Have deliver_notices read the record of the event off its queue, with a handle that SQS knows."""
    return deliver_notices.handler(event("sqs_deliveries"), None)


def test_the_courier_mails_a_notice_once(platform: Wiring) -> None:
    platform.stores.ledger.enter(NOTICE)

    for _ in range(2):
        assert deliver() == ALL_IS_DONE

    (mail,) = sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages
    kept = platform.stores.ledger.find(DEVICEID, NOTICE_ID)
    assert kept is not None
    assert (kept.state, kept.provider_id) == (State.SENT, mail.id)
    assert published() == [(f"{DEVICEID}/status_notification", {"status": "OK. message sent to ann@example.com."})]


def test_the_courier_does_nothing_for_a_notice_that_there_is_not(platform: Wiring) -> None:
    assert deliver() == ALL_IS_DONE
    assert sesv2_backends[DEFAULT_ACCOUNT_ID][REGION].core_backend.sent_messages == []


def test_the_courier_leaves_a_notice_that_another_is_at_in_its_queue(platform: Wiring) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    platform.stores.ledger.enter(NOTICE.begin(platform.clock()))
    batch = event("sqs_deliveries")
    (record,) = batch["Records"]
    sqs.send_message(QueueUrl=platform.settings.deliveries_queue_url, MessageBody=record["body"])
    (message,) = sqs.receive_message(QueueUrl=platform.settings.deliveries_queue_url)["Messages"]
    record["receiptHandle"] = message["ReceiptHandle"]

    assert deliver_notices.handler(batch, None) == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert waiting(platform, "deliveries_queue_url") == []


def test_a_receipt_makes_a_notice_delivered(platform: Wiring) -> None:
    batch = event("sqs_receipts")
    mail = json.loads(batch["Records"][0]["body"])
    mail["detail"]["mail"]["tags"] |= {name: [value] for name, value in mail_tags(NOTICE).items()}
    batch["Records"][0]["body"] = json.dumps(mail)
    platform.stores.ledger.enter(NOTICE.begin(NOON).accepted(mail["detail"]["mail"]["messageId"]))

    for _ in range(2):
        assert record_receipts.handler(batch, None) == ALL_IS_DONE

    kept = platform.stores.ledger.find(DEVICEID, NOTICE_ID)
    assert kept is not None
    assert kept.state is State.DELIVERED


def test_a_push_in_vain_fails_the_notice_and_forgets_the_phone(platform: Wiring) -> None:
    batch = event("sqs_receipts")
    failure = json.loads((EVENTS / "receipts" / "push_unregistered.json").read_text())
    batch["Records"][0]["body"] = json.dumps(failure)
    for token in ("token-1", "token-2"):
        platform.users.push_tokens.register("ann", "session", token, "GCM")
    push = replace(NOTICE, channel=Channel.NOTIFICATION, recipient="Android", target="GCM:token-1")
    platform.stores.ledger.enter(push.begin(NOON).accepted(failure["MessageId"]))

    for _ in range(2):
        assert record_receipts.handler(batch, None) == ALL_IS_DONE

    kept = platform.stores.ledger.find(DEVICEID, NOTICE_ID)
    assert kept is not None
    assert (kept.state, kept.reason[:20]) == (State.FAILED, "InvalidPlatformToken")
    assert [one.token for one in platform.stores.push_tokens.list_all("ann")] == ["token-2"]


def test_the_configurator_gives_a_device_its_ports_settings_back(platform: Wiring) -> None:
    platform.stores.configurations.save(DEVICEID, Configuration(Slot("gpio", 1), {"mode": 2}))

    assert configurator.handler(event("sqs_configurations"), None) == ALL_IS_DONE

    ((topic, configuration),) = published()
    assert topic == f"{DEVICEID}/rcv_configuration"
    (gpio,) = (one for one in configuration["gpio"] if one)
    assert gpio["attributes"]["mode"] == 2


def test_presence_learns_that_a_device_is_connected(platform: Wiring) -> None:
    for _ in range(2):
        assert track_presence.handler(event("sqs_presence"), None) == ALL_IS_DONE

    found = platform.devices.service.find_device("ann", "Barn unit")
    assert found.presence is not None
    assert found.presence.is_connected


@pytest.mark.parametrize(
    ("serialnumber", "is_admitted"), [("00023", True), ("00024", False), ("", False)], ids=["known", "other", "none"]
)
def test_a_claim_is_held_against_the_known_devices(platform: Wiring, serialnumber: str, is_admitted: bool) -> None:
    platform.stores.known_devices.add_all([KnownDevice(DEVICEID, "00023")])
    claim = event("provisioning_hook")
    claim["parameters"]["SerialNumber"] = serialnumber

    assert admit_devices.handler(claim, None) == {"allowProvisioning": is_admitted, "parameterOverrides": {}}


def readings(platform: Wiring) -> list[str]:
    found = platform.stores.messages.read_device(DEVICEID, f"r{DEVICEID}", Lane.READINGS, Window("0", "~", 10))
    return [message.message_id for message in found.messages]


def test_the_historian_keeps_a_message_once(platform: Wiring) -> None:
    for _ in range(2):
        assert historian.handler(event("sqs_device_messages"), None) == ALL_IS_DONE

    (entry,) = platform.histories.service.list_histories("ann", HistoryFilter(), 10).items
    assert json.loads(entry.message.payload) == {"value": {"status": 1, "version": "0.1"}}


def test_the_sensorian_keeps_a_reading_once_and_the_eraser_forgets_it(platform: Wiring) -> None:
    for _ in range(2):
        assert sensorian.handler(event("sqs_readings"), None) == ALL_IS_DONE
    assert readings(platform) == ["9b8a7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"]

    for _ in range(2):
        assert erase_data.handler(event("sqs_erasures"), None) == ALL_IS_DONE
    assert readings(platform) == []


def test_the_phones_pass_a_verified_number_on(platform: Wiring) -> None:
    platform.stores.notification_blocks.save(DEVICEID, "uart", NotificationBlock((Text("Hello"),)))

    assert apply_verified_numbers.handler(event("sqs_phones"), None) == ALL_IS_DONE

    block = platform.stores.notification_blocks.find(DEVICEID, "uart")
    assert block is not None
    assert block.endpoint(Channel.MOBILE).recipients == "+6511111111"


def test_the_exporter_makes_no_archive_that_nobody_waits_for(platform: Wiring) -> None:
    assert export_data.handler(event("sqs_exports"), None) == ALL_IS_DONE

    listed = boto3.client("s3", region_name=REGION).list_objects_v2(Bucket=platform.settings.exports_bucket)
    assert listed["KeyCount"] == 0


@pytest.mark.parametrize(("function", "name"), QUEUE_READERS, ids=[name for _, name in QUEUE_READERS])
def test_what_cannot_be_read_does_not_hold_up_the_queue(platform: Wiring, function: ModuleType, name: str) -> None:
    batch = event(name)
    batch["Records"] = [
        {**batch["Records"][0], "messageId": f"m{number}", "body": body} for number, body in enumerate(("{", "[]", "5"))
    ]
    handler: Callable[[Any, object], Any] = function.handler

    assert handler(batch, None) == ALL_IS_DONE


def test_the_courier_hands_a_message_to_another_device_of_the_owner(platform: Wiring) -> None:
    platform.stores.devices.add(device("PH80XXRR03042018", "Roof unit"))
    platform.stores.ledger.enter(
        replace(NOTICE, channel=Channel.MODEM, recipient="Roof unit", target="PH80XXRR03042018")
    )

    assert deliver() == ALL_IS_DONE

    message, _ = published()
    assert message == (
        "PH80XXRR03042018/recv_notification",
        {"recipient": "PH80XXRR03042018", "message": "Hello", "sender": DEVICEID},
    )
