"""What a user's apps want to find again on another phone: boards, theme, language. The platform does not read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iotcloud.errors import InvalidInput, Problem
from iotcloud.users.interfaces import PreferenceRows

MAX_BYTES = 16 * 1024
"""Octets of a user's preferences, as JSON without spaces in UTF-8."""

Preferences = Mapping[str, Any]


@dataclass(frozen=True)
class PreferenceService:
    """Keep one JSON object for each user."""

    rows: PreferenceRows

    def get_preferences(self, username: str) -> Preferences:
        """Return what was set last; an empty object when nothing was."""
        text = self.rows.find(username)
        kept: dict[str, Any] = json.loads(text) if text else {}
        return kept

    def set_preferences(self, username: str, preferences: Preferences) -> None:
        """Replace what was set before; raise InvalidInput when it is larger than 16 KB."""
        text = json.dumps(preferences, separators=(",", ":"), ensure_ascii=False)
        if len(text.encode()) > MAX_BYTES:
            raise InvalidInput(detail=[Problem("preferences", f"at most {MAX_BYTES} octets")])
        self.rows.save(username, text)
