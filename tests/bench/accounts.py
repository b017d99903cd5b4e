"""Benchmark of accounts: times of login beside a simple call, and the AWS requests of each operation."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from uuid import uuid4

from simulators.cloud import demo, outbox
from simulators.cloud.rest import basic
from tests.bench.people import PASSWORD, Bench, Caller
from tests.bench.requests_per_operation import in_the_functions_place
from tests.bench.round_trips import NO_DEVICE, in_turns, is_answered
from tests.bench.tables import Row, Section, percentile

MOST_CALLS = 80
"""Calls of each kind: the API allows 100 a minute without an access token, from one address."""
RESET_CODE = "654321"
"""The code that the emulator's Cognito sends for a password reset."""
PHONE = "+6500000002"


def measure(bench: Bench) -> list[Section]:
    """Take the time of login and refresh, and count the requests of every operation of groups 1 and 10."""
    return [take_times(bench), count_requests(bench)]


def take_times(bench: Bench) -> Section:
    """Call in turns, as the round trips are measured."""
    caller = bench.caller()
    _, signed_in = caller.call("POST", "/user/login", authorization=basic(caller.username, PASSWORD))
    body = {"refresh": signed_in["token"]["refresh"], "id": signed_in["token"]["id"]}
    times = in_turns(
        {
            NO_DEVICE: lambda: is_answered(caller, "/devices"),
            "1F, login": lambda: _logs_in(caller),
            "1K, refresh": lambda: caller.call("POST", "/user/token", body)[0] == 200,
            "1H, account": lambda: is_answered(caller, "/user"),
        },
        min(bench.calls, MOST_CALLS),
    )
    base = percentile(sorted(times[NO_DEVICE]), 0.5)
    return Section(
        "Signing in",
        f"{min(bench.calls, MOST_CALLS)} calls of each, in turns, by one caller on a kept connection; milliseconds.",
        ("call", "p50", "p95", "p99", "p50 ratio"),
        [_row(name, sorted(each), base) for name, each in times.items()],
    )


def _logs_in(caller: Caller) -> bool:
    return caller.call("POST", "/user/login", authorization=basic(caller.username, PASSWORD))[0] == 200


def _row(name: str, times: list[float], base: float) -> Row:
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    return (name, p50, p95, p99, p50 / base)


def count_requests(bench: Bench) -> Section:
    """Run the life of an account twice, with the API function's rights; return the second run's AWS requests."""
    counts: dict[str, Counter[str]] = {}
    with in_the_functions_place(bench) as counted:
        for _ in range(2):
            counts = dict(live(bench, counted))
    return Section(
        "AWS requests of accounts",
        "Counted as the requests per operation are; the first life has read the pool's keys.",
        ("operation", "requests"),
        [(name, _text(requests)) for name, requests in counts.items()],
    )


def live(bench: Bench, counted: Callable[[], Counter[str]]) -> Iterator[tuple[str, Counter[str]]]:
    """Call every operation of an account's life once, and yield its AWS requests."""
    from tests.fakes.api import call_api

    email = f"bench-{uuid4().hex[:8]}@example.com"
    token: dict[str, str] = {}

    def ask(method: str, path: str, body: object = None, authorization: str | None = None) -> Counter[str]:
        header = authorization or (f"Bearer {token['access']}" if token else "")
        counted()
        answer = call_api(method, path, body, headers={"Authorization": header})
        assert answer.status == 200, (method, path, answer.status, answer.text)
        token.update(answer.body.get("token") or {})
        return counted()

    credentials, new_password = basic(email, PASSWORD), f"{PASSWORD}-new"
    person = {"email": email, "name": "Bench Person"}
    yield "1A", ask("POST", "/user/signup", person, credentials)
    yield "1A, replacing an unconfirmed account", ask("POST", "/user/signup", person, credentials)
    yield "1C", ask("POST", "/user/resend_confirmation_code", {"username": email})
    code = {"username": email, "confirmationcode": demo.SIGN_UP_CODE}
    yield "1B", ask("POST", "/user/confirm_signup", code)
    yield "1F", ask("POST", "/user/login", None, credentials)
    yield "1H", ask("GET", "/user")
    yield "1I", ask("POST", "/user", {"name": "Bench Person", "phone_number": PHONE})
    yield "1L", ask("POST", "/user/verify_phone_number")
    texts = [sent.text for sent in outbox.read(bench.stack["endpoint_url"]) if sent.recipient == PHONE]
    sent = {"confirmationcode": re.findall(r"\b[0-9]{6}\b", texts[-1])[-1]}
    yield "1M", ask("POST", "/user/confirm_verify_phone_number", sent)
    yield "1N", ask("POST", "/user/change_password", {"current_password": PASSWORD, "new_password": new_password})
    yield "1D", ask("POST", "/user/forgot_password", {"email": email})
    yield "1E", ask("POST", "/user/confirm_forgot_password", {"confirmationcode": RESET_CODE}, credentials)
    ask("POST", "/user/login", None, credentials)
    yield "1K", ask("POST", "/user/token", {"refresh": token["refresh"], "id": token["id"]})
    path = f"/user/login/idp/code/{uuid4().int % 10**10:010d}"
    yield "1O", ask("POST", path, {"code": "the-code"})
    yield "1P", ask("GET", path)
    yield "10A", ask("POST", "/mobile/devicetoken", {"devicetoken": "bench", "service": "GCM"})
    yield "1.2", ask("GET", "/user/mfa")
    yield "1.4", ask("POST", "/user/mfa/totp", {"current_password": PASSWORD})
    yield "1.3", ask("DELETE", "/user/mfa")
    yield "1.7", ask("POST", "/user/export")
    yield "1.8", ask("GET", "/user/export")
    yield "1G", ask("POST", "/user/logout")
    yield "1J", ask("DELETE", "/user")


def _text(requests: Counter[str]) -> str:
    each = (name if times == 1 else f"{times} {name}" for name, times in sorted(requests.items()))
    return ", ".join(each) or "none"
