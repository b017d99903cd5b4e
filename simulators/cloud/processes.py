"""Child processes with their own process groups; a group is ended with its leader."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators.cloud.instance import ROOT

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
"""From <sys/prctl.h>."""


class Child:
    """A child process with its output in a file."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start it. Its standard input is a pipe that closes when this process ends, however it ends."""
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                list(command),
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    def is_running(self) -> bool:
        """Return whether it is running."""
        return self._process.poll() is None

    def stop(self, grace_seconds: float) -> bool:
        """Terminate it, wait, and kill the rest of its group; return whether it ended on SIGTERM."""
        if self.is_running():
            self._process.terminate()
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(grace_seconds)
            ended_when_asked = True
        except subprocess.TimeoutExpired:
            ended_when_asked = False
        # Kill the rest of the group even after a clean end: a leader may leave children behind.
        end_group(self.pid)
        self._process.wait()
        return ended_when_asked

    def last_lines(self, count: int = 15) -> str:
        """The end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def end_with_parent() -> None:
    """Let the system terminate this process when its parent ends; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run_to_end(
    command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Run a command and return what it printed; end its whole group if this process is interrupted meanwhile."""
    process = subprocess.Popen(
        list(command),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, complaints = process.communicate()
    except BaseException:
        end_group(process.pid)
        process.wait()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, complaints)


def end_group(group: int) -> None:
    """Kill every process of a group, and return when all have ended."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
    for _ in range(100):
        if not group_exists(group):
            return
        time.sleep(0.01)


def group_exists(group: int) -> bool:
    """Return whether a process group has a running process; a zombie counts as ended."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):  # macOS forbids the signal when only zombies are left
        return False
    return not (PROC / "self/stat").exists() or any(_is_alive_in(group, entry) for entry in PROC.glob("[0-9]*/stat"))


def _is_alive_in(group: int, stat: Path) -> bool:
    try:
        state, _, its_group = stat.read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state not in ("Z", "X")
