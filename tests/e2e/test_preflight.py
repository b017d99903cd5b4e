"""The preflight against the local cloud, as `make preflight` runs it."""

import os
import subprocess
import sys

from simulators.cloud.environment import for_aws_tools
from simulators.cloud.instance import ROOT, Place
from tests.e2e.people import Stack


def preflight(stack: Stack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {
        **for_aws_tools(Place.from_environment()),
        "AWS_ENDPOINT_URL": stack["endpoint_url"],
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-m", "infrastructure.preflight", *arguments],
        cwd=ROOT,
        env={**environment, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_deployed_stack_lacks_nothing(stack: Stack) -> None:
    finished = preflight(stack)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "iotcloud is" in finished.stdout
    assert "0 missing" in finished.stdout
    # The emulator has no Service Quotas, and counts tables.
    assert "AWS's default" in finished.stdout


def test_a_second_stack_is_refused(stack: Stack) -> None:
    finished = preflight(stack, "--stack-name", "another", "--parameters", "MailSender=nobody@example.com")

    assert finished.returncode == 1
    assert "iotcloud is here too" in finished.stdout
    assert "nobody@example.com is no identity in this Region" in finished.stdout
