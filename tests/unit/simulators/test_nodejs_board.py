"""The Node.js device's board follows the same recorded conversations, in Node's test runner."""

import subprocess
from pathlib import Path

DEVICE = Path(__file__).parents[3] / "simulators" / "devices" / "nodejs"


def test_nodejs_board_holds_its_side_of_the_conversations() -> None:
    tested = subprocess.run(["node", "--test", "test/"], cwd=DEVICE, capture_output=True, text=True, timeout=120)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "# pass 0" not in tested.stdout
