"""The gap: every environment of a function unpacks the function's package and all layers anew, some thousand files.

On AWS a package is prepared when it is deployed, and environments share it, read-only (AWS Lambda developer guide,
"Understanding the Lambda execution environment lifecycle"). Here a burst of messages starts dozens of environments, and
while they unpack, the one process that also is gateway, tables and broker answers nobody: functions time out, are
started again, and unpack again.
"""

import hashlib
import os
import tempfile
import threading
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

from ministack.core import lambda_runtime

UNPACKING = threading.Lock()


def apply() -> None:
    """Unpack each package once, and give environments a link to it."""
    lambda_runtime.zipfile = _SharedArchives("zipfile")


def unpacked(path: str) -> Path:
    """The folder with what is in an archive; it is unpacked when it is seen for the first time."""
    with open(path, "rb") as file:
        folder = Path(tempfile.gettempdir(), f"package-{hashlib.file_digest(file, 'sha256').hexdigest()}")
    with UNPACKING:
        if not folder.exists():
            new = tempfile.mkdtemp()
            with zipfile.ZipFile(path) as archive:
                archive.extractall(new)
            os.rename(new, folder)
    return folder


class _SharedArchive:
    """An archive, as far as the emulator's worker pool uses one."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> "_SharedArchive":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def extractall(self, path: str) -> None:
        """Leave a link in the place of an empty folder."""
        os.rmdir(path)
        os.symlink(unpacked(self._path), path)

    def namelist(self) -> list[str]:
        """Nothing: the emulator would look at each name whether it leads out of the folder, as extractall does."""
        return []


class _SharedArchives(ModuleType):
    """The module `zipfile`, as the emulator's worker pool sees it."""

    ZipFile = _SharedArchive

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)
