"""Reads template.yaml and its nested stacks, and resolves references to resources across stacks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from infrastructure.templates import FUNCTION, NESTED_STACK, Node, load

ROOT = Path(__file__).parents[2]
_OUTPUTS = "Outputs."


@cache
def rest_api() -> Node:
    """Read api/openapi.yaml, once: it is large."""
    described: Node = yaml.load((ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return described


@cache
def gateway_api() -> Node:
    """Read api/gateway.json, what template.yaml includes."""
    defined: Node = json.loads((ROOT / "api" / "gateway.json").read_text(encoding="utf-8"))
    return defined


@dataclass(frozen=True)
class Template:
    """One template file."""

    name: str
    text: str
    body: Node = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", load(self.text))

    def resources(self, kind: str | None = None) -> dict[str, Node]:
        """Return the resources of a type by logical id, or all."""
        found: dict[str, Node] = self.body.get("Resources", {})
        return {name: resource for name, resource in found.items() if kind in (None, resource["Type"])}

    def parameters(self) -> dict[str, Node]:
        found: dict[str, Node] = self.body.get("Parameters", {})
        return found

    def outputs(self) -> dict[str, Node]:
        found: dict[str, Node] = self.body.get("Outputs", {})
        return found


@dataclass(frozen=True)
class Resource:
    """One resource, and where it stands."""

    template: Template
    name: str

    @property
    def properties(self) -> Node:
        found: Node = self.template.resources()[self.name].get("Properties", {})
        return found

    def __str__(self) -> str:
        return f"{self.template.name}: {self.name}"


@dataclass(frozen=True)
class Deployment:
    """The root template, and its nested stacks by logical id."""

    root: Template
    nested: dict[str, Template]

    @property
    def templates(self) -> list[Template]:
        return [self.root, *self.nested.values()]

    def resources(self, kind: str) -> Iterator[Resource]:
        """Every resource of a type in any of the stacks."""
        for template in self.templates:
            for name in template.resources(kind):
                yield Resource(template, name)

    def functions(self) -> Iterator[tuple[Resource, Node]]:
        """Every function, with the properties that it has together with Globals."""
        common = self.root.body.get("Globals", {}).get("Function", {})
        for function in self.resources(FUNCTION):
            yield function, {**common, **function.properties}

    def follow(self, template: Template, value: Any) -> Resource | None:
        """Return the resource of a Ref or GetAtt; None if it is not one of ours."""
        match value:
            case {"Ref": str(name)}:
                pass
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                if name in self.nested and attribute.startswith(_OUTPUTS):
                    child = self.nested[name]
                    return self.follow(child, child.outputs()[attribute.removeprefix(_OUTPUTS)]["Value"])
            case _:
                return None
        if name in template.resources():
            return Resource(template, name)
        for logical_id, child in self.nested.items():
            if child is template and name in template.parameters():
                return self.follow(self.root, self.root.resources()[logical_id]["Properties"]["Parameters"][name])
        return None


def values(node: Any, key: str) -> Iterator[Any]:
    """Every value under a key, however deep."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from values(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from values(value, key)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def read_deployment() -> Deployment:
    """Read template.yaml and what it nests."""
    root = _read("template.yaml")
    nested = {
        name: _read(resource["Properties"]["TemplateURL"]) for name, resource in root.resources(NESTED_STACK).items()
    }
    return Deployment(root, nested)


def _read(name: str) -> Template:
    return Template(name, (ROOT / name).read_text())
