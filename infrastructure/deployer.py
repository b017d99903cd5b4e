"""Credentials, Region and stack of a command: from the options of `sam deploy`, samconfig.toml and the environment."""

import argparse
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

SAMCONFIG = Path(__file__).parents[1] / "samconfig.toml"


@dataclass(frozen=True)
class Deployer:
    """The account, Region and stack of a command; None means the AWS SDK's default."""

    region: str | None
    profile: str | None
    stack_name: str

    def session(self) -> boto3.session.Session:
        """Open a session; raise BotoCoreError for an unknown profile."""
        return boto3.session.Session(region_name=self.region, profile_name=self.profile)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sam deploy` for profile, Region and stack."""
    parser.add_argument("--region")
    parser.add_argument("--profile")
    parser.add_argument("--stack-name")
    parser.add_argument("--config-env", default="default")


def read_deployer(options: argparse.Namespace) -> Deployer:
    """Return the options' values, with samconfig.toml as default."""
    configured = _configured(options.config_env)
    region, profile, stack_name = (
        getattr(options, name) or configured.get(name) for name in ("region", "profile", "stack_name")
    )
    return Deployer(region, profile, stack_name or "iotcloud")


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; other options of `sam deploy` are ignored."""
    options, _ = parser.parse_known_args(arguments)
    return options


def configured_parameters(options: argparse.Namespace) -> list[str]:
    """Return the template's parameters that samconfig.toml gives, as `Name=value`."""
    given = _configured(options.config_env).get("parameter_overrides", [])
    return given.split() if isinstance(given, str) else list(given)


def _configured(environment: str) -> dict[str, Any]:
    """Return the parameters of the command `deploy`, which override those of all commands."""
    tables = tomllib.loads(SAMCONFIG.read_text(encoding="utf-8")).get(environment, {})
    return {**tables.get("global", {}).get("parameters", {}), **tables.get("deploy", {}).get("parameters", {})}
