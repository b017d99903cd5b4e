"""The gap: after a restart of the emulator the versions of lifecycle events begin at 0 again.

On AWS they do so only after a client was away for about an hour (AWS IoT Core developer guide, "Lifecycle events"), and
the broker does not restart. Without this, what a device does after a restart would look older than what it did before.
"""

import time

from ministack.services import iot


def apply() -> None:
    """Begin above every version of earlier runs: none hands out one per second for as long as it lasts."""
    advance, first = iot._next_presence_version, int(time.time())

    def advance_from_now(account_id: str, region: str, client_id: str) -> int:
        iot._presence_versions.setdefault((account_id, region, client_id), first)
        return advance(account_id, region, client_id)

    iot._next_presence_version = advance_from_now
