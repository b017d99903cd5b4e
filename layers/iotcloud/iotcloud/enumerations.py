"""Numbers that stand for something in messages, and what they stand for. The tables are in the features' models."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Enumeration:
    """Numbers and their meanings, in words for people."""

    meanings: Mapping[int, str]
    prefix: str = ""
    """What names of meanings begin with that would else begin with a digit."""

    @classmethod
    def of(cls, *meanings: str, prefix: str = "") -> Self:
        """Number meanings from 0 on."""
        return cls(dict(enumerate(meanings)), prefix)

    @property
    def names(self) -> Mapping[int, str]:
        """A word for each number, as program code can have it: `RTS_CTS`."""
        return {number: self.prefix + self._word(text) for number, text in self.meanings.items()}

    def __str__(self) -> str:
        return ", ".join(f"{number} {meaning}" for number, meaning in self.meanings.items())

    @staticmethod
    def _word(text: str) -> str:
        return re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_").upper()
