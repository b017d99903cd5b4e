"""Evaluates policy statements like AWS IoT and IAM: a deny wins, and the default is deny."""

import re
from collections.abc import Iterable

from tests.contract.deployment import Node, as_list

_ARN = re.compile(r"arn:\$\{AWS::Partition\}:iot:\$\{AWS::Region\}:\$\{AWS::AccountId\}:(?P<resource>.+)")


def is_allowed(statements: Iterable[Node], action: str, resource: str, variables: dict[str, str] | None = None) -> bool:
    """Return whether an action on a resource (`topic/...`, `client/...`) is allowed; `variables` replace `${...}`."""
    effects = {
        statement["Effect"]
        for statement in statements
        if action in as_list(statement["Action"])
        and any(_matches(pattern, resource, variables or {}) for pattern in _patterns(statement))
    }
    return effects == {"Allow"}


def _patterns(statement: Node) -> Iterable[str]:
    """The parts of a statement's ARNs after the account; only for ARNs of AWS IoT."""
    for resource in as_list(statement.get("Resource", [])):
        found = _ARN.fullmatch(resource.get("Fn::Sub", "")) if isinstance(resource, dict) else None
        if found:
            yield found["resource"]


def _matches(pattern: str, resource: str, variables: dict[str, str]) -> bool:
    for name, value in variables.items():
        pattern = pattern.replace(f"${{!{name}}}", value)
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), resource, re.DOTALL) is not None
