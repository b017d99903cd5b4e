"""The gap: functions inherit the emulator's environment: its settings, and what the developer's shell exported.

On AWS a function sees its own variables and those of the runtime, and its clock is on UTC. A setting that only the
developer's shell has would make a function work here and fail there.
"""

import os
import subprocess
from types import ModuleType
from typing import Any

from ministack.core import lambda_runtime

RUNTIME = {"LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin:/bin"}
"""AWS Lambda, "Defined runtime environment variables"."""


def apply() -> None:
    """Start the functions' processes without the variables that only the emulator has."""
    lambda_runtime.subprocess = _SubprocessForFunctions("subprocess")


def own_variables(environment: dict[str, str]) -> dict[str, str]:
    """What is left without the variables copied from the emulator, and with the runtime's.

    A function's own variables reach it a second time with its first message, so that one which by chance has the
    name and value of one of the emulator's is not lost.
    """
    own = {name: value for name, value in environment.items() if os.environ.get(name) != value}
    return {**own, **RUNTIME}


class _SubprocessForFunctions(ModuleType):
    """The module `subprocess`, as the emulator's worker pool sees it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    @staticmethod
    def Popen(command: list[str], **options: Any) -> "subprocess.Popen[str]":  # noqa: N802 the name it stands in for
        return subprocess.Popen(command, **{**options, "env": own_variables(options["env"])})
