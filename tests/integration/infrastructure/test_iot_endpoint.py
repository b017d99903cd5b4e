"""The account's data endpoint for `make deploy`."""

import sys
from pathlib import Path

import pytest
from moto import mock_aws

from infrastructure import deployer, iot_endpoint


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


@mock_aws
@pytest.mark.parametrize(
    ("arguments", "region"),
    [
        ((), "eu-south-1"),
        (("--config-env", "trial"), "ap-southeast-1"),
        (("--region", "eu-west-1"), "eu-west-1"),
    ],
)
def test_the_region_is_the_one_that_sam_deploys_to(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    region: str,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    config = tmp_path / "samconfig.toml"
    config.write_text(
        '[default.global.parameters]\nregion = "us-west-2"\n[default.deploy.parameters]\nregion = "eu-south-1"\n'
        '[trial.global.parameters]\nregion = "ap-southeast-1"\n'
    )
    monkeypatch.setattr(deployer, "SAMCONFIG", config)

    assert print_parameter(monkeypatch, *arguments) == 0

    assert f".iot.{region}.amazonaws.com" in capsys.readouterr().out


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
