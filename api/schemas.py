"""Pydantic's JSON schemas, rewritten into those of OpenAPI 3.0, each under one name for requests and answers.

In a request a member that can be None may be null; an answer leaves such a member out. Examples stand beside a schema.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Schema = dict[str, Any]
Mode = Literal["validation", "serialization"]
Model = tuple[type[BaseModel], Mode]

KEPT = (
    "type",
    "description",
    "enum",
    "x-enum-varnames",
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
        self._modes: dict[Mode, _Mode] = {}
        asked = list(models)
        for mode in ("validation", "serialization"):
            self._modes[mode] = _Mode(mode, [model for model in asked if model[1] == mode])
        self._modes["validation"].rename_what_differs(self._modes["serialization"])

    def reference(self, model: Model) -> Schema:
        """Return the reference to a model's schema."""
        return self._modes[model[1]].reference(model)

    def example(self, model: Model) -> Any:
        """Return an example of a model, made of the examples of its fields."""
        return self._modes[model[1]].example(model)

    def components(self) -> dict[str, Schema]:
        """Return all schemas, by name."""
        found = {name: schema for mode in self._modes.values() for name, schema in mode.components().items()}
        return dict(sorted(found.items()))


class _Mode:
    """The schemas of requests, or those of answers."""

    def __init__(self, mode: Mode, models: list[Model]) -> None:
        self._is_nullable = mode == "validation"
        self._names, document = models_json_schema(models, ref_template="{model}") if models else ({}, {})
        self._defined: dict[str, Schema] = document.get("$defs", {})
        self._renamed: dict[str, str] = {}

    def rename_what_differs(self, other: "_Mode") -> None:
        """Give schemas that another mode has under the same name, and otherwise, names of their own."""
        while True:
            mine, theirs = self.components(), other.components()
            differing = [name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]]
            if not differing:
                return
            self._renamed |= {name: f"{name}Input" for name in differing}

    def reference(self, model: Model) -> Schema:
        return self._reference(self._names[model]["$ref"])

    def example(self, model: Model) -> Any:
        return self._example({"$ref": self._names[model]["$ref"]})

    def components(self) -> dict[str, Schema]:
        return {self._name(name): self._rewritten(schema) for name, schema in self._defined.items()}

    def _reference(self, name: str) -> Schema:
        return {"$ref": f"#/components/schemas/{self._name(name)}"}

    def _name(self, name: str) -> str:
        """Return a model's name, without what generators of clients cannot have in one."""
        plain = re.sub(r"[^0-9A-Za-z]", "", name)
        return self._renamed.get(plain, plain)

    def _rewritten(self, schema: Mapping[str, Any]) -> Schema:
        if "$ref" in schema:
            return self._described(self._reference(schema["$ref"]), schema)
        if "anyOf" in schema:
            return self._rewritten_union(schema)
        kept = {word: schema[word] for word in KEPT if word in schema}
        if "const" in schema:
            kept["enum"] = [schema["const"]]
        # Draft 4 has boolean exclusive bounds, which API Gateway rejects: use the next integer, or the bound itself.
        for word, bound, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
            if word in schema:
                kept[bound] = schema[word] + (step if schema.get("type") == "integer" else 0)
                kept |= {} if schema.get("type") == "integer" else {word: True}
        if "enum" in kept:
            kept = {word: value for word, value in kept.items() if word not in ("minimum", "maximum")}
        if "properties" in schema:
            kept["properties"] = {name: self._rewritten(member) for name, member in schema["properties"].items()}
            required = [name for name in schema.get("required", []) if not self._may_be_absent(schema, name)]
            kept |= {"required": required} if required else {}
        others = schema.get("additionalProperties")
        if isinstance(others, Mapping):
            kept["additionalProperties"] = self._rewritten(others)
        elif others and not schema.get("properties"):  # else OpenAPI allows them anyway, and generated types stay exact
            kept["additionalProperties"] = True
        if schema.get("type") == "array":
            kept["items"] = self._rewritten(_items(schema))
        return kept

    def _rewritten_union(self, schema: Mapping[str, Any]) -> Schema:
        """Keep a choice of what is not null, and say of a request that null is taken."""
        choices = [self._rewritten(choice) for choice in _choices(schema)]
        # `oneOf` must match exactly one alternative, and every integer is also a number.
        if {choice.get("type") for choice in choices} == {"integer", "number"}:
            choices = [choice for choice in choices if choice["type"] == "number"]
        if len(choices) > 1 and all(set(choice) == {"type", "enum"} for choice in choices):
            choices = [{"type": choices[0]["type"], "enum": [one for choice in choices for one in choice["enum"]]}]
        chosen = self._described(choices[0] if len(choices) == 1 else {"oneOf": choices}, schema)
        return self._nullable(chosen) if self._is_nullable and _is_optional(schema) else chosen

    def _nullable(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            schema = {"allOf": [schema]}
        if "allOf" in schema:
            name = schema["allOf"][0]["$ref"].rsplit("/")[-1]
            kinds = {self._name(defined): one["type"] for defined, one in self._defined.items() if "type" in one}
            schema = {"type": kinds.get(name, "object"), **schema}
        if "oneOf" in schema:
            return schema | {"oneOf": [{"nullable": True, **choice} for choice in schema["oneOf"]]}
        return schema | {"nullable": True} | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})

    @staticmethod
    def _described(schema: Schema, source: Mapping[str, Any]) -> Schema:
        """Put a description beside a schema; next to a reference nothing may stand."""
        if "description" not in source:
            return schema
        beside = {"description": source["description"]}
        return {"allOf": [schema], **beside} if "$ref" in schema else schema | beside

    def _may_be_absent(self, schema: Mapping[str, Any], name: str) -> bool:
        """Tell whether an answer can be without a member."""
        return not self._is_nullable and _is_optional(schema["properties"][name])

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
        """Tell whether an example shows a member: one that may be absent must be an object, or have an example."""
        if not _is_optional(schema):
            return True
        choices = [self._defined[choice["$ref"]] if "$ref" in choice else choice for choice in _choices(schema)]
        return "examples" in schema or any("examples" in choice or "properties" in choice for choice in choices)


def _choices(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the alternatives of a union without null."""
    return [choice for choice in schema["anyOf"] if choice.get("type") != "null"]


def _items(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of an array's items; OpenAPI 3.0 has none for a tuple but that of its first."""
    items: Mapping[str, Any] = schema.get("items") or next(iter(schema.get("prefixItems", [])), {})
    return items


def _is_optional(schema: Mapping[str, Any]) -> bool:
    """Tell whether a member can be None."""
    return any(choice.get("type") == "null" for choice in schema.get("anyOf", []))
