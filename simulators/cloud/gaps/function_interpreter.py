"""The gap: functions run under the emulator's own interpreter and can import its packages.

On AWS a function can import its package, its layers and the runtime. Under the emulator's interpreter, a dependency
missing from the layers would fail only in production. So functions get a bare interpreter of the same version.
"""

import os

from ministack.core import lambda_runtime


def apply() -> None:
    """Run Python functions with the interpreter that IOTCLOUD_FUNCTION_PYTHON names."""
    detect = lambda_runtime._detect_runtime_binary
    interpreter = os.environ["IOTCLOUD_FUNCTION_PYTHON"]

    def detect_outside_of_the_emulator(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (interpreter if runtime.startswith("python") else binary), script

    lambda_runtime._detect_runtime_binary = detect_outside_of_the_emulator
