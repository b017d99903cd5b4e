"""The carriers' unchanged SDKs against failing stand-ins: each failure has its outcome, and nothing is sent twice."""

import json
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters import senders
from iotcloud.notices.carrier_webhooks import CarrierReceipts
from iotcloud.notices.delivery import Courier, DeliveryDeferred, DeliveryRefused, DeliveryUncertain
from iotcloud.notices.interfaces import Sender
from iotcloud.notices.ledger import State
from iotcloud.notices.receipts import ReceiptService
from iotcloud.notification_blocks.model import Channel
from iotcloud.settings import Settings
from simulators.providers.carriers import twilio_receipt, vonage_receipt
from simulators.providers.stand_in import Fault, StandIn
from tests.fakes.notices import FakeConsole, FakeLedger
from tests.unit.notices.test_delivery import AT, NOTICE

pytestmark = pytest.mark.long

SMS = replace(NOTICE, channel=Channel.MOBILE, recipient="+6511111111", target="+6511111111")
CREDENTIALS = {"key": "AC0123456789", "secret": "carrier-token", "signature": "carrier-signature"}
API = "https://api.example.com/live"
PARAMETER = "/iotcloud/sms"


@pytest.fixture
def stand_in(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn(tmp_path) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.files.authority))
        monkeypatch.setenv("NO_PROXY", "localhost")
        yield running


