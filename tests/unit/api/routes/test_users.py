"""Groups 1 and 10 over HTTP: formats, messages and statuses of the contract and of new operations."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO, Any

import jwt
import pytest

from iotcloud.errors import InvalidInput
from iotcloud.users.account_deletion import Erasure
from iotcloud.users.credentials import CredentialReader
from iotcloud.users.exports import ExportService, ExportState
from iotcloud.users.model import Identity, MfaMethod
from iotcloud.users.profiles import ProfileService
from iotcloud.users.push_tokens import PushPlatform, PushToken
from iotcloud.users.schema import SignUpBody, UpdateUserBody
from iotcloud.users.social_sign_in import SocialSignInService
from iotcloud.wiring import Wiring
from tests.failures import failure
from tests.fakes.api import ApiAnswer, call_api
from tests.fakes.attempts import FakeAttempts, FakeTexts
from tests.fakes.directory import CODE, TOTP_SECRET, FakeDirectory
from tests.fakes.exports import FakeExports
from tests.fakes.idp_codes import FakeIdpCodes
from tests.fakes.push_tokens import FakePushTokens
from tests.fakes.suspensions import FakeSuspensions
from tests.parts import replace_part

ADA = "ada@example.com"
PASSWORD = "correct horse"
PHONE = "+6500000000"
KEY = "0123456789abcdef0123456789abcdef"
TOKEN = FakeDirectory.token(ADA)
PROOF = {"current_password": PASSWORD}
OK = {"status": "OK", "message": "Done"}
NOW = datetime.now(UTC)
"""When credential tokens are made, and read: however long the tests take, none gets too old meanwhile."""


@dataclass
class Harness:
    """The API's dependencies, in memory."""

    directory: FakeDirectory = field(default_factory=FakeDirectory)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)
    texts: FakeTexts = field(default_factory=FakeTexts)
    push_tokens: FakePushTokens = field(default_factory=FakePushTokens)
    exports: FakeExports = field(default_factory=FakeExports)
    erased: list[Erasure] = field(default_factory=list)
    adopted: list[tuple[str, str]] = field(default_factory=list)

    def request(self, erasure: Erasure, delay: timedelta = timedelta()) -> None:
        self.erased.append(erasure)

    def adopt_number(self, username: str, phone_number: str) -> None:
        self.adopted.append((username, phone_number))

    def put(self, name: str, content: IO[bytes]) -> None:
        raise AssertionError("the API makes no archive")

    def link(self, name: str, seconds: int) -> str:
        return f"https://archives.example/{name}"


@pytest.fixture
def harness(wired: Wiring) -> Harness:
    harness = Harness()
    replace_part(wired, "clients.directory", harness.directory)
    replace_part(wired, "users.rate_limiter", harness.attempts)
    replace_part(wired, "users.credentials", CredentialReader(lambda: KEY, lambda: NOW))
    replace_part(wired, "clients.erasures", harness)
    replace_part(wired, "stores.suspensions", FakeSuspensions())
    replace_part(
        wired,
        "personal_data.exports",
        ExportService(harness.exports, harness.exports, harness, harness.attempts, lambda: datetime.now(UTC)),
    )
    replace_part(wired, "users.social_sign_in", SocialSignInService(FakeIdpCodes()))
    replace_part(wired, "users.profiles", ProfileService(harness.directory, harness.attempts, harness, harness.texts))
    replace_part(wired, "notices.text_budget", harness.texts)
    replace_part(wired, "stores.push_tokens", harness.push_tokens)
    return harness


@pytest.fixture
def ada(harness: Harness) -> Harness:
    """Have a confirmed account in place."""
    harness.directory.add(ADA, PASSWORD, "Ada Lovelace", PHONE)
    harness.directory.sent.clear()
    return harness


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def bearer(name: str, secret: str, **changed: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential_token(name, secret, **changed)}"}


