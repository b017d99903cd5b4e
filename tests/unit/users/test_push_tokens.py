"""Push tokens of phones. test_sessions has their removal at logout."""

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.users.push_tokens import PushPlatform, PushToken, PushTokenService
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.push_tokens import FakePushTokens


@pytest.mark.parametrize("platform", ["APNS", "GCM"])
def test_register_keeps_the_token_with_its_session(platform: str) -> None:
    store = FakePushTokens()

    PushTokenService(store, FakeTokens()).register("ada", "session-1", "phone", platform)

    assert store.kept == [PushToken("ada", PushPlatform(platform), "phone", "session-1")]


@pytest.mark.parametrize("platform", ["", "apns", "FCM", "ADM"])
def test_register_refuses_another_service(platform: str) -> None:
    store = FakePushTokens()

    with pytest.raises(InvalidInput):
        PushTokenService(store, FakeTokens()).register("ada", "session-1", "phone", platform)

    assert store.kept == []


def test_register_takes_twenty_phones_of_an_account_and_names_the_limit() -> None:
    store = FakePushTokens()
    service = PushTokenService(store, FakeTokens())
    for number in range(20):
        service.register("ada", "session-1", f"phone-{number}", ("APNS", "GCM")[number % 2])

    with pytest.raises(InvalidInput) as refused:
        service.register("ada", "session-1", "phone-20", "GCM")
    service.register("bob", "session-2", "phone-20", "GCM")

    assert list(map(str, refused.value.detail)) == ["devicetoken: at most 20 phones; log out on one first"]
    assert len(store.list_all("ada")) == 20


def test_a_phone_of_a_full_account_registers_again() -> None:
    store = FakePushTokens([PushToken("ada", PushPlatform.GCM, f"phone-{number}", "old") for number in range(20)])

    PushTokenService(store, FakeTokens()).register("ada", "new", "phone-7", "GCM")

    assert {kept.session for kept in store.list_all("ada") if kept.token == "phone-7"} == {"new"}


def test_a_phone_is_whose_who_signed_in_on_it_last() -> None:
    store = FakePushTokens()
    service = PushTokenService(store, FakeTokens())
    service.register("ada", "session-1", "phone", "GCM")
    service.register("ada", "session-1", "tablet", "GCM")

    service.register("bob", "session-2", "phone", "GCM")
    service.register("bob", "session-2", "tablet", "APNS")

    assert [kept.token for kept in store.list_all("ada")] == ["tablet"]
    assert [(kept.token, kept.session) for kept in store.list_all("bob")] == [
        ("phone", "session-2"),
        ("tablet", "session-2"),
    ]
    service.register("ada", "session-3", "phone", "GCM")
    assert [kept.token for kept in store.list_all("bob")] == ["tablet"]


def test_a_token_does_not_show_in_a_representation() -> None:
    assert "phone-secret" not in repr(PushToken("ada", PushPlatform.GCM, "phone-secret", "session"))
