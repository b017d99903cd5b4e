"""The one place that puts real stores and adapters into services. Everything is made on first use, once per process."""

from functools import cached_property, lru_cache

from iotcloud.settings import Settings


class Wiring:
    """The services of one execution environment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def _placeholder(self) -> None:
        return None


@lru_cache(maxsize=1)
def wiring() -> Wiring:
    """The wiring of this process, from its environment."""
    return Wiring(Settings.from_environment())