def credential_token(name: str, secret: str, **changed: Any) -> str:
    now = int(NOW.timestamp())
    return jwt.encode({"username": name, "password": secret, "iat": now, "exp": now + 10} | changed, KEY, "HS256")


def answered(answer: ApiAnswer) -> tuple[int, str]:
    return answer.status, answer.body["message"]


SIGN_UP = {"email": ADA, "name": "Ada Lovelace"}


@pytest.mark.parametrize("headers", [basic(ADA, PASSWORD), bearer(ADA, PASSWORD)])
def test_sign_up_takes_both_kinds_of_credentials(harness: Harness, headers: dict[str, str]) -> None:
    answer = call_api("POST", "/user/signup", SIGN_UP | {"phone_number": PHONE}, headers=headers)

    assert answer.status == 200
    assert answer.body["status"] == "OK"
    assert harness.directory.kept[ADA].account.phone_number == PHONE


@pytest.mark.parametrize(
    ("headers", "body", "status", "message"),
    [
        ({}, SIGN_UP, 401, "Invalid authorization header"),
        ({"Authorization": "Bearer nonsense"}, SIGN_UP, 401, "Credential token cannot be read"),
        (bearer(ADA, PASSWORD, exp=int(NOW.timestamp()) + 99), SIGN_UP, 401, "Credential token has a wrong lifetime"),
        (basic(ADA, ""), SIGN_UP, 400, "Empty parameter found"),
        (basic(ADA, "12345"), SIGN_UP, 400, "Password must have at least 6 characters"),
        (basic(ADA, "12345678"), SIGN_UP, 400, "Password is too easy to guess"),
        (basic(ADA, "seven77"), SIGN_UP, 400, "Password does not meet the rules"),
        (basic(ADA, PASSWORD), {"name": "Ada"}, 400, "Parameters not included"),
        (basic(ADA, PASSWORD), {"email": ADA}, 400, "Parameters not included"),
        (basic(ADA, PASSWORD), {"email": "", "name": "Ada"}, 400, "Empty parameter found"),
        (basic(ADA, PASSWORD), {"email": ADA, "name": ""}, 400, "Empty parameter found"),
        (basic(ADA, PASSWORD), {"email": ADA, "name": "   "}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), {"email": ADA, "name": "x" * 257}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), {"email": "ada", "name": "Ada"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), {"email": "bob@example.com", "name": "Ada"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), SIGN_UP | {"phone_number": "6500000000"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), SIGN_UP | {"phone_number": "(415) 555-2671"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), SIGN_UP | {"phone_number": "+19005550100"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), SIGN_UP | {"phone_number": "+882165550100"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), SIGN_UP | {"phone_number": ""}, 400, "Empty parameter found"),
        (basic(ADA, PASSWORD), {"email": 5, "name": "Ada"}, 400, "Invalid parameters"),
        (basic(ADA, PASSWORD), [], 400, "Invalid parameters"),
    ],
)
def test_sign_up_refuses(harness: Harness, headers: dict[str, str], body: object, status: int, message: str) -> None:
    assert answered(call_api("POST", "/user/signup", body, headers=headers)) == (status, message)
    assert harness.directory.kept == {}


def test_sign_up_refuses_a_name_already_taken(ada: Harness) -> None:
    answer = call_api("POST", "/user/signup", SIGN_UP, headers=basic(ADA, PASSWORD))

    assert (answer.status, answer.body) == (409, failure("Username already exists"))


