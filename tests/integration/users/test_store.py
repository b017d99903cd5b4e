"""One suite for the rows of users, run against the fakes and DynamoDB (moto)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from moto import mock_aws

from iotcloud.dynamodb import bind
from iotcloud.errors import AlreadyExists
from iotcloud.notices.confirmations import Confirmation, recipient_id
from iotcloud.notices.limits import AccountLimits, QuietHours
from iotcloud.notices.store import ConfirmationStore, NoticeLimitsStore
from iotcloud.notification_blocks.model import Channel
from iotcloud.support.model import Feedback
from iotcloud.support.store import FeedbackStore
from iotcloud.users.exports import Export, ExportState
from iotcloud.users.push_tokens import PushPlatform, PushToken
from iotcloud.users.store import (
    ExportStore,
    IdpCodeRow,
    IdpCodeStore,
    PreferenceStore,
    PushTokenStore,
    RateLimitRow,
    RateLimitStore,
    UserRow,
    UserStore,
)
from tests.fakes.attempts import FakeAttemptStore
from tests.fakes.exports import FakeExports
from tests.fakes.idp_codes import FakeIdpCodes
from tests.fakes.notices import FakeConfirmations, FakeLimits
from tests.fakes.push_tokens import FakePushTokens
from tests.fakes.support import FakeFeedback

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
PHONE = PushToken("ada", PushPlatform.GCM, "phone", "session-1")


@dataclass
class Stores:
    """All stores of users, fake or real."""

    push_tokens: Any
    exports: Any
    idp_codes: Any
    attempts: Any
    notice_limits: Any


@pytest.fixture
def tables(environment: dict[str, str]) -> Iterator[None]:
    with mock_aws():
        for row in (UserRow, IdpCodeRow, RateLimitRow):
            bind(row, "test-", "eu-west-1")
            row.create_table(billing_mode="PAY_PER_REQUEST")
        yield


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        return Stores(FakePushTokens(), FakeExports(), FakeIdpCodes(), FakeAttemptStore(), FakeLimits())
    request.getfixturevalue("tables")
    return Stores(PushTokenStore(), ExportStore(), IdpCodeStore(), RateLimitStore(), NoticeLimitsStore())


def test_a_user_has_several_phones(stores: Stores) -> None:
    tablet = PushToken("ada", PushPlatform.APNS, "tablet", "session-2")
    for push_token in (PHONE, tablet, PushToken("bob", PushPlatform.GCM, "phone", "session-3")):
        stores.push_tokens.save(push_token)

    assert sorted(stores.push_tokens.list_all("ada"), key=lambda kept: kept.token) == [PHONE, tablet]


def test_the_same_phone_again_takes_the_new_session(stores: Stores) -> None:
    again = replace(PHONE, session="session-9")
    stores.push_tokens.save(PHONE)

    stores.push_tokens.save(again)

    assert stores.push_tokens.list_all("ada") == [again]


def test_a_token_of_4_kb_is_kept(stores: Stores) -> None:
    long = replace(PHONE, token="t" * 4096)

    stores.push_tokens.save(long)

    assert stores.push_tokens.list_all("ada") == [long]


def test_forgotten_phones_are_gone(stores: Stores) -> None:
    stores.push_tokens.save(PHONE)

    stores.push_tokens.forget([PHONE])
    stores.push_tokens.forget([PHONE])

    assert stores.push_tokens.list_all("ada") == []


def test_a_phones_holder_is_who_registered_it_last(stores: Stores) -> None:
    theirs = replace(PHONE, username="bob")
    assert stores.push_tokens.find_holder(PHONE.platform, PHONE.token) is None

    stores.push_tokens.save(PHONE)
    assert stores.push_tokens.find_holder(PHONE.platform, PHONE.token) == "ada"
    stores.push_tokens.save(theirs)
    stores.push_tokens.forget([PHONE])
    assert stores.push_tokens.find_holder(PHONE.platform, PHONE.token) == "bob"
    stores.push_tokens.forget([theirs])

    assert stores.push_tokens.find_holder(PHONE.platform, PHONE.token) is None


def test_an_export_is_found_as_it_was_saved_last(stores: Stores) -> None:
    export = Export("ada", "id-1", NOW)
    assert stores.exports.find("ada") is None

    stores.exports.save(export)
    stores.exports.save(replace(export, state=ExportState.READY))

    assert stores.exports.find("ada") == replace(export, state=ExportState.READY)
    assert stores.exports.find("bob") is None


def test_an_export_is_no_phone(stores: Stores) -> None:
    stores.exports.save(Export("ada", "id-1", NOW))

    assert stores.push_tokens.list_all("ada") == []


@pytest.mark.parametrize("code", ["the-code", "", "ü✓"])
def test_a_code_is_taken_once(stores: Stores, code: str) -> None:
    stores.idp_codes.put("1029384756", code, NOW, LATER)

    assert stores.idp_codes.take("1029384756", NOW) == code
    assert stores.idp_codes.take("1029384756", NOW) is None


def test_a_code_that_waits_is_not_replaced(stores: Stores) -> None:
    stores.idp_codes.put("1029384756", "first", NOW, LATER)

    with pytest.raises(AlreadyExists):
        stores.idp_codes.put("1029384756", "second", NOW + timedelta(seconds=119), LATER)

    assert stores.idp_codes.take("1029384756", NOW) == "first"


def test_a_code_that_expired_is_not_given_and_may_be_replaced(stores: Stores) -> None:
    stores.idp_codes.put("1029384756", "first", NOW, LATER)
    stores.idp_codes.put("1029384756", "second", LATER, LATER + timedelta(minutes=2))

    assert stores.idp_codes.take("1029384756", LATER + timedelta(minutes=2)) is None


def test_each_bucket_counts_by_itself(stores: Stores) -> None:
    counts = [stores.attempts.count(bucket, LATER) for bucket in ("a", "a", "b", "a")]

    assert counts == [1, 2, 1, 3]


@pytest.mark.usefixtures("tables")
def test_counters_codes_and_exports_expire() -> None:
    assert RateLimitStore().read("a") == 0
    RateLimitStore().count("a", LATER)
    assert RateLimitStore().read("a") == 1
    IdpCodeStore().put("1029384756", "code", NOW, LATER)
    ExportStore().save(Export("ada", "id-1", NOW))

    assert LATER.timestamp() <= RateLimitRow.get("a").expires_at < LATER.timestamp() + 3600
    assert IdpCodeRow.get("1029384756").expires_at == LATER.timestamp()
    assert UserRow.get("ada", "export").expires_at == (NOW + timedelta(days=1)).timestamp()


@pytest.mark.usefixtures("tables")
def test_erasing_a_user_leaves_no_row_of_theirs_and_all_of_others() -> None:
    for number in range(30):
        PushTokenStore().save(replace(PHONE, token=f"phone-{number}"))
    ExportStore().save(Export("ada", "id-1", NOW))
    PushTokenStore().save(replace(PHONE, username="bob"))

    UserStore().erase("ada")
    UserStore().erase("ada")

    assert PushTokenStore().find_holder(PHONE.platform, PHONE.token) == "bob"
    assert sorted((row.username.partition("#")[0], row.holder) for row in UserRow.scan()) == [
        ("bob", None),
        ("push", "bob"),
    ]


@pytest.mark.parametrize(
    "limits",
    [
        AccountLimits(),
        AccountLimits(
            QuietHours(time(22), time(7, 30), "Europe/Berlin"), frozenset({"+65", "a@example.com"}), 0, 5, None
        ),
    ],
)
def test_limits_of_notices_come_back_as_they_were_set(stores: Stores, limits: AccountLimits) -> None:
    assert stores.notice_limits.find("ada") is None

    stores.notice_limits.save("ada", limits)

    assert stores.notice_limits.find("ada") == limits
    assert stores.notice_limits.find("bob") is None


def test_limits_that_are_forgotten_twice_are_gone(stores: Stores) -> None:
    stores.notice_limits.save("ada", AccountLimits(per_device=5))

    stores.notice_limits.forget("ada")
    stores.notice_limits.forget("ada")

    assert stores.notice_limits.find("ada") is None


@pytest.mark.parametrize("kind", ["fake", "dynamodb"])
def test_feedback_comes_back_oldest_first_and_expires(tables: None, kind: str) -> None:
    store = FakeFeedback() if kind == "fake" else FeedbackStore()
    first = Feedback("f1", "ada", NOW, "Works", 9, True)
    second = replace(first, feedback_id="f2", at=LATER, text="Still works", rating=1, may_contact=False)
    store.add(second)
    store.add(first)

    assert store.list_all("ada") == [first, second]
    assert store.list_all("bob") == []
    if kind == "dynamodb":
        assert [row.expires_at for row in UserRow.query("ada")] == [
            int(one.expires_at.timestamp()) for one in (first, second)
        ]
        UserStore().erase("ada")
        assert store.list_all("ada") == []


def test_preferences_are_kept_by_user_and_erased_with_the_account(tables: None) -> None:
    store = PreferenceStore()
    assert store.find("ada") is None

    store.save("ada", '{"theme":"dark"}')
    store.save("ada", '{"theme":"light"}')
    store.save("bob", "{}")
    assert (store.find("ada"), store.find("bob")) == ('{"theme":"light"}', "{}")

    UserStore().erase("ada")
    assert (store.find("ada"), store.find("bob")) == (None, "{}")


@pytest.mark.parametrize("kind", ["fake", "dynamodb"])
def test_a_recipients_confirmation_is_kept_per_account_and_written_over_what_was_read(tables: None, kind: str) -> None:
    store = FakeConfirmations() if kind == "fake" else ConfirmationStore()
    bob = recipient_id(Channel.EMAIL, "bob@example.com")
    asked = Confirmation("ada", Channel.EMAIL, "bob@example.com", "ada@example.com", NOW, "t1", "ab" * 16)
    confirmed = replace(asked, confirmed_at=LATER)

    assert store.find("ada", bob) is None
    assert store.replace(None, asked)
    assert not store.replace(None, replace(asked, asked_by="t2"))
    assert store.find("ada", bob) == asked
    assert store.replace(asked, confirmed)
    assert not store.replace(asked, confirmed)
    assert store.find("ada", bob) == confirmed
    assert store.find("eve", bob) is None


def test_confirmations_go_with_the_account(tables: None) -> None:
    store = ConfirmationStore()
    for address in ("+4915112345678", "+4915112345679"):
        store.replace(None, Confirmation("ada", Channel.MOBILE, address, "Somebody", NOW, "t1", "ab" * 16))
    assert sorted(one.address for one in store.list_all("ada")) == ["+4915112345678", "+4915112345679"]

    UserStore().erase("ada")

    assert store.list_all("ada") == []
