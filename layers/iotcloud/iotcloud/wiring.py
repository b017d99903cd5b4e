"""The one place that puts real stores and adapters into services. Everything is made on first use, once per process."""

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from iotcloud.settings import Settings

if TYPE_CHECKING:
    from iotcloud.users.accounts import AccountService
    from iotcloud.users.credentials import CredentialReader
    from iotcloud.users.directory import Directory
    from iotcloud.users.profiles import ProfileService
    from iotcloud.users.push_tokens import PushTokenService
    from iotcloud.users.sessions import SessionService
    from iotcloud.users.tokens import TokenVerifier


class Wiring:
    """The services of one execution environment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def accounts(self) -> "AccountService":
        """Makes accounts."""
        from iotcloud.users.accounts import AccountService

        return AccountService(self.directory)

    @cached_property
    def credentials(self) -> "CredentialReader":
        """Reads the credentials of sign-up and sign-in."""
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.users.credentials import CredentialReader

        region, name = self.settings.aws_region, self.settings.legacy_jwt_key_parameter
        return CredentialReader(
            SecretParameter(lambda: boto3.client("ssm", region_name=region, config=CLIENT_CONFIG), name)
        )

    @cached_property
    def directory(self) -> "Directory":
        """Keeps accounts and passwords."""
        import boto3

        from iotcloud.adapters.aws import CLIENT_CONFIG
        from iotcloud.adapters.cognito import CognitoDirectory

        client = boto3.client("cognito-idp", region_name=self.settings.aws_region, config=CLIENT_CONFIG)
        return CognitoDirectory(client, self.settings.user_pool_id, self.settings.user_pool_client_id)

    @cached_property
    def profiles(self) -> "ProfileService":
        """Shows and changes accounts."""
        from iotcloud.users.profiles import ProfileService

        return ProfileService(self.directory)

    @cached_property
    def push_tokens(self) -> "PushTokenService":
        """Registers phones."""
        from iotcloud.rows import bind
        from iotcloud.users.push_tokens import PushTokenService
        from iotcloud.users.store import DynamoPushTokens, UserRow

        bind(UserRow, self.settings.table_prefix, self.settings.aws_region)
        return PushTokenService(DynamoPushTokens(), self.tokens)

    @cached_property
    def sessions(self) -> "SessionService":
        """Opens, renews and closes sessions."""
        from iotcloud.users.sessions import SessionService

        return SessionService(self.directory, self.push_tokens)

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