def test_confirm_sign_up(harness: Harness) -> None:
    call_api("POST", "/user/signup", SIGN_UP, headers=basic(ADA, PASSWORD))

    answer = call_api("POST", "/user/confirm_signup", {"username": ADA, "confirmationcode": CODE})

    assert (answer.status, answer.body) == (200, OK)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"username": ADA, "confirmationcode": "000000"}, "Invalid code"),
        ({"username": "bob@example.com", "confirmationcode": CODE}, "Invalid code"),
        ({"username": ADA, "confirmationcode": ""}, "Empty parameter found"),
        ({"username": "", "confirmationcode": CODE}, "Empty parameter found"),
        ({"username": ADA, "confirmationcode": "12345"}, "Invalid parameters"),
        ({"username": ADA, "confirmationcode": "1234567"}, "Invalid parameters"),
        ({"username": ADA, "confirmationcode": 123456}, "Invalid parameters"),
        ({"confirmationcode": CODE}, "Parameters not included"),
        ({}, "Parameters not included"),
    ],
)
def test_confirm_sign_up_refuses(harness: Harness, body: object, message: str) -> None:
    call_api("POST", "/user/signup", SIGN_UP, headers=basic(ADA, PASSWORD))

    assert answered(call_api("POST", "/user/confirm_signup", body)) == (400, message)


@pytest.mark.parametrize("path", ["/user/resend_confirmation_code", "/user/confirm_signup"])
def test_the_code_is_sent_again(harness: Harness, path: str) -> None:
    call_api("POST", "/user/signup", SIGN_UP, headers=basic(ADA, PASSWORD))

    answer = call_api("POST", path, {"username": ADA})

    assert answer.status == 200
    assert harness.directory.sent == [("sign-up", ADA), ("sign-up", ADA)]


@pytest.mark.parametrize("path", ["/user/resend_confirmation_code", "/user/forgot_password"])
def test_what_sends_codes_answers_alike_whether_there_is_an_account_or_not(ada: Harness, path: str) -> None:
    member = "email" if path.endswith("password") else "username"

    answers = [call_api("POST", path, {member: name}) for name in (ADA, "nobody@example.com")]

    assert [answer.status for answer in answers] == [200, 200]
    assert {**answers[0].body, "username": ""} == {**answers[1].body, "username": ""}


def test_forgot_password_names_the_user(ada: Harness) -> None:
    answer = call_api("POST", "/user/forgot_password", {"email": "Ada@Example.com"})

    assert answer.body["username"] == ADA
    assert ada.directory.sent == [("reset", ADA)]


@pytest.mark.parametrize("headers", [basic(ADA, "another horse"), bearer(ADA, "another horse")])
def test_confirm_forgot_password_sets_the_new_one(ada: Harness, headers: dict[str, str]) -> None:
    call_api("POST", "/user/forgot_password", {"email": ADA})

    answer = call_api("POST", "/user/confirm_forgot_password", {"confirmationcode": CODE}, headers=headers)

    assert (answer.status, answer.body) == (200, OK)
    assert ada.directory.kept[ADA].password == "another horse"


@pytest.mark.parametrize(
    ("headers", "body", "status", "message"),
    [
        ({}, {"confirmationcode": CODE}, 401, "Invalid authorization header"),
        (basic(ADA, "another horse"), {"confirmationcode": "000000"}, 400, "Invalid code"),
        (basic("bob@example.com", "another horse"), {"confirmationcode": CODE}, 400, "Invalid code"),
        (basic(ADA, "another horse"), {"confirmationcode": ""}, 400, "Empty parameter found"),
        (basic(ADA, "another horse"), {}, 400, "Parameters not included"),
        (basic(ADA, "short"), {"confirmationcode": CODE}, 400, "Password must have at least 6 characters"),
    ],
)
def test_confirm_forgot_password_refuses(
    ada: Harness, headers: dict[str, str], body: object, status: int, message: str
) -> None:
    call_api("POST", "/user/forgot_password", {"email": ADA})

    assert answered(call_api("POST", "/user/confirm_forgot_password", body, headers=headers)) == (status, message)
    assert ada.directory.kept[ADA].password == PASSWORD


