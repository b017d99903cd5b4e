"""Detects changes since the last deployment, by a digest of every file that could be deployed."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from simulators.cloud.instance import Place

NOT_DEPLOYED = {"__pycache__", "docs", "node_modules", "simulators", "tests", "build", "dist", "webapp", "clients"}
"""Folders that are part of no package or template, besides hidden ones."""


def digest(place: Place, parameters: Mapping[str, str]) -> str:
    """A digest of the template, its parameters, all deployable files, and the Python version that compiles them."""
    found = hashlib.sha256(f"{sys.version} {place.template} {sorted(parameters.items())}".encode())
    for path in sorted(_files(place.template.parent)):
        found.update(f"\0{path}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def remember(place: Place, sources: str, stack: dict[str, str]) -> None:
    """Store the digest of the deployed sources."""
    place.deployed_file.write_text(json.dumps({"sources": sources, **stack}))


def are_deployed(place: Place, sources: str, stack: dict[str, str]) -> bool:
    """Return whether the current stack was deployed from these sources."""
    try:
        return bool(json.loads(place.deployed_file.read_text()) == {"sources": sources, **stack})
    except (FileNotFoundError, ValueError):
        return False


def _files(folder: Path) -> list[Path]:
    found = []
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in NOT_DEPLOYED]
        found += [Path(inside, name) for name in names if not name.startswith(".") and not name.endswith(".md")]
    return found
