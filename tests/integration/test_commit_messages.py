"""The check of commit messages, as git's hook and `make commits` call it."""

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

HOOK = Path(__file__).parents[2] / ".githooks" / "commit-msg"
SMALL = {"README.md": 2}
LARGE = {"api/app.py": 61}
MANY = {f"api/{number}.py": 1 for number in range(4)}


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    loader = SourceFileLoader("commit_msg", str(HOOK))
    spec = spec_from_loader("commit_msg", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("message", "changes"),
    [
        ("Retry the batch when a table is throttled", SMALL),
        ("Bring the history's order into the key", SMALL),
        ("Process each record alone\n\nOne failure gave back the whole batch.", LARGE),
        ("Refuse a name of dots\n\nURL clients resolve it.", MANY),
        ("Write the description anew", {"api/openapi.yaml": 4000, "uv.lock": 900}),
        ("Merge branch 'fix'", LARGE),
        ("fixup! Retry the batch", LARGE),
        ("Fix the clock\n# a comment of git's template", SMALL),
    ],
)
def test_messages_that_pass(hook: ModuleType, message: str, changes: dict[str, int]) -> None:
    assert hook.faults(message, changes) == []


@pytest.mark.parametrize(
    ("message", "changes", "fault"),
    [
        ("", SMALL, "empty"),
        ("# only a comment", SMALL, "empty"),
        ("Retry " + "x" * 67, SMALL, "73 characters"),
        ("Retry the batch.", SMALL, "full stop"),
        ("retry the batch", SMALL, "capital letter"),
        ("Retried the batch", SMALL, "imperative"),
        ("Retrying the batch", SMALL, "imperative"),
        ("Retries the batch", SMALL, "imperative"),
        ("Retry the batch\nbecause", SMALL, "second line"),
        ("Retry the batch", LARGE, "body is missing"),
        ("Retry the batch", MANY, "body is missing"),
    ],
)
def test_messages_that_do_not(hook: ModuleType, message: str, changes: dict[str, int], fault: str) -> None:
    assert any(fault in found for found in hook.faults(message, changes))


def test_a_range_of_commits_is_checked(tmp_path: Path) -> None:
    def git(*command: str) -> None:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *command], cwd=tmp_path, check=True, capture_output=True)

    def check() -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(HOOK), "--range", "start..HEAD"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    git("init", "--initial-branch", "main")
    git("commit", "--allow-empty", "--message", "begins badly.")
    git("tag", "start")
    (tmp_path / "one.py").write_text("one = 1\n" * 61)
    git("add", ".")
    git("commit", "--message", "Add one\n\nTwo was there already.")
    assert check().returncode == 0
    git("commit", "--allow-empty", "--message", "added nothing.")
    checked = check()
    assert checked.returncode == 1
    assert "full stop" in checked.stderr
    assert "capital letter" in checked.stderr
    assert "begins badly" not in checked.stderr
