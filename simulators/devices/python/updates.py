"""Firmware updates: fetched by HTTPS or in chunks by MQTT, checked by size and CRC-32, and reported."""

import binascii
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.devices.python.core import Core, Handler
from simulators.devices.python.effects import Download, Publish
from simulators.devices.python.payloads import MalformedRequest, Payload, integer, text

CHUNK_WAIT_SECONDS = 5
ATTEMPTS = 3
"""Number of requests for a chunk before the update fails."""


@dataclass
class Update:
    """The file being fetched, and its received bytes."""

    version: str
    location: str
    size: int
    checksum: int | None
    """CRC-32 of the whole file; None if the server sent none."""
    received: int = 0
    crc: int = 0
    attempts: int = 0

    def take(self, data: bytes) -> None:
        """Add the next bytes of the file."""
        self.received += len(data)
        self.crc = zlib.crc32(data, self.crc)
        self.attempts = 0

    @property
    def fault(self) -> str | None:
        """Return the error of the received file; None if it is valid."""
        if self.received != self.size:
            return f"{self.received} bytes instead of {self.size}"
        if self.checksum is not None and self.crc != self.checksum:
            return f"checksum {self.crc} instead of {self.checksum}"
        return None


class Updates:
    """At most one update at a time; a new request replaces the running one."""

    def __init__(
        self, core: Core, version: str, chunk_bytes: int, is_by_https: bool, ended: Callable[[], None]
    ) -> None:
        self.version = version
        self._core = core
        self._chunk_bytes = chunk_bytes
        self._is_by_https = is_by_https
        self._ended = ended
        self._update: Update | None = None
        self._is_cut_short = False

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {"beg_ota": self._begin}

    @property
    def can_subscribe(self) -> bool:
        """Whether what runs reaches the server: always, without a boot loader."""
        return True

    @property
    def is_under_way(self) -> bool:
        """Whether a file is being fetched: no readings are published meanwhile."""
        return self._update is not None

    def interrupt(self) -> None:
        """Abort the running update because the connection is lost; report the failure after the next boot."""
        self._is_cut_short = self._is_cut_short or self._update is not None
        self._update = None

    def report_interrupted(self) -> None:
        """Report an update that a lost connection aborted."""
        if self._is_cut_short:
            self._is_cut_short = False
            self._core.do(Publish("end_ota", {"value": {"result": "failed"}}))

    def receive_chunk(self, payload: Payload) -> None:
        """Process the reply to the last req_firmware. Other replies and duplicates are ignored."""
        update = self._update
        if update is None:
            return
        if not payload:
            self._end(update, "the server has no such file for this device")
            return
        # A late or duplicate reply names another offset; appending it would corrupt the file.
        if text(payload, "location") != update.location or integer(payload, "offset") != update.received:
            return
        try:
            data = binascii.a2b_base64(text(payload, "bin"), strict_mode=True)
        except binascii.Error as unreadable:
            raise MalformedRequest(f"bin is not base64: {unreadable}") from unreadable
        if len(data) != integer(payload, "size"):
            raise MalformedRequest(f"bin has {len(data)} bytes, size says {payload['size']}")
        update.take(data)
        if not data or update.received >= update.size:
            self._end(update, update.fault)
        else:
            self._ask_chunk()

    def download_done(self, location: str, content_length: int | None, data: bytes) -> None:
        """Process a file from HTTPS; `content_length` is its header's value."""
        if (update := self._update) is None or update.location != location:
            return
        update.take(data)
        wrong_length = f"Content-Length is {content_length} instead of {update.size}"
        self._end(update, wrong_length if content_length != update.size else update.fault)

    def download_failed(self, location: str, reason: str) -> None:
        """Process a failed download by HTTPS."""
        if (update := self._update) is not None and update.location == location:
            self._end(update, reason)

    def _begin(self, request: Payload) -> Payload:
        checksum = integer(request, "checksum", 0, 2**32 - 1) if "checksum" in request else None
        self._update = Update(
            text(request, "version"), text(request, "location"), integer(request, "size", 1), checksum
        )
        self._core.say(f"updating from version {self.version} to {self._update.version}")
        if self._is_by_https:
            self._core.do(Download(self._update.location))
        else:
            self._ask_chunk()
        return {}

    def _ask_chunk(self) -> None:
        if (update := self._update) is None:
            return
        if update.attempts == ATTEMPTS:
            self._end(update, f"no answer to {ATTEMPTS} requests for a chunk")
            return
        update.attempts += 1
        size = min(self._chunk_bytes, update.size - update.received)
        request = {"location": update.location, "offset": update.received, "size": size}
        self._core.do(Publish("req_firmware", request))
        self._core.after(CHUNK_WAIT_SECONDS, "chunk", self._ask_chunk)

    def _end(self, update: Update, fault: str | None) -> None:
        self._core.timers.cancel("chunk")
        self._update = None
        if fault is None:
            self.version = update.version
            self._core.say(f"updated to version {self.version}")
        else:
            self._core.say(f"update failed: {fault}")
        self._core.do(Publish("end_ota", {"value": {"result": "successful" if fault is None else "failed"}}))
        self._ended()
