"""Reads template.yaml and the stacks that it nests: what a deployment creates, how much of it, under which names."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
NESTED_STACK = "AWS::CloudFormation::Stack"
FUNCTION = "AWS::Serverless::Function"
TELLING_OUTPUTS = {"ClaimPolicyName", "DevicePolicyName", "FleetTemplateName"}
"""Outputs that identify a stack of template.yaml, whatever its description."""

Node = dict[str, Any]


class Loader(yaml.CSafeLoader):
    """A YAML loader that converts CloudFormation's short forms to long forms."""


def _long_form(loader: yaml.CSafeLoader, tag: str, node: yaml.Node) -> Node:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt":
        return {"Fn::GetAtt": value.split(".", 1)}
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", _long_form)


def load(text: str) -> Node:
    """Parse a template."""
    body: Node = yaml.load(text, Loader)  # noqa: S506 a safe loader
    return body


@dataclass(frozen=True)
class Stack:
    """One template, with the known values of its parameters."""

    file: str
    body: Node
    parameters: Mapping[str, str]

    def resources(self, *kinds: str) -> Iterator[Node]:
        """Return the resources of some types."""
        return (resource for resource in self.body["Resources"].values() if resource["Type"] in kinds)

    def text(self, value: Any) -> str | None:
        """Evaluate an expression; None if it needs more than the parameters."""
        match value:
            case str() | int():
                return str(value)
            case {"Ref": str(name)}:
                return self.parameters.get(name)
            case {"Fn::Sub": str(pattern)}:
                for name, known in self.parameters.items():
                    pattern = pattern.replace(f"${{{name}}}", known)
                return None if "${" in pattern else pattern
            case {"Fn::Join": [str(between), {"Fn::Split": [str(separator), joined]}]}:
                whole = self.text(joined)
                return None if whole is None else between.join(whole.split(separator))
        return None


@cache
def default_parameters() -> Mapping[str, str]:
    """Return the defaults of template.yaml's parameters."""
    parameters = _read("template.yaml")["Parameters"]
    return {name: str(one["Default"]) for name, one in parameters.items() if "Default" in one}


def describes(stack: Mapping[str, Any]) -> bool:
    """Return whether a stack from CloudFormation is of template.yaml, in any version."""
    template = _read("template.yaml")
    title = str(template["Description"]).partition(":")[0] + ":"
    outputs = {output["OutputKey"] for output in stack.get("Outputs", ())}
    return str(stack.get("Description", "")).startswith(title) or (bool(outputs) and outputs >= TELLING_OUTPUTS)


def read_stacks(parameters: Mapping[str, str]) -> list[Stack]:
    """Return the stack of template.yaml and its nested stacks.

    The parameters are those of the template and the pseudo parameters: AWS::StackName, AWS::Region, AWS::AccountId.
    """
    root = Stack("template.yaml", _read("template.yaml"), {**default_parameters(), **parameters})
    pseudo = {name: value for name, value in parameters.items() if name.startswith("AWS::")}
    stacks = [root]
    for resource in root.resources(NESTED_STACK):
        given = {name: root.text(value) for name, value in resource["Properties"].get("Parameters", {}).items()}
        known = {name: value for name, value in given.items() if value is not None}
        stacks.append(
            Stack(resource["Properties"]["TemplateURL"], _read(resource["Properties"]["TemplateURL"]), pseudo | known)
        )
    return stacks


def names(stacks: list[Stack], kind: str, name_property: str) -> list[str]:
    """Return the names of the resources of a type."""
    found = (stack.text(one["Properties"].get(name_property)) for stack in stacks for one in stack.resources(kind))
    return [name for name in found if name is not None]


def count(stacks: list[Stack], *kinds: str) -> int:
    """Return the maximum number of resources of some types: all conditions count as true."""
    return sum(1 for stack in stacks for _ in stack.resources(*kinds))


def count_resources(stack: Stack) -> int:
    """Return a template's number of resources after SAM's transform (SAM developer guide, "Generated resources")."""
    kinds = Counter(resource["Type"] for resource in stack.body["Resources"].values())
    events = [event for one in stack.resources(FUNCTION) for event in one["Properties"].get("Events", {}).values()]
    # A queue makes an event source mapping; a schedule makes a rule and a permission.
    made_by_events = sum(2 if event["Type"] == "Schedule" else 1 for event in events)
    # An API is a RestApi, a Deployment and a Stage.
    return kinds.total() + made_by_events + 2 * kinds["AWS::Serverless::Api"]


def count_event_rules(stacks: list[Stack]) -> int:
    """Return the number of EventBridge rules, including those of schedules."""
    schedules = (
        event
        for stack in stacks
        for function in stack.resources(FUNCTION)
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "Schedule"
    )
    return count(stacks, "AWS::Events::Rule") + sum(1 for _ in schedules)


def queue_concurrency(stacks: list[Stack]) -> int:
    """Return the maximum number of concurrent executions for all queues."""
    return sum(
        int(event["Properties"]["ScalingConfig"]["MaximumConcurrency"])
        for stack in stacks
        for function in stack.resources(FUNCTION)
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "SQS"
    )


@cache
def count_api_resources() -> int:
    """Return the number of the REST API's resources: each level of each path, and the root."""
    paths = json.loads((ROOT / "api" / "gateway.json").read_text(encoding="utf-8"))["paths"]
    levels = {"/"}
    for path in paths:
        parts = path.strip("/").split("/")
        levels |= {"/".join(parts[: depth + 1]) for depth in range(len(parts))}
    return len(levels)


@cache
def _read(file: str) -> Node:
    return load((ROOT / file).read_text(encoding="utf-8"))
