"""The packages that `layers/build.py` makes: complete in themselves, small, and the same each time."""

import filecmp
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
LIMIT_BYTES = 44_000_000
"""Octets of layers and API, unpacked. AWS Lambda allows 250 MB (quotas, "Deployment package"); less loads faster."""
FUNCTION_MODULES = sorted(
    path.stem
    for path in (ROOT / "functions").iterdir()
    if path.stem != "__init__" and not path.stem.startswith(("_", "."))
)
DEPLOYED_AT = {"VendorLayer": "opt", "IotcloudLayer": "opt", "ApiFunction": "task"}


def build(logical_id: str, folder: Path) -> Path:
    """Build as sam does, for the Python that runs the tests."""
    subprocess.run(
        [sys.executable, "layers/build.py", logical_id, str(folder)],
        cwd=ROOT,
        env={**os.environ, "IOTCLOUD_TARGET": "local"},
        check=True,
    )
    return folder


def function_id(module: str) -> str:
    """The logical id of the function with this module."""
    return "".join(word.capitalize() for word in module.split("_")) + "Function"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build both layers and all functions: `opt` is the layers as Lambda unpacks them, `task` the functions' code."""
    folder = tmp_path_factory.mktemp("built")
    for logical_id in (*DEPLOYED_AT, *map(function_id, FUNCTION_MODULES)):
        build(logical_id, folder / DEPLOYED_AT.get(logical_id, "task"))
    return folder


def run_with_packages_only(built: Path, program: str) -> str:
    """Run a program under a bare interpreter, with nothing on its path but the packages, as on Lambda."""
    paths = f"import sys; sys.path[:0] = [{str(built / 'task')!r}, {str(built / 'opt/python')!r}]\n"
    environment = {
        "AWS_REGION": "eu-west-1",
        "TABLE_PREFIX": "test-",
        "USER_POOL_ID": "eu-west-1_Testing01",
        "USER_POOL_CLIENT_ID": "testclient",
    }
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", paths + program],
        cwd=built,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.parametrize("module", ["api.app", *(f"functions.{name}" for name in FUNCTION_MODULES)])
def test_a_function_runs_with_its_package_and_layers_alone(built: Path, module: str) -> None:
    run_with_packages_only(built, f"import importlib; importlib.import_module({module!r}).handler")


def test_every_module_of_ours_finds_what_it_imports_in_the_layers(built: Path) -> None:
    names = [
        ".".join(path.relative_to(ROOT / "layers/iotcloud").with_suffix("").parts)
        for path in sorted((ROOT / "layers/iotcloud/iotcloud").rglob("*.py"))
        if path.stem != "__init__"
    ]
    run_with_packages_only(built, f"import importlib\nfor name in {names!r}: importlib.import_module(name)")


def test_clients_of_all_services_that_the_code_names_can_be_made(built: Path) -> None:
    sources = "".join(path.read_text() for path in (ROOT / "layers/iotcloud").rglob("*.py"))
    named = set(re.findall(r"""\bclient\(\s*["']([a-z0-9-]+)["']""", sources)) | {"dynamodb"}
    assert len(named) > 2
    run_with_packages_only(
        built, f"import boto3\nfor name in {sorted(named)!r}: boto3.client(name, region_name='eu-west-1')"
    )


def test_all_modules_are_compiled_and_trusted_without_looking_at_the_source(built: Path) -> None:
    uncompiled = [
        path
        for path in built.rglob("*.py")
        if not list((path.parent / "__pycache__").glob(f"{path.stem}.cpython-*.pyc"))
    ]
    assert [path for path in uncompiled if not path.match("phonenumbers/data/region_*.py")] == []
    checked = [path for path in built.rglob("*.pyc") if path.read_bytes()[4:8] != b"\x01\x00\x00\x00"]
    assert checked == []


def test_layers_and_api_stay_within_the_limit(built: Path) -> None:
    size = sum(path.stat().st_size for path in built.rglob("*") if path.is_file())
    assert size <= LIMIT_BYTES


def test_the_licences_of_what_we_ship_are_shipped(built: Path) -> None:
    shipped = {path.name for path in (built / "opt/licenses").iterdir()}
    assert {"boto3", "chalice", "cryptography", "pydantic", "pynamodb"} <= shipped


def test_building_again_gives_the_same_package(built: Path, tmp_path: Path) -> None:
    again = build("IotcloudLayer", tmp_path)
    difference = filecmp.dircmp(again / "python/iotcloud", built / "opt/python/iotcloud")
    compiled = sorted(path.relative_to(again) for path in again.rglob("*.pyc"))
    assert (difference.left_only, difference.right_only, difference.diff_files) == ([], [], [])
    assert all((again / path).read_bytes() == (built / "opt" / path).read_bytes() for path in compiled)


def test_a_function_without_a_module_fails_the_build_by_name(tmp_path: Path) -> None:
    failed = subprocess.run(
        [sys.executable, "layers/build.py", "LostLettersFunction", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode != 0
    assert "functions/lost_letters.py" in failed.stderr


def test_a_package_with_another_hash_is_refused(tmp_path: Path) -> None:
    program = (
        "import importlib.util, pathlib, sys\n"
        f"spec = importlib.util.spec_from_file_location('build', {str(ROOT / 'layers/build.py')!r})\n"
        "build = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(build)\n"
        "name, lines = next((n, l) for n, l in build.export('--no-dev').items() if n == 'tzdata')\n"
        "wrong = lines.partition('--hash')[0] + '--hash=sha256:' + '0' * 64 + '\\n'\n"
        f"build.install_packages(wrong, pathlib.Path({str(tmp_path / 'layer' / 'python')!r}))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "IOTCLOUD_TARGET": "local"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode != 0
    assert "hash" in finished.stderr.lower()
