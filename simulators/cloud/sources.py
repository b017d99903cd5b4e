"""Whether what would be deployed is what was deployed: a digest of every file that could be part of it."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from simulators.cloud.instance import Place

NOT_DEPLOYED = {"__pycache__", "docs", "node_modules", "simulators", "tests", "build", "dist", "webapp", "clients"}
"""Folders that are no part of any package or template; hidden ones are not either."""


def digest(place: Place, parameters: Mapping[str, str]) -> str:
    """One text for the template, its parameters, what lies beside it and may be deployed, and the compiling Python."""
    found = hashlib.sha256(f"{sys.version} {place.template} {sorted(parameters.items())}".encode())
    for path in sorted(_files(place.template.parent)):
        found.update(f"\0{path}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def remember(place: Place, sources: str, stack: dict[str, str]) -> None:
    """Note which sources the stack was made from."""
    place.deployed_file.write_text(json.dumps({"sources": sources, **stack}))


def are_deployed(place: Place, sources: str, stack: dict[str, str]) -> bool:
    """Tell whether the stack as it is now was made from these sources."""
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
