"""What a command prints: a table for people, or JSON lines for programs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

Row = Mapping[str, Any]


def write_json(rows: Iterable[Row], file: TextIO) -> None:
    """Write each row as a JSON object on a line of its own, at once."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False), file=file, flush=True)


def write_table(rows: Iterable[Row], columns: tuple[str, ...], file: TextIO) -> None:
    """Write some members of rows in columns under their names."""
    lines = [tuple(name.replace("_", " ") for name in columns)]
    lines += [tuple(_cell(row.get(name)) for name in columns) for row in rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip(), file=file)


def write_lines(rows: Iterable[Row], columns: tuple[str, ...], file: TextIO) -> None:
    """Write some members of each row on a line, as rows come."""
    for row in rows:
        print("  ".join(_cell(row.get(name)) for name in columns).rstrip(), file=file, flush=True)


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return "".join(character if character.isprintable() else "?" for character in str(value))
