"""Versions of firmware and their order, by Semantic Versioning 2.0.0. No I/O."""

import re
from dataclasses import dataclass, field
from functools import total_ordering
from typing import Any

from iotcloud.errors import InvalidInput, Problem

MAX_VERSION = 32
"""Characters of a published version; a device's row takes 64 (iotcloud.device_input)."""
_NUMBER = r"(0|[1-9]\d{0,8})"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBER}(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?:-({_WORDS}))?(?:\+{_WORDS})?", re.ASCII)


@total_ordering
@dataclass(frozen=True, eq=False)
class Version:
    """A version as it was written. The contract writes two numbers: `0.2` is `0.2.0`."""

    text: str
    _rank: tuple[Any, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found = _VERSION.fullmatch(self.text)
        if found is None or len(self.text) > MAX_VERSION:
            raise InvalidInput(
                detail=[Problem("version", f"numbers as in 1.2.3 or 1.2.3-rc.1, at most {MAX_VERSION} characters")]
            )
        major, minor, patch, words = found.groups()
        object.__setattr__(self, "_rank", (int(major), int(minor or 0), int(patch or 0), _rank_of_words(words)))

    @property
    def is_prerelease(self) -> bool:
        """Whether it is a version before a release, such as `1.0-rc.1`."""
        return "-" in self.text.partition("+")[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._rank == other._rank

    def __hash__(self) -> int:
        return hash(self._rank)

    def __lt__(self, other: "Version") -> bool:
        return bool(self._rank < other._rank)

    def __str__(self) -> str:
        return self.text


def is_newer(version: str, than: str | None) -> bool | None:
    """Tell whether a version is newer than another; None when one of them is unknown or no version."""
    if than is None:
        return None
    try:
        return Version(version) > Version(than)
    except InvalidInput:
        return None


def _rank_of_words(words: str | None) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Rank what stands behind the dash: none is highest, numbers come before words (Semantic Versioning, rule 11)."""
    if words is None:
        return 1, ()
    return 0, tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words.split("."))
