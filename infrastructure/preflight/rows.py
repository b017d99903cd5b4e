"""The result of a check: one row per item."""

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
    """The state of a row; the value is printed."""

    OK = "ok"
    WARNING = "warning"
    """The deployment succeeds, but a feature will not work as it should."""
    MISSING = "missing"
    """The deployment fails."""
    UNASKED = "not asked"
    """The caller lacks the right, or the service did not respond."""


@dataclass(frozen=True)
class Row:
    """One checked item: what was found and, unless it is in order, what to do."""

    state: State
    subject: str
    found: str
    action: str = ""
    documentation: str = ""


@dataclass
class Target:
    """The planned deployment: template, parameters, account and Region."""

    session: boto3.session.Session
    account: str
    region: str
    stack_name: str
    overrides: Mapping[str, str]
    """The parameters given for the deployment."""

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a client with short timeouts: a timeout becomes a row."""
        make: Any = self.session.client
        config = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
        return make(service, region_name=region or self.region, config=config)

    @cached_property
    def stack(self) -> Mapping[str, Any] | None:
        """The stack of this name; None if it does not exist."""
        try:
            stacks = self.client("cloudformation").describe_stacks(StackName=self.stack_name)["Stacks"]
        except ClientError as failed:
            if error_code(failed) == "ValidationError":
                return None
            raise
        found: Mapping[str, Any] = stacks[0]
        return found

    @property
    def parameters(self) -> dict[str, str]:
        """The effective parameters: the given ones, else the stack's, else the template's defaults."""
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
    """One query to the account, or a few that belong together."""

    subject: str
    ask: Callable[[Target], Iterator[Row]]
    rights: tuple[str, ...]
    """The actions that the deployer's policy must allow."""
    documentation: str

    def rows(self, target: Target) -> Iterator[Row]:
        """Run the check; a denied or failed call becomes a row."""
        try:
            for row in self.ask(target):
                yield self._complete(row)
        except (BotoCoreError, ClientError) as failed:
            yield self._complete(Row(State.UNASKED, "", reason(failed), f"allow {', '.join(self.rights)}, or look"))

    def _complete(self, row: Row) -> Row:
        documentation = row.documentation or (self.documentation if row.state is not State.OK else "")
        return Row(row.state, row.subject or self.subject, row.found, row.action, documentation)


def error_code(failed: ClientError) -> str:
    """Return the code of an AWS error."""
    return str(failed.response["Error"]["Code"])


def reason(failed: Exception) -> str:
    """Return a short reason why AWS did not respond."""
    if isinstance(failed, ClientError):
        return f"{failed.operation_name}: {error_code(failed)}"
    return f"{type(failed).__name__}: {str(failed).splitlines()[0]}"
