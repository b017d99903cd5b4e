"""Where a sign-in is kept between commands: one file that its owner alone can read."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from iotcloud_client.tokens import Tokens


@dataclass(frozen=True)
class SavedSession:
    """An address of the API, and the tokens of the person who is signed in there, if anybody is."""

    api_url: str = ""
    tokens: Tokens | None = None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file; an absent or unreadable one is an empty session."""
        try:
            members = json.loads(path.read_text(encoding="utf-8"))
            tokens = members["tokens"]
            return cls(members["api_url"], None if tokens is None else Tokens(**tokens))
        except (OSError, ValueError, TypeError, KeyError):
            return cls()

    def save(self, path: Path) -> None:
        """Write the file in one step, with mode 0600."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        tokens = None if self.tokens is None else asdict(self.tokens)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump({"api_url": self.api_url, "tokens": tokens}, file)
        beside.replace(path)


def place(environment: Mapping[str, str]) -> Path:
    """Return the file's path: IOTCLOUD_SESSION, else in the user's folder for configuration."""
    if given := environment.get("IOTCLOUD_SESSION"):
        return Path(given)
    home = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "iotcloud" / "session.json"
