"""Archives of users' data."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO

import pytest

from iotcloud.errors import NotFound, TooManyRequests
from iotcloud.users.exports import KEPT, MADE_WITHIN, Export, ExporterService, ExportService, ExportState, archive_name
from tests.fakes.attempts import FakeAttempts
from tests.fakes.exports import FakeExports

ADA = "0b7c8f0e-ada"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeArchives:
    """Archives in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: IO[bytes]) -> None:
        self.kept[name] = content.read()

    def link(self, name: str, seconds: int) -> str:
        return f"https://archives.example/{name}?for={seconds}"


@dataclass
class Records:
    """Data of a feature."""

    records: list[Mapping[str, object]]

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        return [record for record in self.records if record["username"] == username]


@dataclass
class Hand:
    """A clock that tests set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def kept() -> FakeExports:
    return FakeExports()


@pytest.fixture
def archives() -> FakeArchives:
    return FakeArchives()


@pytest.fixture
def attempts() -> FakeAttempts:
    return FakeAttempts()


@pytest.fixture
def exports(kept: FakeExports, archives: FakeArchives, attempts: FakeAttempts, clock: Hand) -> ExportService:
    return ExportService(kept, kept, archives, attempts, clock)


@pytest.fixture
def exporter(kept: FakeExports, archives: FakeArchives) -> ExporterService:
    sources = {
        "devices": Records([{"username": ADA, "devicename": "Scheune ✓"}, {"username": "bob", "devicename": "Shed"}]),
        "histories": Records([]),
        "phones": Records([{"username": ADA, "n": 1}, {"username": ADA, "n": 2}]),
    }
    return ExporterService(kept, sources, archives, lambda username: username == ADA)


def read(archive: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        return {name: json.loads(content.read(name)) for name in content.namelist()}


def test_request_export_orders_an_archive(exports: ExportService, kept: FakeExports) -> None:
    export = exports.request_export(ADA)

    assert kept.orders == [export]
    assert exports.get_export(ADA) == (export, None)
    assert export.expires_at == NOW + KEPT


def test_request_export_returns_the_one_under_way(exports: ExportService, kept: FakeExports, clock: Hand) -> None:
    first = exports.request_export(ADA)
    clock.now += MADE_WITHIN - timedelta(seconds=1)

    assert exports.request_export(ADA) == first
    assert len(kept.orders) == 1


def test_request_export_orders_anew_when_one_did_not_arrive(
    exports: ExportService, kept: FakeExports, clock: Hand
) -> None:
    first = exports.request_export(ADA)
    clock.now += MADE_WITHIN

    assert exports.request_export(ADA).export_id != first.export_id
    assert len(kept.orders) == 2


def test_request_export_refuses_too_many(exports: ExportService, attempts: FakeAttempts, kept: FakeExports) -> None:
    attempts.exhausted = {"request_export"}

    with pytest.raises(TooManyRequests):
        exports.request_export(ADA)

    assert kept.orders == []


def test_get_export_finds_nothing_that_was_not_ordered(exports: ExportService) -> None:
    with pytest.raises(NotFound):
        exports.get_export(ADA)


def test_get_export_finds_nothing_after_a_day(exports: ExportService, clock: Hand) -> None:
    exports.request_export(ADA)
    clock.now += KEPT

    with pytest.raises(NotFound):
        exports.get_export(ADA)


def test_make_export_writes_all_of_this_user_and_nothing_else(
    exports: ExportService, exporter: ExporterService, archives: FakeArchives
) -> None:
    export = exports.request_export(ADA)

    exporter.make_export(export)

    assert read(archives.kept[archive_name(export)]) == {
        "devices.json": [{"username": ADA, "devicename": "Scheune ✓"}],
        "histories.json": [],
        "phones.json": [{"username": ADA, "n": 1}, {"username": ADA, "n": 2}],
    }


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\ud83d \ude00", "\x00\ud800", "✓"])
def test_make_export_writes_every_text_that_a_device_left(
    exports: ExportService, kept: FakeExports, archives: FakeArchives, text: str
) -> None:
    class Source:
        def export(self, username: str) -> list[dict[str, object]]:
            return [{"configuration": {text: [text]}}]

    export = exports.request_export(ADA)

    ExporterService(kept, {"configurations": Source()}, archives, lambda username: True).make_export(export)

    assert read(archives.kept[archive_name(export)]) == {"configurations.json": [{"configuration": {text: [text]}}]}


def test_get_export_gives_a_link_that_expires_once_it_is_ready(
    exports: ExportService, exporter: ExporterService
) -> None:
    export = exports.request_export(ADA)
    exporter.make_export(export)

    ready, link = exports.get_export(ADA)

    assert ready.state is ExportState.READY
    assert link == f"https://archives.example/{archive_name(export)}?for=900"


def test_make_export_again_changes_nothing(
    exports: ExportService, exporter: ExporterService, archives: FakeArchives
) -> None:
    export = exports.request_export(ADA)
    exporter.make_export(export)
    before = read(archives.kept[archive_name(export)])

    exporter.make_export(export)

    assert read(archives.kept[archive_name(export)]) == before


def test_make_export_skips_an_order_that_was_replaced(
    exports: ExportService, exporter: ExporterService, archives: FakeArchives, clock: Hand
) -> None:
    first = exports.request_export(ADA)
    clock.now += MADE_WITHIN
    exports.request_export(ADA)

    exporter.make_export(first)

    assert archives.kept == {}


def test_make_export_skips_an_account_that_was_closed(
    exports: ExportService, exporter: ExporterService, archives: FakeArchives
) -> None:
    export = exports.request_export("closed")

    exporter.make_export(export)

    assert archives.kept == {}


def test_make_export_skips_an_order_without_a_row(exporter: ExporterService, archives: FakeArchives) -> None:
    exporter.make_export(Export(ADA, "unknown", NOW))

    assert archives.kept == {}
