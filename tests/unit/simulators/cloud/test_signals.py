"""A stop signal is never lost, wherever it arrives."""

import signal
import subprocess
import sys

import pytest

from simulators.cloud.instance import ROOT

BUSY_IN_A_FINALIZER = """
import time
from simulators.cloud.__main__ import ignore_signals, stop_on_signals
from simulators.cloud.errors import Interrupted

class Slow:
    def __del__(self):
        print("finalizing", flush=True)
        time.sleep(5)  # what is raised in here goes no further

stop_on_signals()
try:
    slow = Slow()
    del slow
    print("finalized", flush=True)
    time.sleep(60)
except Interrupted:
    ignore_signals()
    time.sleep(1)  # long enough for another to come
    print("stopped in order", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_python_ignores_once_stops_the_cloud_all_the_same(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY_IN_A_FINALIZER],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "finalizing\n"
    process.send_signal(number)
    rest, _ = process.communicate(timeout=50)
    assert rest == "finalized\nstopped in order\n"
    assert process.returncode == 0
