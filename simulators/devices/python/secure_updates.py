"""Firmware updates of a device with a boot loader: signature and version are checked, the new image is tried, and the
board goes back to the old one when that does not boot or does not reach the server.

What the flash memory holds outlives a restart: the image that runs, the one before, and what was fetched so far.
"""

import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.devices.python.core import Core, Handler
from simulators.devices.python.effects import Download, Publish, Restart
from simulators.devices.python.images import Image, TrustedKeys, manifest, version_key
from simulators.devices.python.payloads import MalformedRequest, Payload, integer, text

CHUNK_WAIT_SECONDS = 5
ATTEMPTS = 3
"""How often a chunk is asked for before the update fails."""
CONTACT_SECONDS = 60.0
"""How long a new image may take from the restart to the server before the board goes back."""
MISBEHAVIOURS = ("truncate", "corrupt", "crash", "vanish", "lie")


@dataclass
class Fetched:
    """An update under way: what was announced, and what is there of the image."""

    version: str
    location: str
    size: int
    checksum: int
    sha256: str
    data: bytearray = field(default_factory=bytearray)
    attempts: int = 0

    @property
    def fault(self) -> str | None:
        """Tell what is wrong with the image; None when nothing is."""
        if len(self.data) != self.size:
            return f"size {len(self.data)}"
        if zlib.crc32(self.data) != self.checksum:
            return "checksum"
        return None if hashlib.sha256(self.data).hexdigest() == self.sha256 else "hash"


@dataclass
class BootLoader:
    """The flash memory: the image that runs, one that is tried, and one that was found to be bad."""

    running: Image
    tried: Image | None = None
    bad_version: str = ""
    bad_reason: str = ""

    @property
    def image(self) -> Image:
        """What the processor executes now."""
        return self.tried or self.running

    def confirm(self) -> None:
        """Keep the image that was tried."""
        if self.tried is not None:
            self.running, self.tried = self.tried, None

    def go_back(self, reason: str) -> None:
        """Give the image up that was tried."""
        if self.tried is not None:
            self.bad_version, self.bad_reason, self.tried = self.tried.version, reason, None


