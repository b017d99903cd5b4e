"""Operations 8C, 8D, 8.1 to 8.5 and 8.9 over HTTP: shapes, filters, refusals."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iotcloud.billing.model import Credits
from iotcloud.devices.model import Role
from iotcloud.notices.ledger import Notice
from iotcloud.notices.limits import Policy, Rate
from iotcloud.notices.policies import Policies
from iotcloud.notices.service import NoticeService
from iotcloud.notification_blocks.model import Channel
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.billing import FakePayments
from tests.fakes.histories import FakeRegistry
from tests.fakes.messages import device
from tests.fakes.notices import FakeCounters, FakeLedger, FakeLimits, FakeStoredNotices
from tests.parts import replace_part

PATH = "/devices/menos"
LIMITS = "/account/menos/limits"
ANN, BOB = FakeTokens.issue("ann"), FakeTokens.issue("bob")
NOON = 1793620800
AT = datetime.fromtimestamp(NOON, UTC)
BARN = device()
ROOF = replace(BARN, deviceid="PH81", devicename="Roof unit", registration="roof")
SHARED = replace(BARN, username="bob", devicename="Ann's barn", role=Role.OPERATOR)


def notice(number: int, **changes: Any) -> Notice:
    members = {
        "notice_id": f"n{number}",
        "owner": "ann",
        "deviceid": BARN.deviceid,
        "at": AT + timedelta(seconds=number),
        "channel": Channel.EMAIL,
        "recipient": "ann@example.com",
        "target": "ann@example.com",
        "text": "Tank is full\r\n- from Barn unit:UART",
        "message_length": 12,
        "source": "UART",
        "registration": BARN.registration,
    }
    return Notice(**members | changes)


@pytest.fixture
def ledger(wired: Wiring) -> FakeLedger:
    registry, ledger = FakeRegistry([BARN, ROOF, SHARED]), FakeLedger()
    replace_part(wired, "notices.service", NoticeService(registry, registry, ledger, FakeStoredNotices()))
    return ledger


@pytest.fixture
def counters(wired: Wiring) -> FakeCounters:
    counters = FakeCounters()
    platform = Policy(per_owner=Rate(200, timedelta(hours=1)), per_month=1000)
    replace_part(wired, "stores.payments", FakePayments(credits={"ann": Credits(balance=7)}))
    replace_part(wired, "notices.limits", Policies(FakeLimits(), counters, platform, lambda: AT))
    return counters


def ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer.body["transactions"]]


def test_list_notices_answers_in_the_contracts_shape(ledger: FakeLedger) -> None:
    ledger.enter(
        notice(
            1,
            source="ADC1",
            sensorname="Battery sensor 1",
            condition="battery 3.1 > 3.0 (activation)",
            recipient="Android",
            channel=Channel.NOTIFICATION,
        )
        .begin(AT)
        .accepted("provider-1")
    )

    answer = call_api("GET", PATH, token=ANN)

    assert answer.status == 200
    assert answer.body == {
        "status": "OK",
        "message": "Done",
        "transactions": [
            {
                "devicename": "Barn unit",
                "deviceid": "PH80",
                "timestamp": NOON + 1,
                "recipient": "Android",
                "messagelen": 12,
                "type": "Notification",
                "source": "ADC1",
                "sensorname": "Battery sensor 1",
                "condition": "battery 3.1 > 3.0 (activation)",
                "result": True,
                "id": "n1",
                "state": "sent",
            }
        ],
    }


@pytest.mark.parametrize(
    ("channel", "shown"), list(zip(Channel, ("Mobile", "Email", "Notification", "Modem", "Storage"), strict=True))
)
def test_a_notice_is_shown_under_its_channels_name(ledger: FakeLedger, channel: Channel, shown: str) -> None:
    ledger.enter(notice(1, channel=channel).suppressed("quiet hours"))

    (only,) = call_api("GET", PATH, token=ANN).body["transactions"]

    assert (only["type"], only["result"], only["reason"]) == (shown, False, "quiet hours")
    assert "sensorname" not in only
    assert "condition" not in only


def test_list_notices_pages(ledger: FakeLedger) -> None:
    for number in range(5):
        ledger.enter(notice(number))

    first = call_api("GET", f"{PATH}?limit=3", token=ANN)
    second = call_api("GET", f"{PATH}?limit=3&cursor={first.body['cursor']}", token=ANN)

    assert (ids(first), ids(second)) == (["n4", "n3", "n2"], ["n1", "n0"])
    assert "cursor" not in second.body


def test_old_clients_get_the_newest_hundred(ledger: FakeLedger) -> None:
    for number in range(130):
        ledger.enter(notice(number))

    assert ids(call_api("GET", PATH, token=ANN)) == [f"n{number}" for number in range(129, 29, -1)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["n3", "n2", "n1", "n0"]),
        ({"devicename": "", "type": "", "source": "", "datebegin": 0, "dateend": 0}, ["n3", "n2", "n1", "n0"]),
        ({"devicename": "Roof unit"}, ["n3"]),
        ({"devicename": "Nobody's", "deviceid": "PH80"}, []),
        ({"type": "Mobile"}, ["n1"]),
        ({"source": "ADC1"}, ["n2"]),
        ({"source": "adc1"}, []),
        ({"datebegin": NOON + 1, "dateend": NOON + 2}, ["n2", "n1"]),
        ({"datebegin": NOON + 2}, ["n3", "n2"]),
        ({"dateend": NOON + 1}, ["n3", "n2", "n1", "n0"]),
        ({"limit": 2}, ["n3", "n2"]),
    ],
)
def test_find_notices_filters_exactly(ledger: FakeLedger, asked: dict[str, Any], found: list[str]) -> None:
    ledger.enter(notice(0))
    ledger.enter(notice(1, channel=Channel.MOBILE))
    ledger.enter(replace(notice(2, source="ADC1"), at=AT + timedelta(seconds=2, milliseconds=700)))
    ledger.enter(notice(3, deviceid=ROOF.deviceid, registration=ROOF.registration))

    assert ids(call_api("POST", PATH, asked, token=ANN)) == found


@pytest.mark.parametrize(
    "body", [{"type": "email"}, {"type": "Fax"}, {"datebegin": -1}, {"datebegin": "1"}, {"limit": 101}, {"cursor": "x"}]
)
def test_find_notices_refuses_what_cannot_be(ledger: FakeLedger, body: dict[str, Any]) -> None:
    answer = call_api("POST", PATH, body, token=ANN)

    assert (answer.status, answer.body["message"]) == (400, "Invalid parameters")


def test_the_ledger_is_its_owners_alone(ledger: FakeLedger) -> None:
    ledger.enter(notice(1))

    assert ids(call_api("GET", PATH, token=BOB)) == []
    assert ids(call_api("POST", PATH, {"devicename": "Ann's barn"}, token=BOB)) == []
    assert call_api("GET", "/devices/device/Ann's barn/menos/n1", token=BOB).status == 404
    assert call_api("GET", "/devices/device/Barn unit/menos/n1", token=BOB).status == 404


def test_an_earlier_registration_of_the_device_shows_nothing(ledger: FakeLedger) -> None:
    ledger.enter(notice(1, registration="earlier"))

    assert ids(call_api("GET", PATH, token=ANN)) == []
    assert call_api("GET", "/devices/device/Barn unit/menos/n1", token=ANN).status == 404


def test_one_notice_comes_with_its_attempts(ledger: FakeLedger) -> None:
    ledger.enter(notice(1).begin(AT).deferred("429: slow down").begin(AT + timedelta(seconds=5)).accepted("SM1"))

    answer = call_api("GET", "/devices/device/Barn unit/menos/n1", token=ANN)

    assert answer.status == 200
    assert answer.body["notice"]["state"] == "sent"
    assert answer.body["notice"]["attempts"] == [
        {"timestamp": NOON, "outcome": "429: slow down"},
        {"timestamp": NOON + 5, "outcome": "accepted", "providerid": "SM1"},
    ]


def test_an_unknown_notice_is_not_found(ledger: FakeLedger) -> None:
    answer = call_api("GET", "/devices/device/Barn unit/menos/n9", token=ANN)

    assert (answer.status, answer.body) == (404, failure("Notice is not found"))


def test_a_stored_notice_is_lent(ledger: FakeLedger) -> None:
    ledger.enter(notice(1, channel=Channel.STORAGE).begin(AT).accepted("key"))

    answer = call_api("GET", "/devices/device/Barn unit/menos/n1/link", token=ANN)

    assert (answer.status, answer.body["url"]) == (200, "https://stored.example.com/n1")


@pytest.mark.parametrize("kept", [notice(1).begin(AT).accepted("mail"), notice(1, channel=Channel.STORAGE)])
def test_what_was_not_stored_is_not_lent(ledger: FakeLedger, kept: Notice) -> None:
    ledger.enter(kept)

    assert call_api("GET", "/devices/device/Barn unit/menos/n1/link", token=ANN).status == 404


def test_limits_are_the_platforms_until_they_are_set(counters: FakeCounters) -> None:
    counters.counts["month#ann#2026-11"] = 12

    assert call_api("GET", LIMITS, token=ANN).body["limits"] == {
        "recipients": [],
        "hourly": {"account": 200, "device": 60, "recipient": 20},
        "monthly": {"allowance": 1000, "used": 12, "bought": 7},
    }


def test_limits_are_set_and_reset(counters: FakeCounters) -> None:
    wanted = {
        "quiet": {"begin": "22:00", "end": "07:00", "timezone": "Europe/Berlin"},
        "recipients": ["friend@example.com", "+6511111111"],
        "hourly": {"device": 5},
    }

    answer = call_api("POST", LIMITS, wanted, token=ANN)

    assert answer.status == 200
    assert answer.body["limits"] == {
        "quiet": wanted["quiet"],
        "recipients": ["+6511111111", "friend@example.com"],
        "hourly": {"account": 200, "device": 5, "recipient": 20},
        "monthly": {"allowance": 1000, "used": 0, "bought": 7},
    }
    assert call_api("GET", LIMITS, token=ANN).body == answer.body
    assert "quiet" not in call_api("GET", LIMITS, token=BOB).body["limits"]
    assert "quiet" not in call_api("DELETE", LIMITS, token=ANN).body["limits"]


@pytest.mark.parametrize(
    "body",
    [
        {"hourly": {"account": 201}},
        {"hourly": {"device": -1}},
        {"hourly": {"device": "5"}},
        {"quiet": {"begin": "24:00", "end": "07:00"}},
        {"quiet": {"begin": "22:00"}},
        {"quiet": {"begin": "22:00", "end": "22:00"}},
        {"quiet": {"begin": "00:00", "end": "00:00", "timezone": "Asia/Singapore"}},
        {"quiet": {"begin": "22:00", "end": "07:00", "timezone": "Mars/Base"}},
        {"quiet": {"begin": "22:00", "end": "07:00", "timezone": "../etc/passwd"}},
        {"recipients": ["a,b@example.com"]},
        {"recipients": ["Roof unit"]},
        {"recipients": ["+65"] * 51},
    ],
)
def test_limits_that_cannot_be_are_refused(counters: FakeCounters, body: dict[str, Any]) -> None:
    assert call_api("POST", LIMITS, body, token=ANN).status == 400
    assert "quiet" not in call_api("GET", LIMITS, token=ANN).body["limits"]


def export(query: str = "", token: str | None = ANN) -> ApiAnswer:
    return call_api("GET", f"{PATH}/export{query}", token=token)


def test_export_notices_writes_a_table(ledger: FakeLedger) -> None:
    ledger.enter(notice(1, recipient="=cmd", sensorname="Tür, 東京"))

    answer = export()

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="notices.csv"'
    assert answer.text.split("\r\n") == [
        "devicename,deviceid,timestamp,recipient,messagelen,type,source,sensorname,condition,result,id,state,reason",
        f'Barn unit,PH80,{NOON + 1},\'=cmd,12,Email,UART,"Tür, 東京",,false,n1,queued,',
        "",
    ]


def test_export_notices_joined_is_the_list(ledger: FakeLedger) -> None:
    for number in range(2100):
        ledger.enter(notice(number))

    first = export("?format=ndjson")
    second = export(f"?format=ndjson&cursor={first.headers['X-Cursor']}")
    rows = [json.loads(line) for line in (first.text + second.text).splitlines()]

    assert [row["id"] for row in rows] == [f"n{number}" for number in range(2099, -1, -1)]
    assert rows[:100] == call_api("GET", PATH, token=ANN).body["transactions"]
    assert "X-Cursor" not in second.headers


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("type=Mobile", ["n1"]),
        ("source=ADC1", ["n2"]),
        ("devicename=Roof unit", ["n3"]),
        ("devicename=Nobody's", []),
        (f"datebegin={NOON + 1}&dateend={NOON + 2}", ["n2", "n1"]),
    ],
)
def test_export_notices_lets_through_what_is_asked_for(ledger: FakeLedger, asked: str, found: list[str]) -> None:
    ledger.enter(notice(0))
    ledger.enter(notice(1, channel=Channel.MOBILE))
    ledger.enter(notice(2, source="ADC1"))
    ledger.enter(notice(3, deviceid=ROOF.deviceid, registration=ROOF.registration))

    rows = [json.loads(line) for line in export(f"?format=ndjson&{asked}").text.splitlines()]

    assert [row["id"] for row in rows] == found


def test_export_notices_is_the_owners_alone(ledger: FakeLedger) -> None:
    ledger.enter(notice(1))

    assert export("?format=ndjson", BOB).text == ""
    assert export("", None).status == 401


@pytest.mark.parametrize("asked", ["format=pdf", "type=Pigeon", "datebegin=x", "dateend=-1", "cursor=x"])
def test_export_notices_refuses_malformed_questions(ledger: FakeLedger, asked: str) -> None:
    answer = export(f"?{asked}")

    assert (answer.status, answer.body["status"]) == (400, "NG")
