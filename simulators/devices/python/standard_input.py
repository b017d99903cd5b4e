"""Lines from standard input, in an asyncio loop."""

import asyncio
import os
import sys
from collections.abc import Callable

CHUNK_BYTES = 4096


def read_lines(take: Callable[[str], None]) -> None:
    """Call `take` for each line of standard input from now on; does nothing without an interactive input or pipe."""
    if sys.stdin is None or sys.stdin.closed or not _is_ours(sys.stdin.fileno()):
        return
    loop, source, pending = asyncio.get_running_loop(), sys.stdin.fileno(), bytearray()

    def read() -> None:
        chunk = os.read(source, CHUNK_BYTES)
        if not chunk:
            loop.remove_reader(source)
        pending.extend(chunk)
        *lines, rest = bytes(pending).split(b"\n")
        pending[:] = rest
        for line in lines:
            take(line.decode("utf-8", "replace").rstrip("\r"))

    try:
        loop.add_reader(source, read)
    except PermissionError:
        return  # a file or /dev/null, which cannot be waited for


def _is_ours(descriptor: int) -> bool:
    """Return whether reading is allowed: the system stops a background process that reads the terminal."""
    return not os.isatty(descriptor) or os.tcgetpgrp(descriptor) == os.getpgrp()
