"""What a person sees of a device: one line a message, with the time and an arrow."""

import logging
import sys

MAX_SHOWN = 400
"""Characters of a payload on one line; what is beyond is counted, not shown."""


class Console:
    """Write a device's lines to standard output. Level `debug` adds acknowledgements, `warning` leaves problems."""

    def __init__(self, level: str = "info", name: str = "device") -> None:
        self._log = logging.Logger(name, level.upper())
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d  %(message)s", "%H:%M:%S"))
        self._log.addHandler(handler)

    def received(self, api: str, payload: bytes) -> None:
        """Show a message from the server."""
        self._log.info("<- %s %s", api, _Shown(payload))

    def sent(self, api: str, payload: bytes) -> None:
        """Show a message to the server."""
        self._log.info("-> %s %s", api, _Shown(payload))

    def say(self, text: str) -> None:
        """Show what the device has to tell."""
        self._log.info("   %s", text)

    def detail(self, text: str) -> None:
        """Show what only matters when looking for a fault."""
        self._log.debug("   %s", text)

    def problem(self, text: str) -> None:
        """Show what went wrong."""
        self._log.warning("!! %s", text)


class _Shown:
    """A payload, made readable only if its line is really written."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def __str__(self) -> str:
        text = self._payload[:MAX_SHOWN].decode("utf-8", "backslashreplace")
        rest = len(self._payload) - MAX_SHOWN
        return f"{text}... ({rest} more bytes)" if rest > 0 else text
