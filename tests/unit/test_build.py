"""`layers/build.py` checks the lock file's hashes; tests/integration tests complete packages."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPORTED = """\
boto3==1.43.106 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
chalice==1.34.0 \\
    --hash=sha256:cc
twilio==9.13.0 ; python_full_version >= '3.11' \\
    --hash=sha256:dd
"""


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script as a module, with recorded commands and uv's export as output."""
    spec = importlib.util.spec_from_file_location("build", ROOT / "layers/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.commands = []  # type: ignore[attr-defined]

    def run(command: list[str]) -> str:
        module.commands.append(command)
        without_chalice = "--prune" in command
        return EXPORTED.replace("chalice==1.34.0 \\\n    --hash=sha256:cc\n", "") if without_chalice else EXPORTED

    monkeypatch.setattr(module, "run", run)
    return module


def test_every_package_is_exported_with_its_hashes(build: ModuleType) -> None:
    packages = build.export("--no-dev")

    assert list(packages) == ["boto3", "chalice", "twilio"]
    assert packages["boto3"] == "boto3==1.43.106 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    assert "--no-hashes" not in build.commands[0]


def test_chalice_comes_alone_and_keeps_its_hash(build: ModuleType) -> None:
    lines = build.third_party_requirements()

    assert lines.count("chalice==1.34.0 \\\n    --hash=sha256:cc\n") == 1
    assert lines.count("boto3==") == 1


def test_carriers_come_without_what_every_function_has(build: ModuleType) -> None:
    assert build.group_requirements("messaging") == ""


def test_packages_are_installed_with_their_hashes_checked(build: ModuleType, tmp_path: Path) -> None:
    build.install_packages(EXPORTED, tmp_path / "layer" / "python")

    (command,) = build.commands
    assert "--require-hashes" in command
    assert command[command.index("--requirement") + 1] == str(tmp_path / "layer" / "requirements.txt")
