"""Signing in, staying signed in and signing out."""

from datetime import UTC, datetime

import pytest

from iotcloud.errors import InvalidCode, NotAuthenticated, RefreshTokenInvalid, TokensMissing, TooManyRequests
from iotcloud.users.credentials import Credentials
from iotcloud.users.model import Account, Challenge, ChallengeKind, MfaMethod, SignedIn
from iotcloud.users.push_tokens import PushPlatform, PushToken, PushTokenService
from iotcloud.users.rate_limits import RateLimiter
from iotcloud.users.sessions import SessionService
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.attempts import FakeAttempts, FakeAttemptStore, FakeTexts
from tests.fakes.directory import CODE, FakeDirectory
from tests.fakes.push_tokens import FakePushTokens

ADA = "ada@example.com"
PASSWORD = "correct horse"


@pytest.fixture
def directory() -> FakeDirectory:
    directory = FakeDirectory()
    directory.add(ADA, PASSWORD, "Ada Lovelace", "+6500000000")
    return directory


@pytest.fixture
def push_tokens() -> FakePushTokens:
    return FakePushTokens()


@pytest.fixture
def sessions(directory: FakeDirectory, push_tokens: FakePushTokens) -> SessionService:
    return SessionService(directory, FakeAttempts(), PushTokenService(push_tokens, FakeTokens()), FakeTexts())


def log_in(sessions: SessionService) -> SignedIn:
    outcome = sessions.log_in(Credentials(ADA, PASSWORD))
    assert isinstance(outcome, SignedIn)
    return outcome


def test_log_in_gives_tokens_and_the_name(sessions: SessionService) -> None:
    outcome = sessions.log_in(Credentials("Ada@Example.com ", PASSWORD))

    assert isinstance(outcome, SignedIn)
    assert outcome.display_name == "Ada Lovelace"
    assert outcome.tokens.access == FakeTokens.issue(ADA)


@pytest.mark.parametrize("credentials", [Credentials(ADA, "wrong"), Credentials("nobody@example.com", PASSWORD)])
def test_log_in_tells_a_wrong_password_and_an_unknown_name_alike(
    sessions: SessionService, credentials: Credentials
) -> None:
    with pytest.raises(NotAuthenticated, match="Unauthorized access"):
        sessions.log_in(credentials)


def test_log_in_asks_for_the_second_proof_where_it_is_set_up(
    sessions: SessionService, directory: FakeDirectory
) -> None:
    token = FakeTokens.issue(ADA)
    directory.confirm_totp(token, CODE)
    directory.prefer_mfa(token, MfaMethod.TOTP)

    outcome = sessions.log_in(Credentials(ADA, PASSWORD))

    assert isinstance(outcome, Challenge)
    assert outcome.kind is ChallengeKind.TOTP
    assert isinstance(sessions.answer_challenge(outcome, CODE), SignedIn)
    with pytest.raises(InvalidCode):
        sessions.answer_challenge(outcome, "000000")


def test_refresh_tokens_keeps_the_refresh_token(sessions: SessionService) -> None:
    tokens = log_in(sessions).tokens

    assert sessions.refresh_tokens(tokens.refresh, tokens.id).refresh == tokens.refresh


@pytest.mark.parametrize(("refresh", "id_token"), [("", "id"), ("refresh", ""), ("", "")])
def test_refresh_tokens_asks_for_both(sessions: SessionService, refresh: str, id_token: str) -> None:
    with pytest.raises(TokensMissing, match="Refresh and ID tokens are not provided"):
        sessions.refresh_tokens(refresh, id_token)


def test_refresh_tokens_refuses_those_of_a_deleted_account(sessions: SessionService, directory: FakeDirectory) -> None:
    tokens = log_in(sessions).tokens
    directory.delete_account(ADA)
    directory.add(ADA, PASSWORD)

    with pytest.raises(RefreshTokenInvalid):
        sessions.refresh_tokens(tokens.refresh, tokens.id)


def test_log_out_forgets_the_phone_of_this_session_only(sessions: SessionService, push_tokens: FakePushTokens) -> None:
    here = PushToken(ADA, PushPlatform.GCM, "phone", f"session-of-{ADA}")
    elsewhere = PushToken(ADA, PushPlatform.APNS, "tablet", "another-session")
    push_tokens.kept = [here, elsewhere]

    sessions.log_out(FakeTokens.issue(ADA))

    assert push_tokens.kept == [elsewhere]


@pytest.mark.parametrize("token", ["", "garbage", FakeTokens.issue("mallory@example.com")])
def test_log_out_with_another_token_forgets_nothing(
    sessions: SessionService, push_tokens: FakePushTokens, token: str
) -> None:
    push_tokens.kept = [PushToken(ADA, PushPlatform.GCM, "phone", f"session-of-{ADA}")]

    sessions.log_out(token)

    assert len(push_tokens.kept) == 1


