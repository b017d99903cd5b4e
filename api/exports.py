"""Responses that are files: rows as CSV, CSV for spreadsheets, or NDJSON."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import StringIO

from iotcloud.errors import InvalidInput, Problem
from iotcloud.schema import Shape

FORMULA_SIGNS = tuple("=+-@\t\r\n＝＋－＠")
"""First characters of a cell that a spreadsheet reads as a formula (OWASP, "CSV Injection")."""
BYTE_ORDER_MARK = "\ufeff"
SEMICOLON = ";"
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class File:
    """A text file to download, or to display if it has no name.

    `cursor` is that of the next page, None if there is none.
    """

    name: str
    media_type: str
    text: str
    cursor: str | None = None


@dataclass(frozen=True)
class Format:
    """Writes rows as text. Concatenated pages are the text of all rows."""

    media_type: str
    begin: Callable[[type[Shape]], str]
    """The text before the first row."""
    write: Callable[[type[Shape], Iterable[Shape]], str]
    ending: str = ""
    """The file name's suffix, if it differs from the format's name."""


def write_columns(row: type[Shape]) -> str:
    """Write the line of column names."""
    return _csv([list(row.model_fields)])


def write_csv(row: type[Shape], rows: Iterable[Shape]) -> str:
    """Write rows by RFC 4180. None becomes an empty cell; text that looks like a formula gets a `'` in front."""
    names = list(row.model_fields)
    return _csv([_cell(getattr(one, name)) for name in names] for one in rows)


def write_ndjson(_: type[Shape], rows: Iterable[Shape]) -> str:
    """Write each row as one line with a JSON object, without None values."""
    return "".join(
        json.dumps(one.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":")) + "\n"
        for one in rows
    )


def write_marked_columns(row: type[Shape]) -> str:
    """Write the line of column names with semicolons, after the byte order mark that spreadsheets need for UTF-8."""
    return BYTE_ORDER_MARK + _csv([list(row.model_fields)], SEMICOLON)


def write_semicolons(row: type[Shape], rows: Iterable[Shape]) -> str:
    """Write rows for spreadsheets with decimal commas: semicolons between cells, `21,5`."""
    names = list(row.model_fields)
    return _csv([[_decimal_comma(_cell(getattr(one, name))) for name in names] for one in rows], SEMICOLON)


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", write_columns, write_csv),
    "csv-semicolon": Format("text/csv; charset=utf-8", write_marked_columns, write_semicolons, "csv"),
    "ndjson": Format("application/x-ndjson", lambda _: "", write_ndjson),
}
"""The formats by their name in the query parameter `format`; the first is the default."""


@dataclass(frozen=True)
class Export:
    """The requested file: its name, its format, and whether it starts at the first page."""

    name: str
    format: Format
    is_beginning: bool

    @classmethod
    def read(cls, name: str, query: Mapping[str, str]) -> "Export":
        """Parse the query parameters of an export; raise InvalidInput for an unknown format."""
        chosen = query.get("format") or next(iter(FORMATS))
        if chosen not in FORMATS:
            raise InvalidInput(detail=[Problem("format", f"{' or '.join(FORMATS)}")])
        return cls(f"{name}.{FORMATS[chosen].ending or chosen}", FORMATS[chosen], not query.get("cursor"))

    def write(self, row: type[Shape], rows: Iterable[Shape], cursor: str | None) -> File:
        """Create the file of a page of rows."""
        begin = self.format.begin(row) if self.is_beginning else ""
        return File(self.name, self.format.media_type, begin + self.format.write(row, rows), cursor)


def _csv(lines: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    text = StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    return text.getvalue()


def _decimal_comma(value: object) -> object:
    return repr(value).replace(".", ",") if isinstance(value, float) else value


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return json.dumps(value)
    is_formula = isinstance(value, str) and value.startswith(FORMULA_SIGNS) and not NUMBER.fullmatch(value)
    return f"'{value}" if is_formula else value
