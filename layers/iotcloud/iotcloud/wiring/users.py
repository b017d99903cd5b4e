"""Accounts, sessions and what proves who is calling (group 1)."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.tables import Tables

if TYPE_CHECKING:
    from iotcloud.notices.limits import Policy
    from iotcloud.notices.text_budget import TextBudget
    from iotcloud.users.accounts import AccountService
    from iotcloud.users.call_limits import CallLimits
    from iotcloud.users.contacts import AccountContacts
    from iotcloud.users.credentials import CredentialReader
    from iotcloud.users.mfa import MfaService
    from iotcloud.users.passwords import PasswordService
    from iotcloud.users.preferences import PreferenceService
    from iotcloud.users.profiles import ProfileService
    from iotcloud.users.push_tokens import PushTokenService
    from iotcloud.users.rate_limits import RateLimiter
    from iotcloud.users.sessions import SessionService
    from iotcloud.users.social_sign_in import SocialSignInService
    from iotcloud.users.tokens import TokenVerifier


class Users(Tables):
    """Accounts, sessions and what proves who is calling (group 1)."""

    @cached_property
    def accounts(self) -> "AccountService":
        """Makes accounts."""
        from iotcloud.users.accounts import AccountService

        return AccountService(self.directory, self.attempts)

    @cached_property
    def attempts(self) -> "RateLimiter":
        """Counts what may not be tried too often."""
        from iotcloud.users.rate_limits import RateLimiter
        from iotcloud.users.store import RateLimitRow, RateLimitStore

        self._bind(RateLimitRow)
        return RateLimiter(RateLimitStore())

    @cached_property
    def call_limits(self) -> "CallLimits":
        """Counts the calls of signed-in users."""
        from iotcloud.users.call_limits import CallLimits

        return CallLimits(self.attempts)

    @cached_property
    def contacts(self) -> "AccountContacts":
        """Knows how accounts can be reached."""
        from iotcloud.users.contacts import AccountContacts

        return AccountContacts(self.directory)

    @cached_property
    def credentials(self) -> "CredentialReader":
        """Reads the credentials of sign-up and sign-in."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.users.credentials import CredentialReader

        return CredentialReader(SecretParameter(lambda: self._ssm, self.settings.legacy_jwt_key_parameter))

    @cached_property
    def idp_codes(self) -> "SocialSignInService":
        """Hands codes of social sign-ins from one window to the other."""
        from iotcloud.users.social_sign_in import SocialSignInService
        from iotcloud.users.store import IdpCodeRow, IdpCodeStore

        self._bind(IdpCodeRow)
        return SocialSignInService(IdpCodeStore())

    @cached_property
    def passwords(self) -> "PasswordService":
        """Sets new passwords."""
        from iotcloud.users.passwords import PasswordService

        lifetime = timedelta(minutes=self.settings.access_token_minutes)
        return PasswordService(self.directory, self.attempts, self.suspension_store, lifetime, self.clock)

    @cached_property
    def preferences(self) -> "PreferenceService":
        """Keeps what users' apps want to find again."""
        from iotcloud.users.preferences import PreferenceService
        from iotcloud.users.store import PreferenceStore

        self._bind_users()
        return PreferenceService(PreferenceStore())

    @cached_property
    def profiles(self) -> "ProfileService":
        """Shows and changes accounts."""
        from iotcloud.adapters.job_queues import VerifiedNumberQueue
        from iotcloud.users.profiles import ProfileService

        phones = VerifiedNumberQueue(self.settings.phones_queue_url, self.settings.aws_region)
        return ProfileService(self.directory, self.attempts, phones, self.text_budget)

    @cached_property
    def push_tokens(self) -> "PushTokenService":
        """Registers phones."""
        from iotcloud.users.push_tokens import PushTokenService

        return PushTokenService(self.push_token_store, self.tokens)

    @cached_property
    def second_factors(self) -> "MfaService":
        """Sets up the second proof at sign-in."""
        from iotcloud.users.mfa import MfaService

        return MfaService(self.directory, self.attempts)

    @cached_property
    def sessions(self) -> "SessionService":
        """Opens, renews and closes sessions."""
        from iotcloud.users.sessions import SessionService

        return SessionService(self.directory, self.attempts, self.push_tokens, self.text_budget)

    @cached_property
    def platform_policy(self) -> "Policy":
        """The limits of notices that hold for every account."""
        from iotcloud.notices.limits import Policy, Rate

        countries = frozenset(filter(None, self.settings.sms_countries.split(",")))
        return Policy(
            per_month=self.settings.notices_per_month,
            other_texts=Rate(self.settings.sms_to_others_per_day, timedelta(days=1)),
            all_texts=Rate(self.settings.sms_per_day, timedelta(days=1)),
            sms_countries=countries,
        )

    @cached_property
    def text_budget(self) -> "TextBudget":
        """Counts the text messages that the user pool sends."""
        from iotcloud.notices.text_budget import TextBudget

        return TextBudget(self.notice_counters, self.platform_policy, self.clock)

    @cached_property
    def tokens(self) -> "TokenVerifier":
        """Verifies access tokens."""
        from iotcloud.adapters.access_tokens import CognitoTokens, PoolKeys
        from iotcloud.administration.suspension_verifier import SuspensionAwareVerifier

        region, pool = self.settings.aws_region, self.settings.user_pool_id
        issuer = f"https://cognito-idp.{region}.amazonaws.com/{pool}"
        tokens = CognitoTokens(PoolKeys(region, pool), issuer, self.settings.user_pool_client_id)
        return SuspensionAwareVerifier(tokens, self.suspension_store, self.clock)
