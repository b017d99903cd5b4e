"""One process runs a local cloud: it holds a lock on a file that has its id, so that a stale id never fools anyone."""

import fcntl
import os
from typing import IO

from simulators.cloud.errors import CloudError
from simulators.cloud.instance import Place

_held: list[IO[str]] = []
"""Open until this process has gone, so that who finds the lock free knows that it has."""


def take(place: Place) -> None:
    """Become the one process that runs the cloud at this place; raise CloudError if another does."""
    place.folder.mkdir(parents=True, exist_ok=True)
    file = place.lock_file.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise CloudError(f"it is running already (process {owner(place)}); `make down` stops it") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _held.append(file)


def owner(place: Place) -> int | None:
    """The id of the process that runs the cloud at this place, or None."""
    try:
        with place.lock_file.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0)
    except FileNotFoundError:
        pass
    return None
