"""Converts Pydantic's JSON schemas to those that API Gateway imports: the part of OpenAPI 3.0 that is also draft 4.

Amazon API Gateway's developer guide, "Important notes for REST APIs", lists what it rejects. It rejects the whole
document for one unknown keyword in a schema, so examples are outside schemas.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Schema = dict[str, Any]
Model = tuple[type[BaseModel], Literal["validation", "serialization"]]

KEPT = (
    "type",
    "description",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
)
"""Schema keywords that are copied unchanged."""
SAMPLES = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "object": {}, "array": []}
"""Default example values, for models without examples."""


class Schemas:
    """The schemas of a set of models, by their names in `components`."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._names, document = models_json_schema(list(models), ref_template="{model}")
        self._defined: dict[str, Schema] = document.get("$defs", {})

    def reference(self, model: Model) -> Schema:
        """Return the reference to a model's schema."""
        return _reference(self._names[model]["$ref"])

    def example(self, model: Model) -> Any:
        """Return an example of a model, composed of its fields' examples."""
        return self._example({"$ref": self._names[model]["$ref"]})

    def components(self) -> dict[str, Schema]:
        """Return all schemas, by name."""
        return {_name(name): self._rewritten(schema) for name, schema in sorted(self._defined.items())}

    def _rewritten(self, schema: Mapping[str, Any]) -> Schema:
        if "$ref" in schema:
            return _reference(schema["$ref"])
        if "anyOf" in schema:
            return self._rewritten_union(schema)
        kept = {word: schema[word] for word in KEPT if word in schema}
        if "const" in schema:
            kept["enum"] = [schema["const"]]
        # Draft 4 has boolean exclusive bounds, which API Gateway rejects: use the next integer, or the bound itself.
        for word, bound, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
            if word in schema:
                kept[bound] = schema[word] + (step if schema.get("type") == "integer" else 0)
        if "properties" in schema:
            kept["properties"] = {name: self._rewritten(member) for name, member in schema["properties"].items()}
            # Responses omit members that are None, so a member that may be null is not required.
            required = [name for name in schema.get("required", []) if not _may_be_absent(schema["properties"][name])]
            kept |= {"required": required} if required else {}
        if schema.get("type") == "array":
            kept["items"] = self._rewritten(_items(schema))
        return kept

    def _rewritten_union(self, schema: Mapping[str, Any]) -> Schema:
        """Remove null, which means the same as an absent member; keep the remaining alternatives."""
        choices = [self._rewritten(choice) for choice in _choices(schema)]
        # `oneOf` must match exactly one alternative, and every integer is also a number.
        if {choice.get("type") for choice in choices} == {"integer", "number"}:
            choices = [choice for choice in choices if choice["type"] == "number"]
        chosen = choices[0] if len(choices) == 1 else {"oneOf": choices}
        described = {"description": schema["description"]} if "description" in schema and "$ref" not in chosen else {}
        return chosen | described

    def _example(self, schema: Mapping[str, Any]) -> Any:
        if schema.get("examples"):
            return schema["examples"][0]
        if "$ref" in schema:
            return self._example(self._defined[schema["$ref"]])
        if "anyOf" in schema:
            return self._example(_choices(schema)[0])
        for word in ("const", "enum"):
            if word in schema:
                return schema[word] if word == "const" else schema[word][0]
        if schema.get("default") is not None:
            return schema["default"]
        if "properties" in schema:
            members = schema["properties"].items()
            return {name: self._example(member) for name, member in members if self._is_shown(member)}
        if schema.get("type") == "array" and (items := _items(schema)):
            return [self._example(items)] * max(1, schema.get("minItems", 1))
        return schema.get("minimum", SAMPLES.get(schema.get("type", "object")))

    def _is_shown(self, schema: Mapping[str, Any]) -> bool:
        """Return whether an example contains a member: an optional member must be an object or have an example."""
        if not _may_be_absent(schema):
            return True
        choices = [self._defined[choice["$ref"]] if "$ref" in choice else choice for choice in _choices(schema)]
        return "examples" in schema or any("examples" in choice or "properties" in choice for choice in choices)


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{_name(name)}"}


def _name(name: str) -> str:
    """Return a model's name; API Gateway accepts only alphanumeric names."""
    return re.sub(r"[^0-9A-Za-z]", "", name)


def _choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the alternatives of a union without null."""
    return [choice for choice in schema["anyOf"] if choice.get("type") != "null"]


def _items(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of an array's items; for a tuple, that of its first item, as draft 4 requires."""
    items: Mapping[str, Any] = schema.get("items") or next(iter(schema.get("prefixItems", [])), {})
    return items


def _may_be_absent(schema: Mapping[str, Any]) -> bool:
    """Return whether a member can be None; responses then omit it."""
    return any(choice.get("type") == "null" for choice in schema.get("anyOf", []))