@pytest.mark.parametrize("headers", [basic(ADA, PASSWORD), bearer(ADA, PASSWORD), basic("ADA@example.com", PASSWORD)])
def test_login_gives_tokens_and_the_name(ada: Harness, headers: dict[str, str]) -> None:
    answer = call_api("POST", "/user/login", headers=headers)

    assert answer.status == 200
    assert set(answer.body) == {"status", "message", "token", "name"}
    assert set(answer.body["token"]) == {"access", "id", "refresh"}
    assert answer.body["name"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        (basic(ADA, "wrong"), 401, "Unauthorized access"),
        (basic("nobody@example.com", PASSWORD), 401, "Unauthorized access"),
        (basic("", PASSWORD), 400, "Empty parameter found"),
        (bearer(ADA, "wrong"), 401, "Unauthorized access"),
        ({}, 401, "Invalid authorization header"),
    ],
)
def test_login_refuses(ada: Harness, headers: dict[str, str], status: int, message: str) -> None:
    answer = call_api("POST", "/user/login", headers=headers)

    assert (answer.status, answer.body) == (status, failure(message))


def test_login_refuses_an_old_credential_token_with_the_reason(ada: Harness) -> None:
    answer = call_api("POST", "/user/login", headers=bearer(ADA, PASSWORD, iat=5, exp=15))

    assert (answer.status, answer.body) == (401, failure("Credential token has expired", "not_authenticated"))


def test_login_of_an_unconfirmed_account_is_refused_like_any_other(harness: Harness) -> None:
    call_api("POST", "/user/signup", SIGN_UP, headers=basic(ADA, PASSWORD))

    assert answered(call_api("POST", "/user/login", headers=basic(ADA, PASSWORD))) == (401, "Unauthorized access")


@pytest.fixture
def with_totp(ada: Harness) -> Harness:
    ada.directory.confirm_totp(TOKEN, CODE)
    ada.directory.prefer_mfa(TOKEN, MfaMethod.TOTP)
    return ada


def test_login_with_a_second_factor_answers_a_challenge(with_totp: Harness) -> None:
    asked = call_api("POST", "/user/login", headers=basic(ADA, PASSWORD)).body
    assert set(asked) == {"status", "message", "challenge", "session"}
    assert asked["challenge"] == "SOFTWARE_TOKEN_MFA"

    answer = call_api(
        "POST",
        "/user/login/challenge",
        {"challenge": asked["challenge"], "session": asked["session"], "answer": CODE},
    )

    assert answer.status == 200
    assert set(answer.body["token"]) == {"access", "id", "refresh"}


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"answer": "000000"}, 400, "Invalid code"),
        ({"session": f"{ADA}:another"}, 401, "Unauthorized access"),
        ({"session": "nothing of ours"}, 400, "Invalid parameters"),
        ({"session": ""}, 400, "Empty parameter found"),
        ({"challenge": "DEVICE_SRP_AUTH"}, 400, "Invalid parameters"),
        ({"answer": ""}, 400, "Empty parameter found"),
        ({"answer": None}, 400, "Invalid parameters"),
    ],
)
def test_answer_challenge_refuses(with_totp: Harness, changed: dict[str, object], status: int, message: str) -> None:
    body = {"challenge": "SOFTWARE_TOKEN_MFA", "session": f"{ADA}:session", "answer": CODE} | changed

    assert answered(call_api("POST", "/user/login/challenge", body)) == (status, message)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {TOKEN}"}])
def test_logout_is_always_fine(ada: Harness, headers: dict[str, str]) -> None:
    answer = call_api("POST", "/user/logout", headers=headers)

    assert (answer.status, answer.body) == (200, OK)


def test_logout_forgets_the_phone(ada: Harness) -> None:
    call_api("POST", "/mobile/devicetoken", {"devicetoken": "phone", "service": "GCM"}, TOKEN)

    call_api("POST", "/user/logout", token=TOKEN)

    assert ada.push_tokens.kept == []


def test_get_user_shows_the_account(ada: Harness) -> None:
    answer = call_api("GET", "/user", token=TOKEN)

    assert answer.status == 200
    assert answer.body == OK | {
        "info": {
            "email": ADA,
            "email_verified": True,
            "name": "Ada Lovelace",
            "phone_number": PHONE,
            "phone_number_verified": False,
            "username": ADA,
        }
    }


