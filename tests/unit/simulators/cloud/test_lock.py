"""One process per local cloud, ensured by a lock, not by a file that may be stale."""

import subprocess
import sys
from pathlib import Path

import pytest

from simulators.cloud import lock
from simulators.cloud.errors import CloudError
from simulators.cloud.instance import ROOT, Place

HOLDER = """
import sys
from simulators.cloud.lock import take
from simulators.cloud.instance import Place
take(Place.from_environment())
print("taken", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(folder=tmp_path)


def test_a_running_process_is_the_owner_until_it_ends(place: Place) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        env=place.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert lock.owner(place) == holder.pid
        with pytest.raises(CloudError, match=f"process {holder.pid}"):
            lock.take(place)
    assert lock.owner(place) is None


def test_an_id_that_a_dead_process_left_is_nobody(place: Place) -> None:
    place.lock_file.write_text("1")
    assert lock.owner(place) is None


def test_where_nothing_ever_ran_there_is_no_owner(place: Place) -> None:
    assert lock.owner(place) is None
