"""How a test puts its own objects in place of parts of the wiring: `replace_part(wired, "commands.link", link)`."""

from functools import cached_property
from typing import Any

from iotcloud.wiring import Wiring


def replace_part(wired: Wiring, path: str, stand_in: object) -> None:
    """Let the wiring give a stand-in for the part of this path; what was made before keeps the part it has."""
    owner, name = _find(wired, path)
    vars(owner)[name] = stand_in


def restore_part(wired: Wiring, path: str) -> None:
    """Have the part made anew when it is next used."""
    owner, name = _find(wired, path)
    vars(owner).pop(name, None)


def _find(wired: Wiring, path: str) -> tuple[Any, str]:
    *parts, name = path.split(".")
    owner: Any = wired
    for part in parts:
        owner = getattr(owner, part)
    assert isinstance(getattr(type(owner), name, None), cached_property), f"the wiring has no part {path}"
    return owner, name
