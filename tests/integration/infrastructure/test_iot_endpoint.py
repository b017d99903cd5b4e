"""What `make deploy` is told of the account's data endpoint."""

import sys

import pytest
from moto import mock_aws

from infrastructure import iot_endpoint


def print_parameter(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["iot_endpoint", *arguments])
    return iot_endpoint.main()


@mock_aws
def test_the_endpoint_of_the_region_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    assert print_parameter(monkeypatch, "--region", "eu-west-1", "--no-confirm-changeset") == 0

    printed = capsys.readouterr().out.strip()
    assert printed.startswith("IotEndpoint=")
    assert ".iot.eu-west-1.amazonaws.com" in printed


def test_without_a_region_the_functions_look_it_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    assert print_parameter(monkeypatch) == 0

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "not known" in printed.err
