"""What a person sees of a device: one line a message, with the time and an arrow."""

import logging
import sys
from typing import Protocol

MAX_SHOWN = 400
"""Characters of a payload on one line; what is beyond is counted, not shown."""


class Witness(Protocol):
    """Who is told what a device goes through."""

    def connected(self, deviceid: str) -> None: ...

    def lost(self, reason: str) -> None:
        """Learn that the connection broke; the device connects again by itself."""

    def refused(self, reason: str) -> None:
        """Learn that an attempt to connect failed; the device tries again by itself."""

    def received(self, api: str, payload: bytes) -> None:
        """Learn of a message from the server."""

    def sent(self, api: str, payload: bytes) -> None:
        """Learn of a message to the server."""

    def acknowledged(self, topic: str, seconds: float) -> None:
        """Learn that the server has taken a message of QoS 1, so many seconds after it was sent."""

    def not_sent(self, topic: str, reason: str) -> None: ...

    def say(self, text: str) -> None:
        """Take a line that the device has for a person."""

    def problem(self, text: str) -> None:
        """Take what went wrong otherwise."""


class Console:
    """Write a device's lines to standard output. Level `debug` adds acknowledgements, `warning` leaves problems."""

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
    """A payload, made readable only if its line is really written."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def __str__(self) -> str:
        text = self._payload[:MAX_SHOWN].decode("utf-8", "backslashreplace")
        rest = len(self._payload) - MAX_SHOWN
        return f"{text}... ({rest} more bytes)" if rest > 0 else text
