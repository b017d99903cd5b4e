"""The gap: after a restart of the emulator the versions of lifecycle events restart at 0.

On AWS they restart only after a client was offline for about an hour (AWS IoT Core developer guide, "Lifecycle
events"), and the broker does not restart. Without this, events after a restart would look older than those before.
"""

import time

from ministack.services import iot


def apply() -> None:
    """Start above every version of earlier runs, based on the time: no run uses one version per second on average."""
    advance, first = iot._next_presence_version, int(time.time())

    def advance_from_now(account_id: str, region: str, client_id: str) -> int:
        iot._presence_versions.setdefault((account_id, region, client_id), first)
        return advance(account_id, region, client_id)

    iot._next_presence_version = advance_from_now
