"""The app serves the contract's operations under their ids, methods and paths; the page of new ones is complete."""

import csv
import re
from pathlib import Path

from api.app import app, operations

CONTRACT = Path(__file__).with_name("routes.tsv")
NEW_OPERATIONS = Path(__file__).parents[2] / "docs" / "reference" / "new-operations.md"


def contract() -> dict[str, tuple[str, str, str]]:
    with CONTRACT.open(newline="") as file:
        return {
            group + letter: (name, method, path)
            for group, letter, name, method, path in csv.reader(file, delimiter="\t")
        }


def listed() -> dict[str, tuple[str, str]]:
    """The rows of the page of new operations: `| 3.1 | GET | /path | what it does |`."""
    rows = re.findall(
        r"^\| (\d+\.\d+) \| ([A-Z]+) \| `?(/[^ |`]*)`? \|", NEW_OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {number: (method, path) for number, method, path in rows}


def test_the_contract_is_whole() -> None:
    rows = contract()

    assert len(rows) == 114
    assert len({(method, path) for _, method, path in rows.values()}) == 114


def test_operations_of_the_contract_have_its_name_method_and_path() -> None:
    rows = contract()

    for operation in operations():
        if "." not in operation.id:
            assert rows[operation.id] == (operation.name, operation.method, operation.path)


def test_operations_beside_the_contract_are_listed_and_take_nothing_from_it() -> None:
    new = {operation.id: (operation.method, operation.path) for operation in operations() if "." in operation.id}
    taken = {(method, path) for _, method, path in contract().values()}

    assert new == listed()
    assert not taken & set(new.values())


def test_ids_are_unique() -> None:
    ids = [operation.id for operation in operations()]

    assert len(ids) == len(set(ids))


def test_the_first_operations_are_there() -> None:
    expected = {"1A", "1B", "1C", "1F", "1G", "1H", "1K", "2A", "2C", "2D", "2E", "3A", "3B", "8A"}

    assert expected <= {operation.id for operation in operations()}


def test_the_app_serves_these_operations_and_no_others() -> None:
    served = {(method, path) for path, methods in app.routes.items() for method in methods}

    assert served == {(operation.method, operation.path) for operation in operations()}


def test_every_operation_is_described() -> None:
    for operation in operations():
        assert (operation.view.__doc__ or "").strip(), operation.id
