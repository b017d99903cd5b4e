"""Build one layer or function package; `sam build` calls it through the Makefile's `build-%` targets.

    python layers/build.py LOGICAL_ID ARTIFACTS_DIR

IOTCLOUD_TARGET says for whom: `local`, the Python that runs this script (the local cloud's functions run under it), or
AWS Lambda's Python on one of its processors, `arm64` (the default) or `x86_64`. Bytecode is in the package, because a
function's folder is read-only on AWS and compiling at each cold start costs half a second; it is not checked against
the source's time stamp, so that the same sources always give the same package and deploying them again changes nothing.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "cache"
AWS_PYTHON = "3.13"
AWS_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}

SOURCE_ONLY = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
SHARED_BOTOCORE_DATA = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}
NOT_COMPILED = ("phonenumbers/data/__pycache__/region_*.pyc",)
"""Bytecode that is left out: of more than 200 small modules, a process imports one or two."""
NOT_FOR_RUNNING = (
    "**/tests",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.h",
    "**/examples-1.json*",
    "bin",
    "include",
    "boto3/examples",
    "chalice/analyzer.py",
    "chalice/api",
    "chalice/awsclient.py",
    "chalice/cli",
    "chalice/config.py",
    "chalice/invoke.py",
    "chalice/local.py",
    "chalice/logs.py",
    "chalice/policy.py",
    "chalice/test.py",
    "chalice/utils.py",
    "chalice/deploy",
    "chalice/templates",
    "chalice/cdk",
    "chalice/package.py",
    "chalice/pipeline.py",
    "chalice/policies*.json",
    "cffi",  # cryptography needs its `_cffi_backend` alone; the rest is for building
    "pycparser",
    "dateutil/zoneinfo/*.tar.gz",  # tzdata has the same
    "phonenumbers/shortdata/region_*.py",  # short numbers are none that we write to
    "pydantic/v1",
    "pydantic/mypy.py",
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_classes",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/parser",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
)


class BuildFailed(Exception):
    """The package cannot be built; the message is for the person who started the build."""


def main(logical_id: str, artifacts: Path) -> None:
    """Build the package of a resource of template.yaml into `artifacts`."""
    if logical_id == "VendorLayer":
        build_third_party_layer(artifacts, "vendor", third_party_requirements(), read_services())
    elif logical_id == "MessagingLayer":
        build_third_party_layer(artifacts, "messaging", group_requirements("messaging"), [])
    elif logical_id == "PaymentsLayer":
        build_third_party_layer(artifacts, "payments", group_requirements("payments"), [])
    elif logical_id == "IotcloudLayer":
        shutil.copytree(ROOT / "layers/iotcloud/iotcloud", artifacts / "python/iotcloud", ignore=SOURCE_ONLY)
        compile_bytecode(artifacts / "python", "/opt/python")
    elif logical_id == "ApiFunction":
        shutil.copytree(ROOT / "api", artifacts / "api", ignore=SOURCE_ONLY)
        compile_bytecode(artifacts, "/var/task")
    elif logical_id.endswith("Function"):
        copy_function(logical_id, artifacts)
        compile_bytecode(artifacts, "/var/task")
    else:
        raise BuildFailed(f"{logical_id} is neither a layer nor a function that this script knows")


def copy_function(logical_id: str, artifacts: Path) -> None:
    """Copy the module or package of `functions/` that the logical id names: PushTokenFunction is `push_token`."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id.removesuffix("Function")).lower()
    module, package = ROOT / f"functions/{name}.py", ROOT / f"functions/{name}"
    (artifacts / "functions").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "functions/__init__.py", artifacts / "functions")
    if module.is_file():
        shutil.copy(module, artifacts / "functions")
    elif package.is_dir():
        shutil.copytree(package, artifacts / "functions" / name, ignore=SOURCE_ONLY)
    else:
        raise BuildFailed(
            f"{logical_id} needs functions/{name}.py or the folder functions/{name}, and there is neither"
        )


