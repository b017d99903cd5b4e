"""The one place that puts real stores and adapters into services. Everything is made on first use, once per process.

A file per feature, each built on the one before: clients, tables, users, devices, histories, peripherals, readings,
notices, support, billing, leaving.
"""

from functools import lru_cache

from iotcloud.settings import Settings
from iotcloud.wiring.account_deletion import Leaving


class Wiring(Leaving):
    """The services of one execution environment."""


@lru_cache(maxsize=1)
def wiring() -> Wiring:
    """The wiring of this process, from its environment."""
    return Wiring(Settings.from_environment())