def test_get_user_leaves_out_a_phone_that_is_not_there(harness: Harness) -> None:
    harness.directory.add(ADA, PASSWORD, "Ada")

    info = call_api("GET", "/user", token=TOKEN).body["info"]

    assert info == {"email": ADA, "email_verified": True, "name": "Ada", "username": ADA}


def test_get_user_shows_the_identity_of_a_social_login(ada: Harness) -> None:
    account = ada.directory.kept[ADA].account
    object.__setattr__(account, "identity", Identity("Facebook", "1029384756"))

    info = call_api("GET", "/user", token=TOKEN).body["info"]

    assert info["identity"] == {"providerName": "Facebook", "userId": "1029384756"}


def test_a_token_whose_account_is_gone_is_refused(ada: Harness) -> None:
    ada.directory.delete_account(ADA)

    assert answered(call_api("GET", "/user", token=TOKEN)) == (401, "Unauthorized access")


def test_update_user_changes_name_and_phone(ada: Harness) -> None:
    answer = call_api("POST", "/user", {"name": "Ada", "phone_number": "+6511111111"}, TOKEN)

    info = call_api("GET", "/user", token=TOKEN).body["info"]
    assert (answer.status, answer.body) == (200, OK)
    assert (info["name"], info["phone_number"], info["phone_number_verified"]) == ("Ada", "+6511111111", False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Parameters not included"),
        ({"name": ""}, "Empty parameter found"),
        ({"name": ["Ada"]}, "Invalid parameters"),
        ({"name": "Ada", "phone_number": "12345"}, "Invalid parameters"),
    ],
)
def test_update_user_refuses(ada: Harness, body: object, message: str) -> None:
    assert answered(call_api("POST", "/user", body, TOKEN)) == (400, message)


def test_delete_user_deletes_the_account_and_orders_the_rest(ada: Harness) -> None:
    answer = call_api("DELETE", "/user", token=TOKEN)

    assert (answer.status, answer.body) == (200, OK)
    assert ADA not in ada.directory.kept
    assert [erasure.username for erasure in ada.erased] == [ADA]


def test_refresh_gives_new_tokens_and_keeps_the_refresh_token(ada: Harness) -> None:
    token = call_api("POST", "/user/login", headers=basic(ADA, PASSWORD)).body["token"]

    answer = call_api("POST", "/user/token", {"refresh": token["refresh"], "id": token["id"]}, "an-expired-token")

    assert answer.status == 200
    assert answer.body["token"]["refresh"] == token["refresh"]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "Refresh and ID tokens are not provided"),
        (None, 400, "Refresh and ID tokens are not provided"),
        ({"refresh": "x"}, 400, "Refresh and ID tokens are not provided"),
        ({"id": "x"}, 400, "Refresh and ID tokens are not provided"),
        ({"refresh": "", "id": ""}, 400, "Refresh and ID tokens are not provided"),
        ({"refresh": 5, "id": "x"}, 400, "Invalid parameters"),
        ({"refresh": "x" * 10_000, "id": "x"}, 400, "Invalid parameters"),
        ({"refresh": "nonsense", "id": "x"}, 401, "Refresh token invalid"),
    ],
)
def test_refresh_refuses(ada: Harness, body: object, status: int, message: str) -> None:
    assert answered(call_api("POST", "/user/token", body, "an-expired-token")) == (status, message)


def test_refresh_needs_the_header(ada: Harness) -> None:
    answer = call_api("POST", "/user/token", {"refresh": "x", "id": "x"})

    assert answered(answer) == (401, "Invalid authorization header")


def test_verify_phone_number_sends_a_code_and_takes_it(ada: Harness) -> None:
    sent = call_api("POST", "/user/verify_phone_number", token=TOKEN)
    taken = call_api("POST", "/user/confirm_verify_phone_number", {"confirmationcode": CODE}, TOKEN)

    assert (sent.status, taken.status) == (200, 200)
    assert ada.directory.sent == [("phone", PHONE)]
    assert ada.adopted == [(ADA, PHONE)]


