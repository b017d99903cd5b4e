"""What a check answers: one row per thing that was asked for."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infrastructure import templates


class State(Enum):
    """How a row ends; the value is what is printed."""

    OK = "ok"
    WARNING = "warning"
    """The deployment succeeds, and something will not work as it should."""
    MISSING = "missing"
    """The deployment fails."""
    UNASKED = "not asked"
    """The caller may not ask, or the service did not answer."""


@dataclass(frozen=True)
class Row:
    """One thing that was asked for: what was found and, unless that is in order, what to do."""

    state: State
    subject: str
    found: str
    action: str = ""
    documentation: str = ""


@dataclass
class Target:
    """What is about to be deployed, and where."""

    session: boto3.session.Session
    account: str
    region: str
    stack_name: str
    overrides: Mapping[str, str]
    """The parameters that are given with the deployment."""

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client that gives up soon: an answer that does not come is a row of its own."""
        make: Any = self.session.client
        config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
        return make(service, region_name=region or self.region, config=config)

    @cached_property
    def stack(self) -> Mapping[str, Any] | None:
        """The stack of this name; None when it is not there."""
        try:
            stacks = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"]
        except ClientError as failed:
            if error_code(failed) == "ValidationError":
                return None
            raise
        return stacks[0]

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters as they will be: given now, else as the stack has them, else their defaults."""
        kept = {one["ParameterKey"]: one["ParameterValue"] for one in (self.stack or {}).get("Parameters", ())}
        return {**templates.default_parameters(), **kept, **self.overrides}

    @property
    def stacks(self) -> list[templates.Stack]:
        """The template with its nested stacks, for these parameters."""
        pseudo = {
            "AWS::StackName": self.stack_name,
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
        }
        return templates.read_stacks({**self.parameters, **pseudo})


@dataclass(frozen=True)
class Check:
    """One question to the account, or a few that belong together."""

    subject: str
    ask: Callable[[Target], Iterator[Row]]
    rights: tuple[str, ...]
    """The actions that the deployer's policy must allow."""
    documentation: str

    def rows(self, target: Target) -> Iterator[Row]:
        """Ask; what cannot be asked is a row, too."""
        try:
            for row in self.ask(target):
                yield self._complete(row)
        except (BotoCoreError, ClientError) as failed:
            yield self._complete(Row(State.UNASKED, "", reason(failed), f"allow {', '.join(self.rights)}, or look"))

    def _complete(self, row: Row) -> Row:
        documentation = row.documentation or (self.documentation if row.state is not State.OK else "")
        return Row(row.state, row.subject or self.subject, row.found, row.action, documentation)


def error_code(failed: ClientError) -> str:
    """Return the code of an error that AWS answered."""
    return str(failed.response["Error"]["Code"])


def reason(failed: Exception) -> str:
    """Return in a few words why AWS did not answer."""
    if isinstance(failed, ClientError):
        return f"{failed.operation_name}: {error_code(failed)}"
    return f"{type(failed).__name__}: {str(failed).splitlines()[0]}"