@pytest.mark.parametrize("kept", ["Schlu\u0308ssel-7", "Schlüssel-7"], ids=["set decomposed before", "set composed"])
@pytest.mark.parametrize("typed", ["Schlu\u0308ssel-7", "Schlüssel-7"], ids=["typed decomposed", "typed composed"])
def test_log_in_takes_a_password_in_the_form_it_is_set_in_now_or_was_typed_in(
    sessions: SessionService, directory: FakeDirectory, kept: str, typed: str
) -> None:
    directory.kept[ADA].password = kept
    is_taken = kept in (typed, "Schlüssel-7")

    if is_taken:
        assert isinstance(sessions.log_in(Credentials(ADA, typed)), SignedIn)
    else:
        with pytest.raises(NotAuthenticated):
            sessions.log_in(Credentials(ADA, typed))


def test_log_in_finds_a_decomposed_address(sessions: SessionService, directory: FakeDirectory) -> None:
    directory.add("jürgen@example.com", PASSWORD)

    assert isinstance(sessions.log_in(Credentials("Ju\u0308rgen@example.com", PASSWORD)), SignedIn)


def counted(directory: FakeDirectory, texts: FakeTexts | None = None) -> SessionService:
    attempts = RateLimiter(FakeAttemptStore(), lambda: datetime(2026, 1, 1, tzinfo=UTC))
    return SessionService(directory, attempts, PushTokenService(FakePushTokens(), FakeTokens()), texts or FakeTexts())


@pytest.mark.parametrize("spellings", [[ADA] * 5, [ADA, ADA.upper(), f" {ADA} ", "aDa@Example.com", ADA]])
def test_log_in_sends_only_so_many_text_messages(directory: FakeDirectory, spellings: list[str]) -> None:
    token = FakeTokens.issue(ADA)
    directory.verify_phone(token, CODE)
    directory.prefer_mfa(token, MfaMethod.SMS)
    sessions = counted(directory)
    for spelling in spellings:
        assert isinstance(sessions.log_in(Credentials(spelling, PASSWORD)), Challenge)

    for spelling in spellings:
        with pytest.raises(TooManyRequests) as limited:
            sessions.log_in(Credentials(spelling, PASSWORD))
        assert 0 < limited.value.retry_after_seconds <= 900


def test_a_strangers_wrong_passwords_lock_nobody_out(directory: FakeDirectory) -> None:
    token = FakeTokens.issue(ADA)
    directory.verify_phone(token, CODE)
    directory.prefer_mfa(token, MfaMethod.SMS)
    sessions = counted(directory)
    for number in range(50):
        with pytest.raises(NotAuthenticated):
            sessions.log_in(Credentials(ADA, f"guess {number}"))

    assert isinstance(sessions.log_in(Credentials(ADA, PASSWORD)), Challenge)


def test_logins_without_text_messages_are_not_counted(directory: FakeDirectory) -> None:
    sessions = counted(directory)

    assert all(isinstance(sessions.log_in(Credentials(ADA, PASSWORD)), SignedIn) for _ in range(20))


def test_answers_to_a_challenge_are_counted_in_all_spellings_together(directory: FakeDirectory) -> None:
    class Pool(FakeDirectory):
        def find_account(self, username: str) -> Account | None:
            return super().find_account(ADA if username.lower() in ("0a1b-c3", ADA) else username)

    directory.__class__ = Pool
    sessions, outcomes = counted(directory), []
    for spelling in ["0a1b-c3", "0A1B-C3", "0A1b-c3", ADA, ADA.upper()] * 4:
        with pytest.raises((InvalidCode, NotAuthenticated, TooManyRequests)) as refused:
            sessions.answer_challenge(Challenge(ChallengeKind.TOTP, spelling, "session"), "000000")
        outcomes.append(refused.type is TooManyRequests)

    assert outcomes == [False] * 10 + [True] * 10


def test_text_messages_at_login_count_for_the_day_and_are_not_stopped_by_it(directory: FakeDirectory) -> None:
    token = FakeTokens.issue(ADA)
    directory.verify_phone(token, CODE)
    directory.prefer_mfa(token, MfaMethod.SMS)
    texts = FakeTexts(left=1)
    sessions = counted(directory, texts)

    outcomes = [sessions.log_in(Credentials(ADA, PASSWORD)) for _ in range(3)]

    assert all(isinstance(outcome, Challenge) for outcome in outcomes)
    assert texts.spent == 1
