"""Child processes leave nothing behind."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from simulators.cloud.instance import ROOT
from simulators.cloud.processes import Child, group_exists, run_to_end

PARENT_OF_A_STUBBORN_ONE = """
import signal, subprocess, sys, time
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", deaf])
time.sleep(600)
"""
STARTER = """
import os, sys, time
from pathlib import Path
from simulators.cloud.processes import Child
child = Child([sys.executable, "-c", "import time; time.sleep(600)"], os.environ, Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def child_running(program: str, log: Path) -> Child:
    return Child([sys.executable, "-c", program], os.environ, log)


def test_a_child_that_ends_when_asked_says_so(tmp_path: Path) -> None:
    child = child_running("import time; time.sleep(600)", tmp_path / "log")
    assert child.stop(60)
    assert not child.is_running()


def test_the_end_of_its_input_is_a_way_to_ask(tmp_path: Path) -> None:
    program = (
        "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); sys.stdin.read()"
    )
    child = child_running(program, tmp_path / "log")
    wait_until(lambda: "up" in (tmp_path / "log").read_text())
    assert child.stop(60)


def test_what_a_child_started_ends_with_it_however_stubborn(tmp_path: Path) -> None:
    child = child_running(PARENT_OF_A_STUBBORN_ONE, tmp_path / "log")
    wait_until(lambda: "up" in (tmp_path / "log").read_text())
    child.stop(60)
    assert not group_exists(child.pid)


def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout
    with starter.stdout as output:
        group = int(output.readline())
    starter.kill()
    starter.wait()
    wait_until(lambda: not group_exists(group))


def test_the_last_lines_of_its_output_can_be_read(tmp_path: Path) -> None:
    child = child_running("for n in range(30): print(n)", tmp_path / "log")
    wait_until(lambda: not child.is_running())
    assert child.last_lines(2) == "28\n29"
    child.stop(60)


def test_a_command_is_run_to_its_end(tmp_path: Path) -> None:
    finished = run_to_end([sys.executable, "-c", "print('done'); raise SystemExit(3)"], os.environ, tmp_path)
    assert (finished.returncode, finished.stdout) == (3, "done\n")