def build_third_party_layer(artifacts: Path, name: str, requirements: str, services: list[str]) -> None:
    """Install, trim and compile third-party packages; reuse the last result when nothing it depends on changed."""
    key = hashlib.sha256(
        "\n".join((requirements, *services, *target_options(), sys.version, Path(__file__).read_text())).encode()
    ).hexdigest()[:16]
    cached = CACHE / f"{name}-{target()}-{key}"
    if not cached.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        for stale in CACHE.glob(f"{name}-{target()}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as workshop:
            made = Path(workshop) / "layer"
            install_packages(requirements, made / "python")
            trim_packages(made, services)
            compile_bytecode(made / "python", "/opt/python")
            keep_in_cache(made, cached)
    shutil.copytree(cached, artifacts, dirs_exist_ok=True, copy_function=link_or_copy)


def keep_in_cache(made: Path, cached: Path) -> None:
    """Move the finished layer into the cache; when another build was there first, its result is the same."""
    try:
        made.rename(cached)
    except OSError:
        if not cached.is_dir():
            raise


EXPORT = ["uv", "export", "--frozen", "--no-emit-project", "--no-annotate", "--no-header"]


def third_party_requirements() -> str:
    """The locked packages that run in the functions, each as `name==version ; marker` with the hashes of its files.

    Chalice comes alone: what it requires is for its command line.
    """
    chalice = {"chalice": export("--no-dev")["chalice"]}
    return "".join({**export("--no-dev", "--prune", "chalice"), **chalice}.values())


NOT_IMPORTED = {"pyopenssl"}
"""What a package requires for parts that we do not use: PayPal's SDK for its own check of webhooks."""


def group_requirements(group: str) -> str:
    """The locked packages of a dependency group, without those that every function has."""
    left_out = {*export("--no-dev", "--prune", "chalice"), "chalice", *NOT_IMPORTED}
    return "".join(lines for name, lines in export("--only-group", group).items() if name not in left_out)


def export(*options: str) -> dict[str, str]:
    """The lines of each locked package by its name: the requirement, and below it, indented, the hashes."""
    packages: dict[str, str] = {}
    name = ""
    for line in run([*EXPORT, *options]).splitlines():
        if not line.startswith(" "):
            name = line.partition("==")[0]
        packages[name] = f"{packages.get(name, '')}{line}\n"
    return packages


def read_services() -> list[str]:
    """The names of the AWS services whose descriptions are kept."""
    lines = (ROOT / "layers/vendor/services.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def install_packages(requirements: str, folder: Path) -> None:
    """Install the packages as wheels for the target; nothing is compiled here, so that any machine can build.

    A file with another hash than the lock file's is refused.
    """
    folder.mkdir(parents=True)
    listed = folder.parent / "requirements.txt"
    listed.write_text(requirements)
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    run([*install, "--link-mode", "copy", "--target", str(folder), "--requirement", str(listed), *target_options()])
    listed.unlink()


def trim_packages(layer: Path, services: list[str]) -> None:
    """Remove what never runs in a function; licences move to `licenses/`, beside the packages."""
    packages = layer / "python"
    for information in packages.glob("*.dist-info"):
        for licence in (path for path in information.rglob("*") if path.name.upper().startswith(("LICEN", "NOTICE"))):
            if licence.is_file():
                kept = layer / "licenses" / information.name.split("-")[0] / licence.name
                kept.parent.mkdir(parents=True, exist_ok=True)
                licence.rename(kept)
        shutil.rmtree(information)
    for pattern in NOT_FOR_RUNNING:
        for path in list(packages.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    if services:
        trim_descriptions(packages, services)


def trim_descriptions(packages: Path, services: list[str]) -> None:
    """Remove the descriptions of the AWS services that we do not use; they are most of botocore."""
    descriptions = packages / "botocore/data"
    unknown = [service for service in services if not (descriptions / service).is_dir()]
    if unknown:
        raise BuildFailed(
            f"layers/vendor/services.txt names services that botocore does not have: {', '.join(unknown)}"
        )
    endpoints = descriptions / "endpoints.json"
    endpoints.write_text(json.dumps(json.loads(endpoints.read_text()), separators=(",", ":")))
    for path in (*descriptions.iterdir(), *(packages / "boto3/data").iterdir()):
        if path.is_dir() and path.name not in services:
            shutil.rmtree(path)
        elif path.is_file() and path.name not in SHARED_BOTOCORE_DATA:
            path.unlink()


def compile_bytecode(folder: Path, deployed_at: str) -> None:
    """Compile all modules for the target's Python, with the path that they will have where they run."""
    options = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", deployed_at]
    run([target_python(), "-m", "compileall", *options, str(folder)])
    for pattern in NOT_COMPILED:
        for path in folder.glob(pattern):
            path.unlink()


def target() -> str:
    """`local`, or the processor of the functions on AWS."""
    name = os.environ.get("IOTCLOUD_TARGET", "arm64")
    if name != "local" and name not in AWS_PLATFORMS:
        raise BuildFailed(f"IOTCLOUD_TARGET is {name!r}, and may be local, {' or '.join(AWS_PLATFORMS)}")
    return name


def target_options() -> list[str]:
    """How uv is told for which Python and platform to pick wheels."""
    if target() == "local":
        return ["--python", sys.executable]
    return ["--python-version", AWS_PYTHON, "--python-platform", AWS_PLATFORMS[target()]]


def target_python() -> str:
    """A Python whose bytecode the target can read."""
    if target() == "local":
        return sys.executable
    found = subprocess.run(
        ["uv", "python", "find", "--no-project", "--no-python-downloads", AWS_PYTHON],
        capture_output=True, text=True, check=False, env=without("UV_PYTHON"),
    )  # fmt: skip
    if found.returncode != 0:
        raise BuildFailed(
            f"bytecode for AWS Lambda needs Python {AWS_PYTHON} on this machine: "
            f"install it from your system's packages, or with `uv python install {AWS_PYTHON}`"
        )
    return found.stdout.strip()


def link_or_copy(source: str, destination: str) -> None:
    """Share the file with the cache where the file system can; a built package is never written to."""
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)


def without(variable: str) -> dict[str, str]:
    """This process's environment without one variable."""
    return {name: value for name, value in os.environ.items() if name != variable}


def run(command: list[str]) -> str:
    """Run a command in the repository's root and return what it printed; raise BuildFailed with its complaint."""
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise BuildFailed(f"{' '.join(command[:3])} failed:\n{finished.stdout}{finished.stderr}")
    return finished.stdout


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except BuildFailed as failed:
        sys.exit(f"build of {sys.argv[1]}: {failed}")
