"""Runs a page of the documentation on a running local cloud: types its commands and saves its files."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from simulators.cloud.environment import clean
from simulators.cloud.instance import ROOT, Place
from tests.e2e.patience import eventually
from tests.e2e.people import Stack
from tests.pages import PYTHON, SECOND_TERMINAL, SH, Block

LOCAL = ".local/"
BLOCK_SECONDS = 180.0
STOP_SECONDS = 20.0


class Reader:
    """Two terminals in the project's folder, open until the end of the block.

    `.local/` is the folder of the stack's cloud, and texts that must differ from run to run are exchanged.
    """

    def __init__(self, stack: Stack, folder: Path, exchanged: Mapping[str, str]) -> None:
        """Use a folder for the terminals' output."""
        place = Place(Path(stack["mqtt_ca"]).parent, urlsplit(stack["endpoint_url"]).port or 0, int(stack["mqtt_port"]))
        self._exchanged = {**exchanged, LOCAL: f"{place.folder}/"}
        self._environment = {**clean(), **place.environment}
        self._folder = folder
        self._open = ExitStack()
        self._second: tuple[subprocess.Popen[str], Path] | None = None
        self._blocks = 0

    def __enter__(self) -> Self:
        self._shell = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.interrupt()
        self._shell.kill()
        self._shell.wait()
        self._open.close()

    def follow(self, blocks: Iterable[Block]) -> str:
        """Run the blocks one after the other, and return the first terminal's output."""
        shown = ""
        for block in blocks:
            text = self._as_typed(block.text)
            if block.kind == SH:
                shown += self._type(text)
            elif block.kind == SECOND_TERMINAL:
                self._run(text)
            elif block.kind == PYTHON:
                Path(self._as_typed(block.saved_as)).write_text(text)
        return shown

    def sees_beside(self, text: str) -> None:
        """Wait until the second terminal shows a text."""
        assert self._second is not None
        process, output = self._second
        eventually(output.read_text, lambda seen: text in seen or process.poll() is not None)
        assert text in output.read_text(), output.read_text()

    def interrupt(self) -> None:
        """Press Ctrl-C in the second terminal, if something runs there."""
        if self._second is None:
            return
        process, output = self._second
        self._second = None
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise AssertionError(f"Ctrl-C does not end it:\n{output.read_text()}") from None

    def _as_typed(self, text: str) -> str:
        for written, meant in self._exchanged.items():
            text = text.replace(written, meant)
        return text

    def _type(self, text: str) -> str:
        """Type a block in the first terminal, which keeps its variables, and return its output."""
        assert self._shell.stdin is not None
        output, done = self._next_file(), self._next_file()
        self._shell.stdin.write(f"{{\n{text}\n}} < /dev/null > {output} 2>&1\necho done > {done}\n")
        self._shell.stdin.flush()
        deadline = time.monotonic() + BLOCK_SECONDS
        while not done.exists():
            shown = output.read_text() if output.exists() else ""
            assert self._shell.poll() is None, f"{text}\nfailed:\n{shown}"
            assert time.monotonic() < deadline, f"{text}\ndoes not end:\n{shown}"
            time.sleep(0.05)
        return output.read_text()

    def _run(self, text: str) -> None:
        """Type a block in the second terminal, after Ctrl-C where something runs there."""
        self.interrupt()
        output = self._next_file()
        to: IO[str] = self._open.enter_context(output.open("w"))
        process = subprocess.Popen(
            ["bash", "-eu", "-c", text],
            cwd=ROOT,
            env={**self._environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=to,
            text=True,
            start_new_session=True,
            preexec_fn=heed_interrupts,
        )
        self._second = process, output

    def _next_file(self) -> Path:
        self._blocks += 1
        return self._folder / f"terminal-{self._blocks}"


def heed_interrupts() -> None:
    """Let Ctrl-C end a process even if it is ignored: a shell ignores it in background processes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
