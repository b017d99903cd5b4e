"""A server in virtual time for simulated boards: it announces an image, serves its parts, and notes what it hears."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Any
from zlib import crc32

from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.effects import Download, Effect, Publish, Reply, Restart, Subscribe
from simulators.devices.python.images import Key, TrustedKeys, make_image, manifest
from tests.fakes.firmware import LocalSigner

SIGNER = LocalSigner()
KEYS = TrustedKeys({SIGNER.key: Key(SIGNER.public_key, 1000.0)}, lambda: 500.0)
REBOOT_SECONDS = 0.5


def announce(image: bytes, version: str, signer: LocalSigner = SIGNER, **changes: Any) -> dict[str, Any]:
    """Make the beg_ota of an image, as the server makes it for boards that check signatures; `changes` break it."""
    digest = sha256(image).hexdigest()
    signature = signer.sign(manifest("ft900", version, len(image), digest, ""))
    return {
        "version": version,
        "size": len(image),
        "location": "ft900/x.bin",
        "checksum": crc32(image),
        "sha256": digest,
        "minimum": "",
        "key": signer.key,
        "signature": b64encode(signature).decode(),
        **changes,
    }


@dataclass
class Line:
    """A board on a line with the server."""

    options: BoardOptions
    image: bytes = field(default_factory=lambda: make_image(1000, "0.2"))
    now: float = 0.0
    sent: list[tuple[str, Any]] = field(default_factory=list)
    is_up: bool = False
    parts_left: int = 1_000_000
    """After so many parts, answers to requests for them are lost."""
    restarts: int = 0

    def __post_init__(self) -> None:
        self.board = Board(self.options, Random(1))
        self.connect()

    def connect(self) -> None:
        """Have the board connect and boot."""
        self.is_up = True
        self._carry_out(self.board.connect(self.now))

    def disconnect(self) -> None:
        """Cut the line."""
        self.is_up = False
        self._carry_out(self.board.disconnect(self.now))

    def tell(self, api: str, payload: Any) -> None:
        """Send the board a message."""
        self._carry_out(self.board.receive(api, json.dumps(payload).encode(), self.now))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while (due := self.board.next_due) is not None and due <= end:
            self.now = max(self.now, due)
            self._carry_out(self.board.advance(self.now))
        self.now = end

    def payloads(self, api: str) -> list[Any]:
        """Return what the board sent on a topic."""
        return [payload for sent, payload in self.sent if sent == api]

    @property
    def result(self) -> dict[str, Any]:
        """The last end_ota."""
        ended: dict[str, Any] = self.payloads("end_ota")[-1]["value"]
        return ended

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Reply():
                    pass
                case Publish(api, payload):
                    self.sent.append((api, payload))
                    if api == "req_configuration":
                        self.tell("rcv_configuration", {})
                    elif api == "req_firmware" and self.parts_left > 0:
                        self.parts_left -= 1
                        self._serve(dict(payload))
                case Subscribe():
                    self._carry_out(self.board.subscribe_done(self.now))
                case Restart():
                    self.restarts += 1
                    self.disconnect()
                    self.now += REBOOT_SECONDS
                    self.connect()
                case Download(location):
                    self._carry_out(self.board.download_done(location, len(self.image), self.image, self.now))

    def _serve(self, asked: dict[str, Any]) -> None:
        block = self.image[asked["offset"] : asked["offset"] + asked["size"]]
        self.tell("rcv_firmware", {**asked, "size": len(block), "bin": b64encode(block).decode()})
