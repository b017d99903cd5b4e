"""Ensures that one process runs a local cloud: it locks a file that contains its id, so a stale id is detected."""

import fcntl
import os
from typing import IO

from simulators.cloud.errors import CloudError
from simulators.cloud.instance import Place

_held: list[IO[str]] = []
"""Open until this process ends; the lock is then released."""


def take(place: Place) -> None:
    """Acquire the lock of a local cloud; raise CloudError if another process holds it."""
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
    """The id of the process that runs a local cloud, or None."""
    try:
        with place.lock_file.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0)
    except FileNotFoundError:
        pass
    return None