@pytest.mark.parametrize("typed", ["+49 (0)170 1234567", "+49-170-1234567", "+491701234567"])
def test_a_phone_number_is_kept_as_the_number_that_is_meant(ada: Harness, typed: str) -> None:
    assert call_api("POST", "/user", {"name": "Ada", "phone_number": typed}, TOKEN).status == 200

    assert call_api("GET", "/user", token=TOKEN).body["info"]["phone_number"] == "+491701234567"


def test_verify_phone_number_waits_for_the_next_day_when_the_platform_sends_no_more(
    ada: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr("api.app.count", counted.append)
    ada.texts.left = 0

    answer = call_api("POST", "/user/verify_phone_number", token=TOKEN)

    assert (answer.status, answer.headers["Retry-After"]) == (429, "3600")
    assert counted == ["TextCeilingReached"]


def test_verify_phone_number_refuses_without_a_phone(harness: Harness) -> None:
    harness.directory.add(ADA, PASSWORD)

    assert answered(call_api("POST", "/user/verify_phone_number", token=TOKEN)) == (400, "Request failed")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"confirmationcode": "000000"}, "Request failed"),
        ({"confirmationcode": ""}, "Empty parameter found"),
        ({}, "Parameters not included"),
    ],
)
def test_confirm_verify_phone_number_refuses(ada: Harness, body: object, message: str) -> None:
    assert answered(call_api("POST", "/user/confirm_verify_phone_number", body, TOKEN)) == (400, message)


@pytest.mark.parametrize(
    "body",
    [
        {"token": credential_token(PASSWORD, "another horse")},
        {"current_password": PASSWORD, "new_password": "another horse"},
    ],
)
def test_change_password_takes_both_forms(ada: Harness, body: object) -> None:
    answer = call_api("POST", "/user/change_password", body, TOKEN)

    assert (answer.status, answer.body) == (200, OK)
    assert ada.directory.kept[ADA].password == "another horse"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"current_password": "wrong", "new_password": "another horse"}, "Request failed"),
        ({"current_password": PASSWORD, "new_password": "short"}, "Password must have at least 6 characters"),
        ({"current_password": PASSWORD}, "Parameters not included"),
        ({}, "Parameters not included"),
        ({"token": ""}, "Empty parameter found"),
        ({"token": "nonsense"}, "Credential token cannot be read"),
        ({"token": credential_token(PASSWORD, "another horse", exp=5)}, "Credential token has a wrong lifetime"),
    ],
)
def test_change_password_refuses(ada: Harness, body: object, message: str) -> None:
    assert answered(call_api("POST", "/user/change_password", body, TOKEN)) == (400, message)
    assert ada.directory.kept[ADA].password == PASSWORD


@pytest.mark.parametrize("code", ["the-code", ""])
def test_a_social_code_is_handed_over_once(harness: Harness, code: str) -> None:
    path = "/user/login/idp/code/1029384756"
    missing = call_api("GET", path)
    stored = call_api("POST", path, {"code": code})
    taken, again = call_api("GET", path), call_api("GET", path)

    assert [answer.status for answer in (missing, stored, taken, again)] == [404, 200, 200, 404]
    assert taken.body == OK | {"code": code}


@pytest.mark.parametrize(
    ("code_id", "body", "status"),
    [
        ("1029384756", {}, 400),
        ("1029384756", {"code": None}, 400),
        ("1029384756", {"code": "x" * 3000}, 400),
        ("123456789", {"code": "x"}, 400),
    ],
)
def test_store_idp_code_refuses(harness: Harness, code_id: str, body: object, status: int) -> None:
    assert call_api("POST", f"/user/login/idp/code/{code_id}", body).status == status


def test_a_social_code_that_waits_is_not_replaced(harness: Harness) -> None:
    call_api("POST", "/user/login/idp/code/1029384756", {"code": "first"})

    assert call_api("POST", "/user/login/idp/code/1029384756", {"code": "planted"}).status == 409


