"""The UART port."""

from collections.abc import Mapping

from simulators.devices.python.core import Core, Handler, value
from simulators.devices.python.payloads import MalformedRequest, Payload, entries, integer, members

DEFAULTS = {"baudrate": 7, "parity": 0, "flowcontrol": 0, "stopbits": 0, "databits": 1}
HIGHEST = {"baudrate": 15, "parity": 2, "flowcontrol": 2, "stopbits": 1, "databits": 1}
"""Each property is an index; the lowest is 0."""


class Uart:
    """One serial port; typed commands reach the board while it is enabled."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.power_on()

    def power_on(self) -> None:
        self.is_enabled = True
        self._properties = dict(DEFAULTS)

    def forget(self) -> None:
        self._properties = dict(DEFAULTS)

    def configure(self, configuration: Payload) -> None:
        for entry in entries(configuration.get("uart"))[:1]:
            if isinstance(entry, dict) and "attributes" in entry:
                try:
                    self._apply(members(entry, "attributes"))
                except MalformedRequest as malformed:
                    self._core.say(f"configuration of uart skipped: {malformed}")

    @property
    def handlers(self) -> Mapping[str, Handler]:
        return {
            "get_uarts": lambda _: value({"uarts": [{"enabled": int(self.is_enabled)}]}),
            "get_uart_prop": lambda _: value(self._properties),
            "set_uart_prop": self._set_properties,
            "enable_uart": self._enable,
        }

    def _set_properties(self, request: Payload) -> Payload:
        self._apply(request)
        return {}

    def _apply(self, properties: Payload) -> None:
        self._properties = {name: integer(properties, name, 0, highest) for name, highest in HIGHEST.items()}
        self._core.say(f"uart restarted with {self._properties}")

    def _enable(self, request: Payload) -> Payload:
        self.is_enabled = integer(request, "enable", 0, 1) == 1
        return {}
