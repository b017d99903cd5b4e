"""Follow a growing file, as `tail -f` does."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

PAUSE_SECONDS = 0.2


def lines_of(path: Path, go_on: Callable[[], bool], from_start: bool = False) -> Iterator[str]:
    """Yield complete lines as they are written, until `go_on` returns false; restart when the file was truncated."""
    path.touch()
    with path.open(encoding="utf-8") as file:
        file.seek(0, 0 if from_start else 2)
        unfinished = ""
        while go_on():
            part = file.readline()
            if not part:
                if path.stat().st_size < file.tell():
                    file.seek(0)
                time.sleep(PAUSE_SECONDS)
                continue
            unfinished += part
            if unfinished.endswith("\n"):
                yield unfinished[:-1]
                unfinished = ""
