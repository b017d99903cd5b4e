"""Settings: read once, typed, and missing ones are reported by name."""

import pytest

from iotcloud.settings import SettingMissing, Settings

REQUIRED = {
    "AWS_REGION": "eu-central-1",
    "TABLE_PREFIX": "iotcloud-",
    "USER_POOL_ID": "eu-central-1_abc",
    "USER_POOL_CLIENT_ID": "client",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in Settings.__dataclass_fields__:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_required_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    settings = Settings.from_environment()

    assert (settings.aws_region, settings.table_prefix) == ("eu-central-1", "iotcloud-")


def test_a_number_is_read_as_a_number(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HISTORY_DAYS", "7")

    assert Settings.from_environment().history_days == 7


def test_a_number_that_is_none_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HISTORY_DAYS", "a week")

    with pytest.raises(ValueError, match="a week"):
        Settings.from_environment()


def test_an_empty_optional_setting_is_its_default(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HISTORY_DAYS", "")

    assert Settings.from_environment().history_days == 30


def test_each_missing_setting_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("USER_POOL_ID")
    environment.setenv("TABLE_PREFIX", "")

    with pytest.raises(SettingMissing, match="TABLE_PREFIX, USER_POOL_ID"):
        Settings.from_environment()
