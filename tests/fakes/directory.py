"""Accounts in memory; every code is the same, so tests know it."""

from dataclasses import dataclass, field, replace
from itertools import count

from iotcloud.clock import Clock, utc_now
from iotcloud.errors import (
    InvalidCode,
    NotAuthenticated,
    PasswordRefused,
    RefreshTokenInvalid,
    RequestRefused,
    UsernameTaken,
)
from iotcloud.users.model import Account, Challenge, ChallengeKind, FullName, MfaMethod, SignedIn, Tokens
from tests.fakes.access_tokens import PREFIX, FakeTokens

CODE = "123456"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
MIN_LENGTH = 8
"""The pool's own policy, stricter than the contract's six."""


@dataclass
class Kept:
    """One account, as the directory has it."""

    account: Account
    password: str
    is_confirmed: bool = False
    is_enabled: bool = True
    awaits_reset: bool = False
    has_totp: bool = False
    generation: int = 0


@dataclass
class FakeDirectory:
    """Replaces CognitoDirectory; access tokens are those of FakeTokens."""

    kept: dict[str, Kept] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)
    """The sent codes in order: kind and recipient."""
    is_second_factor_asked: bool = True
    clock: Clock = utc_now
    _generations: "count[int]" = field(default_factory=count)

    @staticmethod
    def token(email: str) -> str:
        """Return an access token of an account."""
        return FakeTokens.issue(email)

    def add(self, email: str, password: str, name: str = "Sample User", phone_number: str | None = None) -> str:
        """Put a confirmed account in place and return an access token for it."""
        self.sign_up(email, password, FullName.split(name), phone_number)
        self.confirm_sign_up(email, CODE)
        return self.token(email)

    def sign_up(self, email: str, password: str, name: FullName, phone_number: str | None) -> None:
        if email in self.kept:
            raise UsernameTaken
        self._check(password)
        account = Account(
            email, email, email_verified=False, name=name, phone_number=phone_number, created_at=self.clock()
        )
        self.kept[email] = Kept(account, password, generation=next(self._generations))
        self.sent.append(("sign-up", email))

    def find_account(self, username: str) -> Account | None:
        kept = self.kept.get(username)
        return replace(kept.account, is_confirmed=kept.is_confirmed, pool_username=username) if kept else None

    def disable_account(self, username: str) -> None:
        if username in self.kept:
            self.kept[username].is_enabled = False

    def enable_account(self, username: str) -> None:
        if username in self.kept:
            self.kept[username].is_enabled = True

    def delete_account(self, username: str) -> None:
        self.kept.pop(username, None)

    def confirm_sign_up(self, email: str, code: str) -> None:
        kept = self.kept.get(email)
        if kept is None or kept.is_confirmed or not kept.is_enabled or code != CODE:
            raise InvalidCode
        kept.is_confirmed = True
        kept.account = replace(kept.account, email_verified=True)

    def resend_code(self, email: str) -> None:
        if email in self.kept and not self.kept[email].is_confirmed:
            self.sent.append(("sign-up", email))

    def send_reset_code(self, email: str) -> None:
        if email in self.kept and self.kept[email].is_confirmed:
            self.kept[email].awaits_reset = True
            self.sent.append(("reset", email))

    def reset_password(self, email: str, code: str, password: str) -> None:
        kept = self.kept.get(email)
        if kept is None or not kept.awaits_reset or code != CODE:
            raise InvalidCode
        self._check(password)
        kept.password, kept.awaits_reset = password, False

    def sign_out_everywhere(self, username: str) -> None:
        self.kept[username].generation = next(self._generations)

    def sign_in(self, username: str, password: str) -> SignedIn | Challenge:
        kept = self.kept.get(username)
        if kept is None or not (kept.is_confirmed and kept.is_enabled) or kept.password != password:
            raise NotAuthenticated
        if self.is_second_factor_asked and kept.account.mfa_methods:
            return Challenge(ChallengeKind(kept.account.mfa_methods[0].value), username, "session")
        return self._signed_in(username)

    def answer_challenge(self, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        if challenge.session != "session" or challenge.username not in self.kept:
            raise NotAuthenticated
        if answer != CODE:
            raise InvalidCode
        return self._signed_in(challenge.username)

    def refresh(self, refresh_token: str) -> Tokens:
        username, _, generation = refresh_token.removeprefix("refresh-of-").partition("/")
        if username not in self.kept or str(self.kept[username].generation) != generation:
            raise RefreshTokenInvalid
        return replace(self._signed_in(username).tokens, refresh=refresh_token)

    def get_account(self, access_token: str) -> Account:
        return self._of(access_token).account

    def update_account(self, access_token: str, name: FullName, phone_number: str | None) -> None:
        kept = self._of(access_token)
        kept.account = replace(kept.account, name=name)
        if phone_number is not None and phone_number != kept.account.phone_number:
            kept.account = replace(kept.account, phone_number=phone_number or None, phone_number_verified=False)

    def change_password(self, access_token: str, current: str, new: str) -> None:
        kept = self._of(access_token)
        if kept.password != current:
            raise RequestRefused
        self._check(new)
        kept.password = new

    def send_phone_code(self, access_token: str) -> None:
        account = self._of(access_token).account
        if account.phone_number is None:
            raise RequestRefused
        self.sent.append(("phone", account.phone_number))

    def verify_phone(self, access_token: str, code: str) -> None:
        kept = self._of(access_token)
        if kept.account.phone_number is None or code != CODE:
            raise RequestRefused
        kept.account = replace(kept.account, phone_number_verified=True)

    def begin_totp(self, access_token: str) -> str:
        self._of(access_token)
        return TOTP_SECRET

    def confirm_totp(self, access_token: str, code: str) -> None:
        if code != CODE:
            raise InvalidCode
        self._of(access_token).has_totp = True

    def prefer_mfa(self, access_token: str, method: MfaMethod | None) -> None:
        kept = self._of(access_token)
        is_set_up = {MfaMethod.TOTP: kept.has_totp, MfaMethod.SMS: kept.account.phone_number_verified, None: True}
        if not is_set_up[method]:
            raise RequestRefused
        kept.account = replace(kept.account, mfa_methods=(method,) if method else ())

    def _of(self, access_token: str) -> Kept:
        username = access_token.removeprefix(PREFIX)
        if username not in self.kept:
            raise NotAuthenticated
        return self.kept[username]

    def _signed_in(self, username: str) -> SignedIn:
        kept = self.kept[username]
        tokens = Tokens(FakeTokens.issue(username), f"id-of-{username}", f"refresh-of-{username}/{kept.generation}")
        return SignedIn(tokens, kept.account.display_name)

    def _check(self, password: str) -> None:
        if len(password) < MIN_LENGTH:
            raise PasswordRefused
