"""The device's status and how it changes, as tables."""

from enum import IntEnum


class Status(IntEnum):
    """The numbers in `get_status` and `set_status`."""

    STARTING = 0
    RUNNING = 1
    RESTART = 2
    RESTARTING = 3
    STOP = 4
    STOPPING = 5
    STOPPED = 6
    START = 7
    CONFIGURING = 8


ORDERS: dict[tuple[int, Status], Status] = {
    (Status.RESTART, Status.STARTING): Status.RESTARTING,
    (Status.RESTART, Status.RUNNING): Status.RESTARTING,
    (Status.RESTART, Status.STOPPING): Status.RESTARTING,
    (Status.RESTART, Status.STOPPED): Status.RESTARTING,
    (Status.RESTART, Status.CONFIGURING): Status.RESTARTING,
    (Status.STOP, Status.STARTING): Status.STOPPING,
    (Status.STOP, Status.RUNNING): Status.STOPPING,
    (Status.STOP, Status.CONFIGURING): Status.STOPPING,
    (Status.START, Status.STOPPING): Status.STARTING,
    (Status.START, Status.STOPPED): Status.STARTING,
}
"""(command, current status) -> intermediate status. Other pairs change nothing."""

TRANSITION_SECONDS = {Status.RESTARTING: (3.0, 4.0), Status.STOPPING: (1.0, 1.0), Status.STARTING: (1.0, 1.0)}
"""Minimum and maximum duration of an intermediate status."""
