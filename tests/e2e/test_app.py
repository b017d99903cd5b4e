"""The app in a browser, on the stack that serves it: the journeys of `webapp/tests/journeys`, on a large screen."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from simulators.cloud.instance import ROOT, TOOLS
from tests.e2e.people import Stack

NODE = TOOLS / "node/node_modules/node/bin"
PLAYWRIGHT = ROOT / "webapp/node_modules/.bin/playwright"
JOURNEYS_SECONDS = 900.0


@pytest.mark.long
def test_people_find_their_way_through_the_app(stack: Stack, tmp_path: Path) -> None:
    assert stack["app_url"], "the stack serves no app: make app"
    told = tmp_path / "stack.json"
    told.write_text(json.dumps(stack))
    environment = {**os.environ, "IOTCLOUD_STACK": str(told), "PATH": f"{NODE}:{os.environ['PATH']}"}
    finished = subprocess.run(
        [str(PLAYWRIGHT), "test", "--project=desktop"],
        cwd=ROOT / "webapp",
        env=environment,
        capture_output=True,
        text=True,
        timeout=JOURNEYS_SECONDS,
    )
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
