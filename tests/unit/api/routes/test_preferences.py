"""Preferences over HTTP, and in the export."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from iotcloud.users.personal_data import PreferencesData
from iotcloud.users.preferences import MAX_BYTES, PreferenceService
from iotcloud.wiring import Wiring
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.parts import replace_part

ANN, BOB = FakeTokens.issue("ann"), FakeTokens.issue("bob")
PREFERENCES = "/user/preferences"
OVERHEAD = len('{"a":""}')


@dataclass
class FakePreferences:
    """Replaces PreferenceStore."""

    kept: dict[str, str] = field(default_factory=dict)

    def find(self, username: str) -> str | None:
        return self.kept.get(username)

    def save(self, username: str, text: str) -> None:
        self.kept[username] = text


@pytest.fixture(autouse=True)
def service(wired: Wiring) -> PreferenceService:
    service = PreferenceService(FakePreferences())
    replace_part(wired, "users.preferences", service)
    return service


def keep(preferences: Any, token: str = ANN) -> int:
    return call_api("POST", PREFERENCES, {"preferences": preferences}, token).status


def test_preferences_come_back_as_they_were_set_to_their_user_alone() -> None:
    boards = {"boards": [{"name": "Gewächshaus", "charts": [1, 2.5, None, True]}], "theme": "dark"}

    assert keep(boards) == 200

    assert call_api("GET", PREFERENCES, token=ANN).body == {"status": "OK", "message": "Done", "preferences": boards}
    assert call_api("GET", PREFERENCES, token=BOB).body["preferences"] == {}


def test_setting_replaces_what_was_there() -> None:
    keep({"theme": "dark", "language": "de"})
    keep({"theme": "light"})

    assert call_api("GET", PREFERENCES, token=ANN).body["preferences"] == {"theme": "light"}


@pytest.mark.parametrize("letter", ["x", "ü"])
def test_preferences_have_at_most_16_kilobytes(letter: str) -> None:
    most = (MAX_BYTES - OVERHEAD) // len(letter.encode())

    assert keep({"a": letter * most}) == 200
    assert keep({"a": letter * (most + 1)}) == 400
    assert call_api("GET", PREFERENCES, token=ANN).body["preferences"] == {"a": letter * most}


@pytest.mark.parametrize("preferences", [None, [], "dark", 1, True])
def test_preferences_are_one_object(preferences: Any) -> None:
    assert keep(preferences) == 400


def test_nothing_is_refused_as_missing() -> None:
    answer = call_api("POST", PREFERENCES, {}, ANN)

    assert (answer.status, answer.body["message"]) == (400, "Parameters not included")


def test_preferences_are_in_the_archive_of_their_users_data(service: PreferenceService) -> None:
    keep({"theme": "dark"})

    assert list(PreferencesData(service).export("ann")) == [{"theme": "dark"}]
    assert list(PreferencesData(service).export("bob")) == []
