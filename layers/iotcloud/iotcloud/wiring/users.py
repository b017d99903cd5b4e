"""Accounts, sessions and what proves who is calling (group 1)."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.users.accounts import AccountService
    from iotcloud.users.call_limits import CallLimits
    from iotcloud.users.contacts import AccountContacts
    from iotcloud.users.credentials import CredentialReader
    from iotcloud.users.interfaces import TokenVerifier
    from iotcloud.users.mfa import MfaService
    from iotcloud.users.passwords import PasswordService
    from iotcloud.users.preferences import PreferenceService
    from iotcloud.users.profiles import ProfileService
    from iotcloud.users.push_tokens import PushTokenService
    from iotcloud.users.rate_limits import RateLimiter
    from iotcloud.users.sessions import SessionService
    from iotcloud.users.social_sign_in import SocialSignInService


class UsersPart(Part):
    """Accounts, sessions and what proves who is calling (group 1)."""

    @cached_property
    def accounts(self) -> "AccountService":
        """Signs users up."""
        from iotcloud.users.accounts import AccountService

        return AccountService(self._wiring.clients.directory, self.rate_limiter)

    @cached_property
    def call_limits(self) -> "CallLimits":
        """Counts the calls of signed-in users."""
        from iotcloud.users.call_limits import CallLimits

        return CallLimits(self.rate_limiter)

    @cached_property
    def contacts(self) -> "AccountContacts":
        """Finds how accounts can be reached."""
        from iotcloud.users.contacts import AccountContacts

        return AccountContacts(self._wiring.clients.directory)

    @cached_property
    def credentials(self) -> "CredentialReader":
        """Reads the credentials of sign-up and sign-in."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.users.credentials import CredentialReader

        clients = self._wiring.clients
        return CredentialReader(SecretParameter(lambda: clients.ssm, self._settings.legacy_jwt_key_parameter))

    @cached_property
    def mfa(self) -> "MfaService":
        """Sets up the second factor of sign-in."""
        from iotcloud.users.mfa import MfaService

        return MfaService(self._wiring.clients.directory, self.rate_limiter)

    @cached_property
    def passwords(self) -> "PasswordService":
        """Sets new passwords."""
        from iotcloud.users.passwords import PasswordService

        return PasswordService(
            self._wiring.clients.directory,
            self.rate_limiter,
            self._wiring.stores.suspensions,
            timedelta(minutes=self._settings.access_token_minutes),
            self._wiring.clock,
        )

    @cached_property
    def preferences(self) -> "PreferenceService":
        """Keeps what users' apps want to find again."""
        from iotcloud.users.preferences import PreferenceService

        return PreferenceService(self._wiring.stores.preferences)

    @cached_property
    def profiles(self) -> "ProfileService":
        """Shows and changes accounts."""
        from iotcloud.adapters.job_queues import VerifiedNumberQueue
        from iotcloud.users.profiles import ProfileService

        numbers = VerifiedNumberQueue(self._settings.phones_queue_url, self._settings.aws_region)
        return ProfileService(
            self._wiring.clients.directory, self.rate_limiter, numbers, self._wiring.notices.text_budget
        )

    @cached_property
    def push_tokens(self) -> "PushTokenService":
        """Registers push endpoints."""
        from iotcloud.users.push_tokens import PushTokenService

        return PushTokenService(self._wiring.stores.push_tokens, self.tokens)

    @cached_property
    def rate_limiter(self) -> "RateLimiter":
        """Counts what may not be tried too often."""
        from iotcloud.users.rate_limits import RateLimiter

        return RateLimiter(self._wiring.stores.rate_limits)

    @cached_property
    def sessions(self) -> "SessionService":
        """Opens, renews and closes sessions."""
        from iotcloud.users.sessions import SessionService

        return SessionService(
            self._wiring.clients.directory, self.rate_limiter, self.push_tokens, self._wiring.notices.text_budget
        )

    @cached_property
    def social_sign_in(self) -> "SocialSignInService":
        """Hands the authorization code of a social sign-in to the app's window."""
        from iotcloud.users.social_sign_in import SocialSignInService

        return SocialSignInService(self._wiring.stores.social_sign_in_codes)

    @cached_property
    def tokens(self) -> "TokenVerifier":
        """Verifies access tokens."""
        from iotcloud.adapters.access_tokens import CognitoTokens, PoolKeys
        from iotcloud.administration.suspension_verifier import SuspensionAwareVerifier

        region, pool = self._settings.aws_region, self._settings.user_pool_id
        issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
        tokens = CognitoTokens(PoolKeys(region, pool), issuer, self._settings.user_pool_client_id)
        return SuspensionAwareVerifier(tokens, self._wiring.stores.suspensions, self._wiring.clock)
