"""The rows of the stores and the tables of infrastructure/data.yaml agree on names, keys and indexes."""

from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

import iotcloud
from iotcloud.dynamodb import Row
from tests.contract.deployment import Node, read_deployment
from tests.contract.house_rules import TABLE

Key = dict[str, tuple[str, str]]
"""The attributes of a key: which kind of key, and which type, by name."""


def rows() -> dict[str, type[Row]]:
    """Every row class of every store, by its table's name without the prefix."""
    for module in walk_packages(iotcloud.__path__, "iotcloud."):
        import_module(module.name)
    return {getattr(row.Meta, "base_table_name", row.Meta.table_name): row for row in Row.__subclasses__()}  # type: ignore[attr-defined]


def tables() -> dict[str, Node]:
    """The properties of every table, by its name without the prefix."""
    found = [table.properties for table in read_deployment().resources(TABLE)]
    return {properties["TableName"]["Fn::Sub"].removeprefix("${TablePrefix}"): properties for properties in found}


def keys_of_row(row: type[Row]) -> dict[str, Key]:
    """The key of a row, under the empty name, and those of its indexes."""
    schema: Any = row._get_schema()
    indexes = schema["global_secondary_indexes"]
    return {
        "": _key(schema["key_schema"], schema["attribute_definitions"]),
        **{index["index_name"]: _key(index["key_schema"], index["attribute_definitions"]) for index in indexes},
    }


def keys_of_table(properties: Node) -> dict[str, Key]:
    """The same of a table."""
    types = properties["AttributeDefinitions"]
    indexes = properties.get("GlobalSecondaryIndexes", [])
    return {
        "": _key(properties["KeySchema"], types),
        **{index["IndexName"]: _key(index["KeySchema"], types) for index in indexes},
    }


def _key(schema: list[Node], definitions: list[Node]) -> Key:
    types = {definition["AttributeName"]: definition["AttributeType"] for definition in definitions}
    return {entry["AttributeName"]: (entry["KeyType"], types[entry["AttributeName"]]) for entry in schema}


@pytest.mark.parametrize("name", sorted(rows()))
def test_a_row_has_a_table_with_its_keys_and_indexes(name: str) -> None:
    assert keys_of_table(tables()[name]) == keys_of_row(rows()[name])
