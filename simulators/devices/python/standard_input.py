"""Lines from standard input, in an asyncio loop."""

import asyncio
import os
import sys
from collections.abc import Callable

CHUNK_BYTES = 4096


def read_lines(take: Callable[[str], None]) -> None:
    """Call `take` for each line that is typed or piped in from now on; does nothing where nobody can type."""
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
    """Tell whether reading is allowed: a process in the background that reads the terminal is stopped by the system."""
    return not os.isatty(descriptor) or os.tcgetpgrp(descriptor) == os.getpgrp()
