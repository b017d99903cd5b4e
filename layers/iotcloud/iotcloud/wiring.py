"""The one place that puts real stores and adapters into services. Everything is made on first use, once per process."""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from iotcloud.settings import Settings

if TYPE_CHECKING:
    from iotcloud.users.tokens import TokenVerifier


class Wiring:
    """The services of one execution environment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def tokens(self) -> "TokenVerifier":
        """Verifies access tokens."""
        from iotcloud.adapters.access_tokens import CognitoTokens, PoolKeys

        region, pool = self.settings.aws_region, self.settings.user_pool_id
        issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
        return CognitoTokens(PoolKeys(region, pool), issuer, self.settings.user_pool_client_id)


@lru_cache(maxsize=1)
def wiring() -> Wiring:
    """The wiring of this process, from its environment."""
    return Wiring(Settings.from_environment())
