"""Heavy packages are imported where they are used, never with an entrypoint, because imports slow each cold start."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ["boto3", "botocore.session", "cryptography", "jwt", "paho", "pynamodb", "twilio", "urllib3", "vonage"]
WHAT_IS_LOADED = f"import api.app, sys; print(*[name for name in {HEAVY} if name in sys.modules])"


def test_the_api_imports_nothing_heavy() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", WHAT_IS_LOADED], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )

    assert loaded.stdout.split() == []