def test_a_second_factor_is_enrolled_confirmed_and_switched_off(ada: Harness) -> None:
    assert call_api("GET", "/user/mfa", token=TOKEN).body == OK | {"methods": []}
    assert call_api("POST", "/user/mfa/totp", PROOF, TOKEN).body["secret"] == TOTP_SECRET
    assert call_api("POST", "/user/mfa/totp/confirm", {"code": CODE}, TOKEN).status == 200
    assert call_api("GET", "/user/mfa", token=TOKEN).body["methods"] == ["SOFTWARE_TOKEN_MFA"]
    assert call_api("DELETE", "/user/mfa", PROOF, TOKEN).status == 200
    assert call_api("GET", "/user/mfa", token=TOKEN).body["methods"] == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"code": "000000"}, "Invalid code"),
        ({"code": "12345"}, "Invalid parameters"),
        ({"code": "１２３４５６"}, "Invalid parameters"),
        ({"code": ""}, "Empty parameter found"),
        ({}, "Parameters not included"),
    ],
)
def test_confirm_totp_refuses(ada: Harness, body: object, message: str) -> None:
    assert answered(call_api("POST", "/user/mfa/totp/confirm", body, TOKEN)) == (400, message)


def test_sms_codes_need_a_verified_phone(ada: Harness) -> None:
    assert answered(call_api("POST", "/user/mfa/sms", PROOF, TOKEN)) == (400, "Phone number is not verified")

    ada.directory.verify_phone(TOKEN, CODE)

    assert call_api("POST", "/user/mfa/sms", PROOF, TOKEN).status == 200


def test_an_export_is_ordered_and_fetched(ada: Harness) -> None:
    assert call_api("GET", "/user/export", token=TOKEN).status == 404
    ordered = call_api("POST", "/user/export", token=TOKEN)
    assert ordered.body["state"] == "ongoing"
    assert "url" not in ordered.body
    (export,) = ada.exports.orders
    object.__setattr__(export, "state", ExportState.READY)

    ready = call_api("GET", "/user/export", token=TOKEN)

    assert ready.body["state"] == "ready"
    assert ready.body["url"] == f"https://archives.example/{ADA}/{export.export_id}.zip"
    assert ready.body["expires_at"] == ready.body["requested_at"] + 86400


@pytest.mark.parametrize(
    "body", [{"token": credential_token("phone", "GCM")}, {"devicetoken": "phone", "service": "GCM"}]
)
def test_register_device_token_takes_both_forms(ada: Harness, body: object) -> None:
    answer = call_api("POST", "/mobile/devicetoken", body, TOKEN)

    assert (answer.status, answer.body) == (200, OK)
    assert ada.push_tokens.kept == [PushToken(ADA, PushPlatform.GCM, "phone", f"session-of-{ADA}")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"token": credential_token("phone", "FCM")}, "Invalid parameters"),
        ({"token": "nonsense"}, "Credential token cannot be read"),
        ({"token": ""}, "Empty parameter found"),
        ({"devicetoken": "phone", "service": "apns"}, "Invalid parameters"),
        ({"devicetoken": "", "service": "GCM"}, "Empty parameter found"),
        ({"devicetoken": "phone"}, "Parameters not included"),
        ({}, "Parameters not included"),
    ],
)
def test_register_device_token_refuses(ada: Harness, body: object, message: str) -> None:
    assert answered(call_api("POST", "/mobile/devicetoken", body, TOKEN)) == (400, message)
    assert ada.push_tokens.kept == []


OPEN = [
    ("1A", "POST", "/user/signup"),
    ("1B", "POST", "/user/confirm_signup"),
    ("1C", "POST", "/user/resend_confirmation_code"),
    ("1D", "POST", "/user/forgot_password"),
    ("1E", "POST", "/user/confirm_forgot_password"),
    ("1F", "POST", "/user/login"),
    ("1.1", "POST", "/user/login/challenge"),
    ("1G", "POST", "/user/logout"),
    ("1K", "POST", "/user/token"),
    ("1O", "POST", "/user/login/idp/code/1029384756"),
    ("1P", "GET", "/user/login/idp/code/1029384756"),
]


