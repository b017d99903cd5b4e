"""Data export: a ZIP archive built in the background, downloaded through an expiring link, then deleted."""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from iotcloud.clock import Clock
from iotcloud.errors import NotFound
from iotcloud.users.interfaces import Archives, Attempts, ExportedData, Exports, ExportStore
from iotcloud.users.rate_limits import Limit

MADE_WITHIN = timedelta(minutes=30)
"""An unfinished export may be requested again after this time."""
KEPT = timedelta(hours=24)
LINK_SECONDS = 900
EXPORTS_OF_ONE_ACCOUNT = Limit(5, 3600)


class ExportState(StrEnum):
    """How far an archive is."""

    ONGOING = "ongoing"
    READY = "ready"


@dataclass(frozen=True)
class Export:
    """One archive, or the order for it."""

    username: str
    export_id: str
    requested_at: datetime
    state: ExportState = ExportState.ONGOING

    @property
    def expires_at(self) -> datetime:
        """When the archive is deleted."""
        return self.requested_at + KEPT

    def is_pending(self, now: datetime) -> bool:
        """Whether the archive is still being built."""
        return self.state is ExportState.ONGOING and now < self.requested_at + MADE_WITHIN


Records = Iterable[Mapping[str, object]]


def archive_name(export: Export) -> str:
    """Name an export's archive; all of a user begin alike."""
    return f"{export.username}/{export.export_id}.zip"


@dataclass(frozen=True)
class ExportService:
    """Order exports and fetch them."""

    store: ExportStore
    exports: Exports
    archives: Archives
    attempts: Attempts
    clock: Clock

    def request_export(self, username: str) -> Export:
        """Order an archive; while one is being made, that is the one. Raise TooManyRequests."""
        now = self.clock()
        export = self.store.find(username)
        if export is None or not export.is_pending(now):
            self.attempts.spend("request_export", username, EXPORTS_OF_ONE_ACCOUNT)
            export = Export(username, secrets.token_urlsafe(16), now)
            self.store.save(export)
            self.exports.request(export)
        return export

    def get_export(self, username: str) -> tuple[Export, str | None]:
        """Return the newest export, with a link once it is ready. Raise NotFound without an export."""
        export = self.store.find(username)
        if export is None or self.clock() >= export.expires_at:
            raise NotFound
        is_ready = export.state is ExportState.READY
        return export, self.archives.link(archive_name(export), LINK_SECONDS) if is_ready else None


@dataclass(frozen=True)
class ExporterService:
    """Make archives."""

    store: ExportStore
    sources: Mapping[str, ExportedData]
    """By the name that its file has in the archive."""
    archives: Archives
    is_open: Callable[[str], bool]
    """Checks whether an account still exists: a deleted account gets no archive."""

    def make_export(self, export: Export) -> None:
        """Write each source to one JSON file of the archive. Any failure raises, so that the queue retries the job."""
        kept = self.store.find(export.username)
        if kept is None or kept.export_id != export.export_id or not self.is_open(export.username):
            return
        with TemporaryFile() as content:
            with ZipFile(content, "w", ZIP_DEFLATED) as archive:
                for name, source in self.sources.items():
                    with archive.open(f"{name}.json", "w") as file:
                        _write_list(file, source.export(export.username))
            content.seek(0)
            self.archives.put(archive_name(export), content)
        self.store.save(replace(export, state=ExportState.READY))


def _write_list(file: IO[bytes], records: Records) -> None:
    """Stream a JSON list. Lone surrogates are escaped, since UTF-8 cannot encode them."""
    before = b"[\n"
    for record in records:
        file.write(before + json.dumps(record, ensure_ascii=False).encode(errors="backslashreplace"))
        before = b",\n"
    file.write(b"[]\n" if before == b"[\n" else b"\n]\n")
