"""Pages of the documentation as their readers follow them: the fenced blocks, by what a reader does with each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = "```"
SH, SECOND_TERMINAL, PYTHON = "sh", "sh second terminal", "python"
FILE_NAME = re.compile(r"`([\w./-]+)`:$")


@dataclass(frozen=True)
class Block:
    """A fenced block. `sh` is typed, `sh second terminal` too but beside it, `python` is saved; others are shown."""

    section: str
    """The heading above it, without its marks."""
    kind: str
    """What stands behind the opening fence."""
    text: str
    saved_as: str
    """The file that the line above it names at its end; empty if none."""


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    section, before, lines = "", "", iter(page.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith(FENCE):
            inside = []
            for within in lines:
                if within == FENCE:
                    break
                inside.append(within)
            named = FILE_NAME.search(before)
            yield Block(section, line.removeprefix(FENCE), "\n".join(inside), named[1] if named else "")
        elif line.startswith("#"):
            section = line.lstrip("# ")
        elif line:
            before = line
