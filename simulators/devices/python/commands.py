"""The grammar of commands typed on the device's serial port."""

from dataclasses import dataclass

MENOS = {"M": "mobile", "E": "email", "N": "notification", "O": "modem", "S": "storage", "D": "default"}
"""The letter after `AT+`, and the channel of the trigger."""

LOCAL = {
    "AT": "status",
    "ATC": "continue",
    "ATE": "echo on or off",
    "ATH": "this help",
    "ATI": "information about the device",
    "ATM": "more: all ports",
    "ATP": "pause",
    "ATR": "reset",
    "ATU": "state of the firmware update",
}
"""Commands that stay on the device."""

HELP = (
    *(f"{name:5} {meaning}" for name, meaning in LOCAL.items()),
    "AT+M, AT+E, AT+N, AT+O, AT+S [+[recipient][+message]]",
    "      message by mobile, email, notification, modem, storage",
    "AT+D  message as configured",
)


@dataclass(frozen=True)
class Trigger:
    """A message to send; the server fills in absent members."""

    menos: str
    recipient: str | None = None
    message: str | None = None

    @property
    def payload(self) -> dict[str, str]:
        """Only the typed members."""
        typed = {"recipient": self.recipient, "message": self.message}
        return {name: content for name, content in typed.items() if content is not None}


class UnknownCommand(ValueError):
    """The input is not a command."""


def parse(line: str) -> Trigger | str:
    """Parse a typed line, case-insensitively: a trigger, or the name of a local command.

    Raise UnknownCommand for anything else.
    """
    line = line.strip()
    if line.upper() in LOCAL:
        return line.upper()
    head, letter, rest = line[:3].upper(), line[3:4].upper(), line[4:]
    if head != "AT+" or letter not in MENOS or (rest and (not rest.startswith("+") or letter == "D")):
        raise UnknownCommand(line)
    recipient, message = _arguments(rest[1:])
    return Trigger(MENOS[letter], recipient, message)


def _arguments(text: str) -> tuple[str | None, str | None]:
    """Split at the first `+` outside quotes: a message may contain more of them."""
    if text[:1] in ("'", '"') and (end := text.find(text[0], 1)) > 0 and text[end + 1 : end + 2] in ("", "+"):
        return text[1:end] or None, _unquoted(text[end + 2 :])
    recipient, _, message = text.partition("+")
    return recipient or None, _unquoted(message)


def _unquoted(text: str) -> str | None:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in ("'", '"'):
        text = text[1:-1]
    return text or None
