"""The life of an account on the local cloud: the operations of group 1, sent codes, and complete erasure."""

import base64
import hashlib
import hmac
import io
import json
import re
import struct
import time
import urllib.request
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from simulators.cloud import outbox
from simulators.cloud.rest import RestApi, basic
from tests.e2e.patience import PATIENCE_SECONDS, eventually
from tests.e2e.people import NewDevice, NewPerson, Person, Stack
from tests.failures import failure

PASSWORD = "correct-horse-battery"
OTHER_PASSWORD = "staple-of-another-kind"
PROOF = {"current_password": PASSWORD}
DELETE_USER = '"1J"'
"""The operation's id, as the API function logs it."""
CALLERS = 4
"""Together they make more than the 100 calls that are allowed in a minute, on a slow machine too."""
Json = dict[str, Any]


@dataclass
class Visitor:
    """A caller of the API with any header, which records the secrets that it used."""

    api: RestApi
    endpoint_url: str
    email: str = field(default_factory=lambda: f"{uuid4().hex[:12]}@example.com")
    phone_number: str = field(default_factory=lambda: f"+6591{uuid4().int % 10**6:06d}")
    secrets: list[str] = field(default_factory=lambda: [PASSWORD, OTHER_PASSWORD])

    def ask(self, method: str, path: str, body: object = None, authorization: str = "") -> tuple[int, Json]:
        """Call, and keep the tokens of the answer as secrets."""
        self.api._authorization = authorization
        status, answer = self.api.call(method, path, body)
        self.secrets += (answer.get("token") or {}).values()
        return status, answer

    def must(self, method: str, path: str, body: object = None, authorization: str = "") -> Json:
        """Call, and return the answer, which must be 200."""
        status, answer = self.ask(method, path, body, authorization)
        assert status == 200, (method, path, answer)
        assert answer["status"] == "OK"
        return answer

    def received(self, recipient: str) -> str:
        """Return the newest code that was sent to an address or phone."""
        texts = [sent.text for sent in outbox.read(self.endpoint_url) if sent.recipient == recipient]
        return re.findall(r"\b[0-9]{6}\b", texts[-1])[-1]

    def sign_up(self, password: str = PASSWORD, name: str = "Ada Lovelace") -> None:
        self.must("POST", "/user/signup", {"email": self.email, "name": name}, basic(self.email, password))

    def confirm(self) -> None:
        code = self.received(self.email)
        self.must("POST", "/user/confirm_signup", {"username": self.email, "confirmationcode": code})

    def log_in(self, password: str = PASSWORD) -> Json:
        return self.must("POST", "/user/login", None, basic(self.email, password))

    def session(self, password: str = PASSWORD) -> str:
        """Log in and return the header of the session."""
        return f"Bearer {self.log_in(password)['token']['access']}"

    def verify_phone(self, session: str) -> None:
        self.must("POST", "/user", {"name": "Ada", "phone_number": self.phone_number}, session)
        self.must("POST", "/user/verify_phone_number", None, session)
        code = self.received(self.phone_number)
        self.must("POST", "/user/confirm_verify_phone_number", {"confirmationcode": code}, session)


@pytest.fixture(scope="module")
def new_visitor(stack: Stack) -> Callable[[], Visitor]:
    return lambda: Visitor(RestApi(stack["api_url"]), stack["endpoint_url"])


@pytest.fixture
def visitor(new_visitor: Callable[[], Visitor]) -> Visitor:
    return new_visitor()


@pytest.fixture
def member(visitor: Visitor) -> Visitor:
    """Return a user with a confirmed account."""
    visitor.sign_up()
    visitor.confirm()
    return visitor


