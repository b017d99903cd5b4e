"""The gap: every environment unpacks the function's package and all layers, some thousand files.

On AWS a package is prepared on deployment, and environments share it, read-only (AWS Lambda developer guide,
"Understanding the Lambda execution environment lifecycle"). Here a burst of messages starts dozens of environments.
While they unpack, the emulator's single process cannot serve gateway, tables and broker. Functions time out, start
again, and unpack again.
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
    """The folder with an archive's files; an archive is unpacked on first use."""
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
    """The part of an archive's interface that the emulator's worker pool uses."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> "_SharedArchive":
        return self

    def __exit__(self, *_: object) -> None:
        """Does nothing: no file is open."""

    def extractall(self, path: str) -> None:
        """Replace an empty folder by a link."""
        os.rmdir(path)
        os.symlink(unpacked(self._path), path)

    def namelist(self) -> list[str]:
        """Empty: the emulator would check whether each name leaves the folder, as extractall does."""
        return []


class _SharedArchives(ModuleType):
    """The module `zipfile`, as the emulator's worker pool sees it."""

    ZipFile = _SharedArchive

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)
