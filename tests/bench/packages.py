"""Benchmark of imports at a cold start, and package sizes, from the `sam build` of the running cloud."""

import json
import subprocess
import sys
from pathlib import Path

from simulators.cloud.instance import Place
from tests.bench.people import Bench
from tests.bench.tables import Row, Section

RUNS = 7
IMPORT = "import time; t = time.perf_counter(); import {module}; print(1000 * (time.perf_counter() - t))"


def measure(bench: Bench) -> list[Section]:
    """Import and weigh the API function as it was built."""
    build = Place.from_environment().build
    environment = function_environment(bench)
    return [cold_imports(build, environment), sizes(build)]


def function_environment(bench: Bench, function: str = "api") -> dict[str, str]:
    """Read a deployed function's environment."""
    configuration = bench.aws("lambda").get_function_configuration(
        FunctionName=f"{bench.stack['stack_name']}-{function}"
    )
    region = {"AWS_REGION": bench.stack["region"], "AWS_DEFAULT_REGION": bench.stack["region"]}
    return {**configuration["Environment"]["Variables"], **region}


def cold_imports(build: Path, environment: dict[str, str]) -> Section:
    """Import the API function's module in new processes, with the bytecode that the build ships and without."""
    rows: list[Row] = []
    for what, module, flags in (
        ("api.app", "api.app", ()),
        ("api.app, bytecode ignored", "api.app", ("-X", "pycache_prefix=/nonexistent")),
        ("of which boto3", "boto3", ()),
        ("of which pynamodb", "pynamodb.models", ()),
        ("of which pydantic", "pydantic", ()),
        ("the first command imports also: iotcloud.adapters.device_link", "iotcloud.adapters.device_link", ()),
    ):
        times = sorted(_import_ms(build, environment, module, flags) for _ in range(RUNS))
        rows.append((what, times[0], times[RUNS // 2]))
    return Section(
        "Cold import of the API function",
        f"`import api.app` from the built packages in a new process, {RUNS} times. 'Of which' imports that one alone.",
        ("module", "best ms", "median ms"),
        rows,
    )


def sizes(build: Path) -> Section:
    """Weigh the built packages, unzipped."""
    rows: list[Row] = []
    total = 0.0
    for name in ("ApiFunction", "IotcloudLayer", "VendorLayer"):
        megabytes = sum(file.stat().st_size for file in (build / name).rglob("*") if file.is_file()) / 1e6
        total += megabytes
        rows.append((name, megabytes))
    rows.append(("together", total))
    return Section("Size of the API's packages", "Unzipped, with bytecode.", ("package", "MB"), rows)


def _import_ms(build: Path, environment: dict[str, str], module: str, flags: tuple[str, ...]) -> float:
    path = ":".join(
        str(folder) for folder in (build / "ApiFunction", build / "IotcloudLayer/python", build / "VendorLayer/python")
    )
    # Isolated from this project's environment: a package missing in the layers must fail here too.
    command = [sys.executable, "-S", "-B", *flags, "-c", IMPORT.format(module=module)]
    done = subprocess.run(
        command, cwd=build, env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout))
