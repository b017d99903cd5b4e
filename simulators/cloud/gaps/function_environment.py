"""The gap: functions inherit the emulator's environment, including the developer's exported variables.

On AWS a function has its own variables and the runtime's, and its clock is in UTC. With a variable of the developer's
shell, a function could work here and fail there.
"""

import os
import subprocess
from types import ModuleType
from typing import Any

from ministack.core import lambda_runtime

RUNTIME = {"LANG": "en_US.UTF-8", "TZ": ":UTC", "PATH": "/usr/local/bin:/usr/bin:/bin"}
"""AWS Lambda, "Defined runtime environment variables"."""


def apply() -> None:
    """Start the functions' processes without the emulator's variables."""
    lambda_runtime.subprocess = _SubprocessForFunctions("subprocess")


def own_variables(environment: dict[str, str]) -> dict[str, str]:
    """Return the environment without the emulator's variables and with the runtime's.

    A function gets its own variables again with its first message. So a variable with the same name and value as one
    of the emulator's is not lost.
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