def claims_of(token: str) -> Json:
    payload = token.removeprefix("Bearer ").split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def totp(secret: str, step: int = 0) -> str:
    """Compute the code of an authenticator application (RFC 6238)."""
    counter = int(time.time() // 30) + step
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def test_the_whole_life_of_an_account(visitor: Visitor) -> None:
    visitor.sign_up("a-first-password", "First Comer")
    visitor.sign_up(PASSWORD, "Ada Lovelace")
    wrong = {"username": visitor.email, "confirmationcode": "000000"}
    assert visitor.ask("POST", "/user/confirm_signup", wrong)[0] == 400
    assert visitor.ask("POST", "/user/login", None, basic(visitor.email, PASSWORD))[0] == 401
    visitor.must("POST", "/user/resend_confirmation_code", {"username": visitor.email})
    visitor.confirm()
    assert (
        visitor.ask("POST", "/user/signup", {"email": visitor.email, "name": "X"}, basic(visitor.email, PASSWORD))[0]
        == 409
    )
    assert visitor.ask("POST", "/user/login", None, basic(visitor.email, "a-first-password"))[0] == 401

    login = visitor.log_in()
    token = login["token"]
    session = f"Bearer {token['access']}"
    assert login["name"] == "Ada Lovelace"
    info = visitor.must("GET", "/user", None, session)["info"]
    assert info == {"email": visitor.email, "email_verified": True, "name": "Ada Lovelace", "username": visitor.email}

    visitor.verify_phone(session)
    info = visitor.must("GET", "/user", None, session)["info"]
    assert (info["name"], info["phone_number"], info["phone_number_verified"]) == ("Ada", visitor.phone_number, True)
    visitor.must("POST", "/user", {"name": "Ada", "phone_number": "+6599999999"}, session)
    assert visitor.must("GET", "/user", None, session)["info"]["phone_number_verified"] is False

    renewed = visitor.must("POST", "/user/token", {"refresh": token["refresh"], "id": token["id"]}, session)["token"]
    assert renewed["refresh"] == token["refresh"]
    session = f"Bearer {renewed['access']}"
    passwords = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    visitor.must("POST", "/user/change_password", passwords, session)
    assert visitor.ask("POST", "/user/change_password", passwords, session)[0] == 400
    assert visitor.ask("POST", "/user/login", None, basic(visitor.email, PASSWORD))[0] == 401
    visitor.log_in(OTHER_PASSWORD)

    assert visitor.must("POST", "/user/forgot_password", {"email": visitor.email})["username"] == visitor.email
    code = {"confirmationcode": visitor.received(visitor.email)}
    visitor.must("POST", "/user/confirm_forgot_password", code, basic(visitor.email, PASSWORD))
    replayed = visitor.ask("POST", "/user/confirm_forgot_password", code, basic(visitor.email, OTHER_PASSWORD))
    assert (replayed[0], replayed[1]["message"]) == (400, "Invalid code")
    refused = visitor.ask("POST", "/user/token", {"refresh": token["refresh"], "id": token["id"]}, session)
    assert (refused[0], refused[1]["message"]) == (401, "Refresh token invalid")

    session = visitor.session()
    visitor.must("POST", "/user/logout", None, session)
    visitor.must("DELETE", "/user", None, session)
    assert visitor.ask("GET", "/user", None, session)[0] == 401
    assert visitor.ask("DELETE", "/user", None, session)[0] == 401
    assert visitor.ask("POST", "/user/login", None, basic(visitor.email, PASSWORD))[0] == 401
    visitor.sign_up()


def test_an_authenticator_application_as_second_factor(member: Visitor) -> None:
    session = member.session()
    secret = member.must("POST", "/user/mfa/totp", PROOF, session)["secret"]
    member.secrets.append(secret)
    assert "token" in member.log_in()
    assert member.ask("POST", "/user/mfa/totp/confirm", {"code": "000000"}, session)[0] == 400
    member.must("POST", "/user/mfa/totp/confirm", {"code": totp(secret)}, session)
    assert member.must("GET", "/user/mfa", None, session)["methods"] == ["SOFTWARE_TOKEN_MFA"]

    asked = member.log_in()
    assert "token" not in asked
    assert asked["challenge"] == "SOFTWARE_TOKEN_MFA"
    answer = {"challenge": asked["challenge"], "session": asked["session"]}
    assert member.ask("POST", "/user/login/challenge", answer | {"answer": totp(secret, step=-20)})[0] == 400
    foreign = f"{asked['session'].partition(':')[0]}:{'A' * 44}"
    assert member.ask("POST", "/user/login/challenge", answer | {"session": foreign, "answer": totp(secret)})[0] == 401
    assert member.must("POST", "/user/login/challenge", answer | {"answer": totp(secret)})["token"]
    assert member.ask("POST", "/user/login/challenge", answer | {"answer": totp(secret)})[0] == 401

    member.must("DELETE", "/user/mfa", PROOF, session)
    assert "token" in member.log_in()


def test_text_messages_as_second_factor(member: Visitor) -> None:
    session = member.session()
    assert member.ask("POST", "/user/mfa/sms", PROOF, session)[1]["message"] == "Phone number is not verified"
    member.verify_phone(session)
    member.must("POST", "/user/mfa/sms", PROOF, session)

    asked = member.log_in()
    answer = {"challenge": asked["challenge"], "session": asked["session"]}
    assert asked["challenge"] == "SMS_MFA"
    assert member.ask("POST", "/user/login/challenge", answer | {"answer": "wrong"})[0] == 400
    code = member.received(member.phone_number)
    assert member.must("POST", "/user/login/challenge", answer | {"answer": code})["token"]


def test_who_asks_learns_nothing_about_accounts(member: Visitor, new_visitor: Callable[[], Visitor]) -> None:
    unconfirmed, nobody = new_visitor(), new_visitor()
    unconfirmed.sign_up()
    everyone = (member, unconfirmed, nobody)

    logins = [each.ask("POST", "/user/login", None, basic(each.email, "not-the-password")) for each in everyone]
    forgotten = [each.ask("POST", "/user/forgot_password", {"email": each.email}) for each in everyone]
    resent = [each.ask("POST", "/user/resend_confirmation_code", {"username": each.email}) for each in everyone]
    resets = [
        each.ask("POST", "/user/confirm_forgot_password", {"confirmationcode": "000000"}, basic(each.email, PASSWORD))
        for each in everyone
    ]
    confirmed = [
        each.ask("POST", "/user/confirm_signup", {"username": each.email, "confirmationcode": "000000"})
        for each in everyone
    ]

    for answers in (logins, resent, resets, confirmed):
        assert answers[0] == answers[1] == answers[2]
    assert [(status, {**answer, "username": ""}) for status, answer in forgotten] == [
        (200, {"status": "OK", "message": "Confirmation code sent", "username": ""})
    ] * 3
    assert not [sent for sent in outbox.read(member.endpoint_url) if sent.recipient == nobody.email]


def test_the_token_of_the_old_apps_is_refused_without_a_key(member: Visitor) -> None:
    status, answer = member.ask("POST", "/user/login", None, "Bearer e30.e30.e30")

    assert (status, answer["message"]) == (401, "Credential tokens are not accepted")


def test_a_social_code_is_handed_over_once(visitor: Visitor) -> None:
    path = f"/user/login/idp/code/{uuid4().int % 10**10:010d}"

    assert visitor.ask("GET", path)[0] == 404
    visitor.must("POST", path, {"code": "the-code"})
    assert visitor.ask("POST", path, {"code": "planted"})[0] == 409
    assert visitor.must("GET", path)["code"] == "the-code"
    assert visitor.ask("GET", path)[0] == 404


def test_each_session_has_its_own_phone(member: Visitor, stack: Stack, aws: Callable[[str], Any]) -> None:
    here, elsewhere = member.session(), member.session()
    member.must("POST", "/mobile/devicetoken", {"devicetoken": "here", "service": "GCM"}, here)
    member.must("POST", "/mobile/devicetoken", {"devicetoken": "elsewhere", "service": "APNS"}, elsewhere)

    member.must("POST", "/user/logout", None, here)

    found = aws("dynamodb").query(
        TableName=f"{stack['stack_name']}-users",
        KeyConditionExpression="username = :username",
        ExpressionAttributeValues={":username": {"S": claims_of(here)["username"]}},
    )
    assert [item["token"]["S"] for item in found["Items"]] == ["elsewhere"]


def test_a_user_takes_their_data_away(person: Person, new_device: NewDevice, new_person: NewPerson) -> None:
    device, foreign = new_device(person), new_device(new_person())
    person.api.must("POST", "/mobile/devicetoken", {"devicetoken": "my-phone", "service": "GCM"})
    assert person.api.call("GET", "/user/export")[0] == 404

    ordered = person.api.must("POST", "/user/export")
    export = eventually(lambda: person.api.must("GET", "/user/export"), lambda shown: shown["state"] != "ongoing")

    assert (ordered["state"], export["state"]) == ("ongoing", "ready")
    with urllib.request.urlopen(export["url"], timeout=30) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    files = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(files["account.json"])[0]["email"] == person.username
    assert [record["deviceid"] for record in json.loads(files["devices.json"])] == [device.deviceid]
    assert "my-phone" in files["phones.json"]
    assert foreign.deviceid not in " ".join(files.values())


def test_a_deleted_user_leaves_nothing(
    person: Person, new_device: NewDevice, new_person: NewPerson, stack: Stack, aws: Callable[[str], Any]
) -> None:
    device, other = new_device(person), new_person()
    kept = new_device(other)
    location = {"latitude": 1.3, "longitude": 103.8}
    person.api.must("POST", f"{device.path}/location", location)
    person.api.must("POST", "/mobile/devicetoken", {"devicetoken": "my-phone", "service": "GCM"})
    person.api.must("POST", "/user/export")
    aws("iot-data").publish(topic=f"server/{device.deviceid}/get_status", payload=b'{"value": {"status": 1}}')
    username = claims_of(person.api._authorization)["username"]
    eventually(lambda: left_of(aws, stack, device.deviceid), lambda left: any("get_status" in found for found in left))
    needles = (username, person.username, device.deviceid)

    person.api.must("DELETE", "/user")

    eventually(lambda: left_of(aws, stack, *needles), lambda left: left == [])
    assert left_of(aws, stack, kept.deviceid) != []
    assert other.api.must("GET", "/devices")["devices"][0]["deviceid"] == kept.deviceid


def left_of(aws: Callable[[str], Any], stack: Stack, *needles: str) -> list[str]:
    """Search every table, the buckets, the things and the user pool for a user's or device's id.

    The list of rejected tokens keeps its entries until the tokens expire.
    """
    dynamodb, s3, iot, cognito = aws("dynamodb"), aws("s3"), aws("iot"), aws("cognito-idp")
    found = [
        f"{table}: {json.dumps(item, default=str)}"
        for table in dynamodb.get_paginator("list_tables").paginate().build_full_result()["TableNames"]
        if not table.endswith("-suspensions")
        for item in dynamodb.get_paginator("scan").paginate(TableName=table).build_full_result()["Items"]
    ]
    found += [
        f"{bucket['Name']}: {listed['Key']}"
        for bucket in s3.list_buckets()["Buckets"]
        for listed in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
    ]
    things = iot.get_paginator("list_things").paginate().build_full_result()["things"]
    found += [f"thing: {thing['thingName']}" for thing in things]
    users = cognito.list_users(UserPoolId=stack["outputs"]["UserPoolId"])["Users"]
    found += [f"user: {json.dumps(user, default=str)}" for user in users]
    return [one for one in found if any(needle in one for needle in needles)]


def test_secrets_are_never_logged(member: Visitor, stack: Stack) -> None:
    session = member.session()
    member.must("GET", "/user", None, session)
    member.ask("POST", "/user/login", None, basic(member.email, OTHER_PASSWORD))
    member.ask("POST", "/user/login", "no JSON at all", basic(member.email, PASSWORD))
    began = time.time()
    member.must("DELETE", "/user", None, session)
    log = Path(stack["mqtt_ca"]).parent / "logs" / "functions.jsonl"

    def logged_lines() -> list[str]:
        return [line for line in log.read_text().splitlines() if json.loads(line)["function"] != "outbox"]

    def has_last_call(lines: list[str]) -> bool:
        said = [json.loads(line) for line in reversed(lines)]
        return any(one["at"] > began and "answered" in one["line"] and DELETE_USER in one["line"] for one in said)

    logged = eventually(logged_lines, has_last_call)
    secrets = {*member.secrets, basic(member.email, PASSWORD).split()[1], member.email}
    assert [line for line in logged for secret in secrets if secret in line] == []


def test_a_caller_without_a_token_is_slowed_down(visitor: Visitor) -> None:
    path = f"/user/login/idp/code/{uuid4().int % 10**10:010d}"
    refused: list[Json] = []
    others: set[int] = set()

    def call_until_somebody_is_refused(_number: int) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not refused and time.monotonic() < deadline:
            status, answer = visitor.api.call("GET", path)
            if status == 429:
                refused.append(answer)
            else:
                others.add(status)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(call_until_somebody_is_refused, range(CALLERS)))

    assert refused[:1] == [failure("Too many requests")]
    assert others == {404}
