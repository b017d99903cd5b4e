"""What the API answers to a refused or failed call, as tests expect it."""

from collections.abc import Iterator
from typing import Any

from api.responses import UNEXPECTED, UNEXPECTED_CODE
from iotcloud.errors import IotCloudError


def failure(message: str, code: str | None = None, **members: object) -> dict[str, Any]:
    """The whole answer; the code is that of the one condition which has this message."""
    return {"status": "NG", "code": code or code_of(message), "message": message, **members}


def code_of(message: str) -> str:
    """The code of the one condition that has a message."""
    found = {kind.code for kind in _kinds(IotCloudError) if vars(kind).get("message") == message}
    if message == UNEXPECTED:
        found.add(UNEXPECTED_CODE)
    (code,) = found
    return code


def _kinds(kind: type[IotCloudError]) -> Iterator[type[IotCloudError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
