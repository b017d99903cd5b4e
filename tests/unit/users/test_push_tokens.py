"""Where phones want their push messages. Forgetting them at logout: test_sessions."""

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


def test_a_token_does_not_show_in_a_representation() -> None:
    assert "phone-secret" not in repr(PushToken("ada", PushPlatform.GCM, "phone-secret", "session"))