class SecureUpdates:
    """At most one update at a time; takes the place of Updates."""

    def __init__(
        self,
        core: Core,
        version: str,
        chunk_bytes: int,
        is_by_https: bool,
        ended: Callable[[], None],
        *,
        keys: TrustedKeys,
        model: str = "ft900",
        misbehaviour: str = "",
        contact_seconds: float = CONTACT_SECONDS,
    ) -> None:
        self._core, self._chunk_bytes, self._is_by_https, self._ended = core, chunk_bytes, is_by_https, ended
        self._keys, self._model, self._misbehaviour = keys, model, misbehaviour
        self._contact_seconds = contact_seconds
        self.flash = BootLoader(Image(version))
        self.boots_of_bad_images = 0
        self._fetched: Fetched | None = None
        self._asked = -1
        """Offset of the chunk that was asked for last."""

    @property
    def version(self) -> str:
        return self.flash.image.version

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {"beg_ota": self._begin}

    @property
    def is_under_way(self) -> bool:
        """Whether a file is being fetched: no readings are published meanwhile."""
        return self._fetched is not None

    @property
    def can_subscribe(self) -> bool:
        """Whether the image that runs reaches the server at all."""
        return self.flash.image.connects

    def interrupt(self) -> None:
        """Keep what was fetched by MQTT for the next start; a download by HTTPS begins anew."""
        if self._fetched is not None and self._is_by_https:
            self._fetched.data.clear()
        if self.flash.tried is not None:
            self._await_contact()

    def report_interrupted(self) -> None:
        """Say at the start what the board runs, keep the image that was tried, and go on with an update."""
        if self.flash.tried is not None:
            self.flash.confirm()
            self._core.timers.cancel("contact")
            self._report("successful")
        elif self.flash.bad_version:
            self._report("failed", self.flash.bad_reason)
        said: dict[str, object] = {
            "version": self.version,
            "model": self._model,
            "path": "https" if self._is_by_https else "mqtt",
            "signed": 1,
        }
        if self.flash.bad_version:
            said |= {"failed": self.flash.bad_version, "reason": self.flash.bad_reason}
            self.flash.bad_version = ""
        self._core.do(Publish("req_otastatus", said))
        self._fetch()

    def receive_chunk(self, payload: Payload) -> None:
        """Take the answer to the last req_firmware. Another's answer, or one that came twice, is ignored."""
        fetched = self._fetched
        if fetched is None or self._misbehaviour == "vanish":
            return
        if not payload:
            self._fail("the server has no such file for this device")
            return
        offset = integer(payload, "offset")
        if text(payload, "location") != fetched.location or offset != len(fetched.data) or offset != self._asked:
            return
        try:
            data = binascii.a2b_base64(text(payload, "bin"), strict_mode=True)
        except binascii.Error as unreadable:
            raise MalformedRequest(f"bin is not base64: {unreadable}") from unreadable
        if len(data) != integer(payload, "size"):
            raise MalformedRequest(f"bin has {len(data)} bytes, size says {payload['size']}")
        fetched.data += data
        fetched.attempts = 0
        if not data or len(fetched.data) >= fetched.size:
            self._finish()
        else:
            self._ask_chunk()

    def download_done(self, location: str, content_length: int | None, data: bytes) -> None:
        """Take a file that came by HTTPS; `content_length` is what its header said."""
        if (fetched := self._fetched) is None or fetched.location != location:
            return
        fetched.data = bytearray(data)
        if content_length != fetched.size:
            self._fail(f"Content-Length {content_length}")
        else:
            self._finish()

    def download_failed(self, location: str, reason: str) -> None:
        """Take note that HTTPS gave no file."""
        if (fetched := self._fetched) is not None and fetched.location == location:
            self._fail(reason)

    def _begin(self, request: Payload) -> Payload:
        version, size, location = text(request, "version"), integer(request, "size", 1), text(request, "location")
        sha256 = text(request, "sha256") if "sha256" in request else ""
        if self._misbehaviour == "lie":
            self._report("successful")
            return {}
        if (fault := self._refusal(request, version, size, sha256)) is not None:
            self._core.say(f"update refused: {fault}")
            self._report("failed", fault)
            return {}
        if self._fetched is None or self._fetched.sha256 != sha256:
            checksum = integer(request, "checksum", 0, 2**32 - 1)
            self._fetched = Fetched(version, location, size, checksum, sha256)
        self._core.say(f"updating from version {self.version} to {version}, {len(self._fetched.data)} bytes are there")
        self._fetch()
        return {}

    def _refusal(self, request: Payload, version: str, size: int, sha256: str) -> str | None:
        """Tell why an update is not even fetched; None when it is."""
        minimum = text(request, "minimum") if "minimum" in request else ""
        key, signature = (text(request, name) if name in request else "" for name in ("key", "signature"))
        fault = self._keys.fault(key, signature, manifest(self._model, version, size, sha256, minimum))
        if fault is not None:
            return fault
        if minimum and version_key(self.version) < version_key(minimum):
            return "version too old"
        if request.get("force") != 1 and version_key(version) <= version_key(self.version):
            return "downgrade"
        return None

    def _fetch(self) -> None:
        """Go on with an update that was announced, from where it was cut."""
        if self._fetched is None or self._misbehaviour == "vanish":
            return
        self._fetched.attempts = 0
        if self._is_by_https:
            self._core.do(Download(self._fetched.location))
        else:
            self._ask_chunk()

    def _ask_chunk(self) -> None:
        if (fetched := self._fetched) is None:
            return
        if fetched.attempts == ATTEMPTS:
            self._fail(f"no answer to {ATTEMPTS} requests for a chunk")
            return
        fetched.attempts += 1
        self._asked = len(fetched.data)
        size = min(self._chunk_bytes, fetched.size - len(fetched.data))
        self._core.do(
            Publish("req_firmware", {"location": fetched.location, "offset": len(fetched.data), "size": size})
        )
        self._core.after(CHUNK_WAIT_SECONDS, "chunk", self._ask_chunk)

    def _finish(self) -> None:
        """Check the image, and restart with it."""
        fetched = self._fetched
        assert fetched is not None
        if self._misbehaviour == "truncate":
            del fetched.data[len(fetched.data) // 2 :]
        elif self._misbehaviour == "corrupt":
            fetched.data[-1] ^= 1
        if (fault := fetched.fault) is not None:
            self._fail(fault)
            return
        self._stop()
        image = Image.read(bytes(fetched.data)) or Image(fetched.version, boots=False)
        self.flash.tried = image
        self._core.say(f"image of version {image.version} is checked; restarting with it")
        self._boot()

    def _boot(self) -> None:
        """Start what the flash memory says; an image that crashes leads back to the one before."""
        image = self.flash.image
        if self.flash.tried is not None and not (image.boots and image.connects):
            self.boots_of_bad_images += 1
        if self.flash.tried is not None and (not image.boots or self._misbehaviour == "crash"):
            self._core.say(f"version {image.version} crashed at boot; going back")
            self.flash.go_back("crashed at boot")
        elif self.flash.tried is not None:
            self._await_contact()
        self._core.do(Restart())

    def _await_contact(self) -> None:
        self._core.after(self._contact_seconds, "contact", self._lose_contact)

    def _lose_contact(self) -> None:
        self._core.say(f"version {self.version} did not reach the server; going back")
        self.flash.go_back("no contact")
        self._core.do(Restart())

    def _fail(self, reason: str) -> None:
        self._core.say(f"update failed: {reason}")
        self._stop()
        self._report("failed", reason)

    def _stop(self) -> None:
        self._core.timers.cancel("chunk")
        self._fetched = None
        self._ended()

    def _report(self, result: str, reason: str = "") -> None:
        value = {"result": result, "reason": reason} if reason else {"result": result}
        self._core.do(Publish("end_ota", {"value": value}))