@pytest.fixture(params=["twilio", "vonage"])
def carrier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sender(carrier: str, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    """The sender that the deployment's settings make, its credentials read from the parameter store."""
    monkeypatch.setattr(senders, "_clients", {})
    monkeypatch.setattr(senders, "TIMEOUT_SECONDS", 3)
    settings = Settings(
        aws_region="eu-west-1",
        table_prefix="test-",
        user_pool_id="pool",
        user_pool_client_id="client",
        sms_provider=carrier,
        sms_sender="+15005550006",
        sms_secret_parameter=PARAMETER,
        sms_url=stand_in.url,
        receipts_url=API,
    )
    with mock_aws(config={"core": {"passthrough": {"urls": [r"https://localhost.*"]}}}):
        ssm = boto3.client("ssm", region_name="eu-west-1")
        ssm.put_parameter(Name=PARAMETER, Value=json.dumps(CREDENTIALS), Type="SecureString")
        yield senders.make_senders(settings, publisher=pytest.fail, devices=pytest.fail)[Channel.MOBILE]  # type: ignore[arg-type]


def test_a_message_is_taken_once(stand_in: StandIn, sender: Sender) -> None:
    provider_id = sender.send(SMS)

    (message,) = stand_in.received
    assert message.message_id == provider_id
    assert message.recipient.removeprefix("+") == "6511111111"
    assert message.text == "Hello"


@pytest.mark.parametrize(
    ("fault", "outcome", "taken"),
    [
        (Fault.THROTTLE, DeliveryDeferred, 0),
        (Fault.TOO_MANY, DeliveryDeferred, 0),
        (Fault.REFUSE, DeliveryRefused, 0),
        (Fault.ERROR, DeliveryUncertain, 1),
        (Fault.HANG, DeliveryUncertain, 1),
        (Fault.DROP, DeliveryUncertain, 1),
    ],
)
def test_each_failure_has_its_outcome_and_is_not_tried_again(
    stand_in: StandIn, sender: Sender, fault: Fault, outcome: type[Exception], taken: int
) -> None:
    stand_in.faults.append(fault)

    with pytest.raises(outcome):
        sender.send(SMS)

    assert (stand_in.requests, len(stand_in.received)) == (1, taken)


def test_a_carrier_that_is_not_there_leaves_the_notice_to_be_tried_again(stand_in: StandIn, sender: Sender) -> None:
    sender.send(SMS)
    stand_in.__exit__(None, None, None)

    with pytest.raises(DeliveryDeferred, match="could not be reached"):
        sender.send(SMS)
    assert len(stand_in.received) == 1


def test_a_caller_that_ends_in_the_middle_asked_nothing(stand_in: StandIn, sender: Sender) -> None:
    trust = ssl.create_default_context(cafile=str(stand_in.files.authority))
    address = urlsplit(stand_in.url)
    for half in (b"", b"Content-Length: 99\r\n\r\nto=6511111111"):
        with (
            socket.create_connection((address.hostname, address.port)) as connection,
            trust.wrap_socket(connection, server_hostname="localhost") as caller,
        ):
            caller.sendall(b"POST /sms/json HTTP/1.1\r\nHost: localhost\r\n" + half)
    stand_in.faults.append(None)

    sender.send(SMS)

    assert (stand_in.requests, len(stand_in.received)) == (1, 1)


@pytest.mark.parametrize(
    ("credentials", "outcome"),
    [(None, DeliveryDeferred), ("no JSON", DeliveryRefused), ('{"key": "AC0123456789"}', DeliveryRefused)],
)
def test_without_credentials_nobody_is_asked_and_nothing_is_in_doubt(
    stand_in: StandIn, sender: Sender, credentials: str | None, outcome: type[Exception]
) -> None:
    ssm = boto3.client("ssm", region_name="eu-west-1")
    ssm.delete_parameter(Name=PARAMETER)
    if credentials is not None:
        ssm.put_parameter(Name=PARAMETER, Value=credentials, Type="SecureString")

    with pytest.raises(outcome):
        sender.send(SMS)

    assert stand_in.requests == 0


@pytest.mark.parametrize("fault", list(Fault))
def test_whatever_fails_the_courier_sends_once_and_ends(stand_in: StandIn, sender: Sender, fault: Fault) -> None:
    ledger = FakeLedger({("PH80", "n1"): SMS})
    courier = Courier(ledger, {Channel.MOBILE: sender}, FakeConsole())
    stand_in.faults.append(fault)

    for _ in range(4):
        courier.deliver("PH80", "n1", AT)

    assert ledger.kept["PH80", "n1"].is_final
    assert len(stand_in.received) == (0 if fault is Fault.REFUSE else 1)


def test_the_carriers_receipt_settles_the_notice(stand_in: StandIn, sender: Sender, carrier: str) -> None:
    ledger = FakeLedger({("PH80", "n1"): SMS})
    receipts = CarrierReceipts(ReceiptService(ledger), lambda: json.dumps(CREDENTIALS), API)
    stand_in.faults.append(Fault.DROP)
    Courier(ledger, {Channel.MOBILE: sender}, FakeConsole()).deliver("PH80", "n1", AT)
    assert ledger.kept["PH80", "n1"].state is State.UNCONFIRMED

    (message,) = stand_in.received
    for _ in range(2):
        if carrier == "twilio":
            assert message.callback == f"{API}/others/receipts/twilio?{urlencode({'notice': 'PH80/n1'})}"
            form, headers = twilio_receipt(message, "delivered", CREDENTIALS["secret"])
            receipts.take_twilio("PH80/n1", form, headers["X-Twilio-Signature"])
        else:
            receipts.take_vonage(vonage_receipt(message, "delivered", CREDENTIALS["signature"]))

    settled = ledger.kept["PH80", "n1"]
    assert (settled.state, settled.provider_id) == (State.DELIVERED, message.message_id)


def test_the_stand_in_shows_what_it_received_and_takes_faults_over_http(stand_in: StandIn) -> None:
    context = ssl.create_default_context(cafile=str(stand_in.files.authority))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))

    def ask(path: str, body: bytes | None = None) -> Any:
        with opener.open(f"{stand_in.url}{path}", data=body, timeout=60) as answer:
            return answer.read().decode()

    ask("/faults", b'["500"]')
    ask_form = urlencode({"to": "6511111111", "text": "<b>Hello</b>"}).encode()
    assert list(stand_in.faults) == [Fault.ERROR]
    stand_in.faults.clear()
    ask("/sms/json", ask_form)

    assert [one["text"] for one in json.loads(ask("/received"))] == ["<b>Hello</b>"]
    assert "&lt;b&gt;Hello" in ask("/")