@pytest.mark.parametrize(("number", "method", "path"), OPEN)
def test_who_calls_too_often_without_a_token_is_told_so(harness: Harness, number: str, method: str, path: str) -> None:
    harness.attempts.exhausted = {number}

    answer = call_api(method, path, raw_body="{")

    assert (answer.status, answer.body) == (429, failure("Too many requests"))


def test_calls_with_a_token_are_not_counted(ada: Harness) -> None:
    call_api("GET", "/user", token=TOKEN)

    assert ada.attempts.spent == []


@pytest.mark.parametrize("name", ["\u001c", "\u001f \u001d", "\u200b", "\u3164", "..", "Ada\u202eecalevoL"])
def test_sign_up_refuses_a_name_that_shows_nothing_or_hides_something(name: str) -> None:
    with pytest.raises(InvalidInput):
        SignUpBody.parse({"email": "ada@example.com", "name": name})
    with pytest.raises(InvalidInput):
        UpdateUserBody.parse({"name": name})


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/user/mfa"), ("POST", "/user/mfa/totp"), ("POST", "/user/mfa/sms")]
)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "Current password is needed"),
        ({}, "Current password is needed"),
        ({"current_password": None}, "Current password is needed"),
        ({"current_password": ""}, "Empty parameter found"),
        ({"current_password": "wrong"}, "Current password is wrong"),
        ({"current_password": CODE}, "Current password is wrong"),
        ({"current_password": 7}, "Invalid parameters"),
    ],
)
def test_a_copied_access_token_changes_no_second_factor(
    ada: Harness, method: str, path: str, body: object, message: str
) -> None:
    ada.directory.verify_phone(TOKEN, CODE)
    ada.directory.confirm_totp(TOKEN, CODE)
    ada.directory.prefer_mfa(TOKEN, MfaMethod.TOTP)

    assert answered(call_api(method, path, body, TOKEN)) == (400, message)
    assert call_api("GET", "/user/mfa", token=TOKEN).body["methods"] == ["SOFTWARE_TOKEN_MFA"]


@pytest.mark.parametrize("number", ["", "+6511111111"])
def test_the_phone_that_login_writes_to_stays(ada: Harness, number: str) -> None:
    ada.directory.verify_phone(TOKEN, CODE)
    assert call_api("POST", "/user/mfa/sms", PROOF, TOKEN).status == 200

    refused = call_api("POST", "/user", {"name": "Ada", "phone_number": number}, TOKEN)

    assert answered(refused) == (400, "Switch off codes by SMS before you change the phone number")
    assert call_api("GET", "/user", token=TOKEN).body["info"]["phone_number"] == PHONE
    assert call_api("POST", "/user", {"name": "Ada B", "phone_number": PHONE}, TOKEN).status == 200
    assert call_api("DELETE", "/user/mfa", PROOF, TOKEN).status == 200
    assert call_api("POST", "/user", {"name": "Ada", "phone_number": number}, TOKEN).status == 200


def test_change_password_can_sign_out_everywhere(ada: Harness) -> None:
    body = {"current_password": PASSWORD, "new_password": "another horse", "sign_out_everywhere": True}

    assert call_api("POST", "/user/change_password", body, TOKEN).body == OK


@pytest.mark.parametrize("purpose", ["sign_up_message", "sms_challenge"])
def test_too_many_requests_say_after_how_long_to_try_again(harness: Harness, purpose: str) -> None:
    harness.attempts.exhausted = {purpose}
    path, body = ("/user/signup", SIGN_UP) if purpose == "sign_up_message" else ("/user/login", None)

    refused = call_api("POST", path, body, headers=basic(ADA, PASSWORD))

    assert answered(refused) == (429, "Too many requests")
    assert int(refused.headers["Retry-After"]) > 0
