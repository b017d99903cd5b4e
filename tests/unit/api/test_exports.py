"""The formats of exports: what spreadsheets and programs make of them."""

import csv
import json
from enum import StrEnum
from io import StringIO

import pytest

from api.exports import FORMATS, Export
from iotcloud.errors import InvalidInput, Problem
from iotcloud.schema import Shape


class Kind(StrEnum):
    NEW = "new"


class Row(Shape):
    name: str
    count: int = 1
    ratio: float | None = None
    is_new: bool = True
    kind: Kind = Kind.NEW


def cell(text: str) -> str:
    written = Export.read("rows", {}).write(Row, [Row(name=text)], None).text
    (shown,) = csv.DictReader(StringIO(written, newline=""))
    return shown["name"]


def test_csv_has_a_line_of_names_and_a_line_for_each_row() -> None:
    file = Export.read("rows", {"format": "csv"}).write(Row, [Row(name="a, b"), Row(name="c", ratio=0.5)], "on")

    assert (file.name, file.media_type, file.cursor) == ("rows.csv", "text/csv; charset=utf-8", "on")
    assert file.text == 'name,count,ratio,is_new,kind\r\n"a, b",1,,true,new\r\nc,1,0.5,true,new\r\n'


def test_ndjson_has_an_object_on_each_line() -> None:
    file = Export.read("rows", {"format": "ndjson"}).write(Row, [Row(name="a\nb"), Row(name="c", ratio=0.5)], None)

    assert (file.name, file.media_type, file.cursor) == ("rows.ndjson", "application/x-ndjson", None)
    assert [json.loads(line) for line in file.text.splitlines()] == [
        {"name": "a\nb", "count": 1, "is_new": True, "kind": "new"},
        {"name": "c", "count": 1, "ratio": 0.5, "is_new": True, "kind": "new"},
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_what_goes_on_has_no_line_of_names_again(name: str) -> None:
    rows = [Row(name="a"), Row(name="b")]
    whole = Export.read("rows", {"format": name}).write(Row, rows, None).text
    first = Export.read("rows", {"format": name}).write(Row, rows[:1], "on").text
    second = Export.read("rows", {"format": name, "cursor": "on"}).write(Row, rows[1:], None).text

    assert first + second == whole


@pytest.mark.parametrize("name", FORMATS)
def test_no_rows_make_a_file_too(name: str) -> None:
    file = Export.read("rows", {"format": name}).write(Row, [], None)

    columns = {"csv": "name,count,ratio,is_new,kind\r\n", "csv-semicolon": "\ufeffname;count;ratio;is_new;kind\r\n"}
    assert file.text == columns.get(name, "")


def test_spreadsheets_with_decimal_commas_have_a_format_of_their_own() -> None:
    class Measured(Shape):
        name: str
        value: float
        count: int

    export = Export.read("rows", {"format": "csv-semicolon"})
    file = export.write(
        Measured, [Measured(name="a;b", value=-21.5, count=3), Measured(name="=1", value=1e30, count=0)], "x"
    )

    assert file.text == '\ufeffname;value;count\r\n"a;b";-21,5;3\r\n\'=1;1e+30;0\r\n'
    assert (file.name, file.media_type) == ("rows.csv", "text/csv; charset=utf-8")
    rest = Export.read("rows", {"format": "csv-semicolon", "cursor": "x"}).write(Measured, [], None)
    assert rest.text == ""


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+SUM(A1)",
        "-2+3+cmd|' /C calc'!A0",
        "@now",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "=",
        "-",
        "+1x",
        "-1\n",
        "+١",
    ],
)
def test_a_cell_that_looks_like_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-5", "+6598765432", "-1.5e-3", "a=1", "'=1", "", " ", "Zoë 東京 🌡", 'say "hi"', "a\r\nb"]
)
def test_any_other_cell_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@pytest.mark.parametrize("name", ["xlsx", "CSV", "csv,ndjson"])
def test_a_format_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Export.read("rows", {"format": name})

    assert refused.value.detail == (Problem("format", "csv or csv-semicolon or ndjson"),)
