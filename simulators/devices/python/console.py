"""Console output of a device: one line per message, with the time and an arrow."""

import logging
import sys
from typing import Protocol

MAX_SHOWN = 400
"""Printed characters of a payload; further ones are only counted."""


class Witness(Protocol):
    """The listener of a device's events."""

    def connected(self, deviceid: str) -> None: ...

    def lost(self, reason: str) -> None:
        """The connection was lost; the device reconnects by itself."""

    def refused(self, reason: str) -> None:
        """A connection attempt failed; the device retries by itself."""

    def received(self, api: str, payload: bytes) -> None:
        """A message from the server arrived."""

    def sent(self, api: str, payload: bytes) -> None:
        """A message to the server was sent."""

    def acknowledged(self, topic: str, seconds: float) -> None:
        """The server acknowledged a message of QoS 1, this many seconds after it was sent."""

    def not_sent(self, topic: str, reason: str) -> None: ...

    def say(self, text: str) -> None:
        """The device printed a line."""

    def problem(self, text: str) -> None:
        """Another problem occurred."""


class Console:
    """Write a device's lines to standard output. Level `debug` adds acknowledgements, `warning` keeps only problems."""

    def __init__(self, level: str = "info", name: str = "device") -> None:
        self._log = logging.Logger(name, level.upper())
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d  %(message)s", "%H:%M:%S"))
        self._log.addHandler(handler)

    def connected(self, deviceid: str) -> None:
        self.say(f"connected as {deviceid}")

    def lost(self, reason: str) -> None:
        self.problem(f"connection lost: {reason}; trying again every 5 s")

    def refused(self, reason: str) -> None:
        self.problem(f"cannot connect: {reason}; trying again in 5 s")

    def received(self, api: str, payload: bytes) -> None:
        self._log.info("<- %s %s", api, _Shown(payload))

    def sent(self, api: str, payload: bytes) -> None:
        self._log.info("-> %s %s", api, _Shown(payload))

    def acknowledged(self, topic: str, seconds: float) -> None:
        self._log.debug("   %s acknowledged after %.1f ms", topic, seconds * 1000)

    def not_sent(self, topic: str, reason: str) -> None:
        self.problem(f"{topic} not sent: {reason}")

    def say(self, text: str) -> None:
        self._log.info("   %s", text)

    def problem(self, text: str) -> None:
        self._log.warning("!! %s", text)


class _Shown:
    """A payload that is formatted only if its line is written."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def __str__(self) -> str:
        text = self._payload[:MAX_SHOWN].decode("utf-8", "backslashreplace")
        rest = len(self._payload) - MAX_SHOWN
        return f"{text}... ({rest} more bytes)" if rest > 0 else text
