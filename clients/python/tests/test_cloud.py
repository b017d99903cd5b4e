"""Calls carry a good token, are made again when that is safe, and lists have no pages."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from conftest import DEVICE, URL, Api, ok, refused
from iotcloud_client import ApiFailure, Cloud, NoAnswer, NotSignedIn, Tokens
from iotcloud_client.generated.api.board import get_status, set_status
from iotcloud_client.generated.api.devices import list_devices
from iotcloud_client.generated.api.histories import export_histories
from iotcloud_client.generated.models.challenge_kind import ChallengeKind
from iotcloud_client.generated.models.set_status import SetStatus
from iotcloud_client.generated.models.set_status_status import SetStatusStatus
from iotcloud_client.retries import RetryingTransport

OLD = Tokens("old", "id", "refresh")
NEW = {"access": "new", "id": "id2", "refresh": "refresh"}


def test_signing_in_sends_basic_credentials_and_keeps_the_tokens(api: Api) -> None:
    kept: list[Tokens] = []
    api.table["POST /user/login"] = lambda _: ok(token=NEW, name="Ann")

    Cloud(URL, keep=kept.append, transport=api).log_in("ann@example.com", "secret")

    assert api.asked[0].headers["Authorization"] == "Basic YW5uQGV4YW1wbGUuY29tOnNlY3JldA=="
    assert kept == [Tokens(**NEW)]


def test_a_challenge_is_answered_by_whom_it_is_put_to(api: Api) -> None:
    api.table["POST /user/login"] = lambda _: ok(challenge="SOFTWARE_TOKEN_MFA", session="s")
    api.table["POST /user/login/challenge"] = lambda _: ok(token=NEW)
    asked: list[ChallengeKind] = []

    def answer(kind: ChallengeKind) -> str:
        asked.append(kind)
        return "123456"

    Cloud(URL, transport=api).log_in("ann@example.com", "secret", answer)

    assert [kind.value for kind in asked] == ["SOFTWARE_TOKEN_MFA"]
    assert api.bodies("/challenge") == [{"challenge": "SOFTWARE_TOKEN_MFA", "session": "s", "answer": "123456"}]


def test_a_challenge_that_nobody_answers_is_a_failure(api: Api) -> None:
    api.table["POST /user/login"] = lambda _: ok(challenge="SMS_MFA", session="s")

    with pytest.raises(ApiFailure) as refusal:
        Cloud(URL, transport=api).log_in("ann@example.com", "secret")

    assert refusal.value.code == "challenge"


def test_many_calls_at_once_refresh_once(api: Api) -> None:
    together = Barrier(8, timeout=30)

    def devices(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "Bearer old":
            together.wait()  # all of them are refused before one refreshes
            return refused(401, "token_expired", "Token expired")
        return ok(devices=[DEVICE])

    api.table["GET /devices"] = devices
    api.table["POST /user/token"] = lambda _: ok(token=NEW)
    kept: list[Tokens] = []
    cloud = Cloud(URL, OLD, keep=kept.append, transport=api)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: cloud.ask(list_devices.sync_detailed), range(8)))

    assert [len(one.devices) for one in found] == [1] * 8
    assert api.bodies("/user/token") == [{"refresh": "refresh", "id": "id"}]
    assert kept == [Tokens(**NEW)]


def test_a_refresh_that_is_refused_is_the_failure_of_the_call(api: Api) -> None:
    api.table["GET /devices"] = lambda _: refused(401, "token_expired", "Token expired")
    api.table["POST /user/token"] = lambda _: refused(401, "refresh_token_invalid", "Refresh token invalid")

    with pytest.raises(ApiFailure) as refusal:
        Cloud(URL, OLD, transport=api).ask(list_devices.sync_detailed)

    assert refusal.value.status == 401


def test_another_401_is_not_refreshed(api: Api) -> None:
    api.table["GET /devices"] = lambda _: refused(401, "not_authenticated", "Unauthorized access")

    with pytest.raises(ApiFailure):
        Cloud(URL, OLD, transport=api).ask(list_devices.sync_detailed)

    assert len(api.asked) == 1


def test_pages_are_one_list(api: Api) -> None:
    pages = {None: ok(devices=[DEVICE] * 2, cursor="next"), "next": ok(devices=[DEVICE])}
    api.table["GET /devices"] = lambda request: pages[request.url.params.get("cursor")]

    found = list(Cloud(URL, OLD, transport=api).pages(list_devices.sync_detailed, "devices", limit=2))

    assert [one.devicename for one in found] == ["Barn unit"] * 3
    assert {one.url.params["limit"] for one in api.asked} == {"2"}


def test_files_come_whole(api: Api) -> None:
    def part(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("cursor") == "next":
            return httpx.Response(200, text="b\n", headers={"Content-Type": "text/csv"})
        return httpx.Response(200, text="a\n", headers={"Content-Type": "text/csv", "X-Cursor": "next"})

    api.table["GET /devices/histories/export"] = part

    assert b"".join(Cloud(URL, OLD, transport=api).files(export_histories.sync_detailed)) == b"a\nb\n"


def test_failures_carry_code_detail_and_value(api: Api) -> None:
    detail = [{"member": "status", "reason": "is empty"}]
    api.table["GET /devices/device/Barn unit/status"] = lambda _: refused(
        503, "device_unreachable", "Device is unreachable", detail=detail, value={"heartbeat": "5"}
    )

    with pytest.raises(ApiFailure) as refusal:
        Cloud(URL, OLD, transport=api).ask(get_status.sync_detailed, "Barn unit")

    failure = refusal.value
    assert (failure.status, failure.code, failure.value) == (503, "device_unreachable", {"heartbeat": "5"})
    assert str(failure) == "Device is unreachable; status: is empty"


def test_what_is_no_answer_of_the_api_is_a_failure_too(api: Api) -> None:
    api.table["GET /devices"] = lambda _: httpx.Response(404, text="<html>")

    with pytest.raises(ApiFailure) as refusal:
        Cloud(URL, OLD, transport=api).ask(list_devices.sync_detailed)

    assert refusal.value.code == "http_404"


def test_without_tokens_nothing_is_asked(api: Api) -> None:
    with pytest.raises(NotSignedIn):
        Cloud(URL, transport=api).ask(list_devices.sync_detailed)

    assert api.asked == []


def retrying(api: Api, waits: list[float]) -> Cloud:
    return Cloud(URL, OLD, transport=RetryingTransport(api, waits.append))


def test_a_429_is_waited_for_as_told_whatever_the_method(api: Api) -> None:
    answers = iter(
        [refused(429, "too_many_requests", "Too many requests", {"Retry-After": "7"}), ok(value={"status": 2})]
    )
    api.table["POST /devices/device/d/status"] = lambda _: next(answers)
    waits: list[float] = []

    retrying(api, waits).ask(set_status.sync_detailed, "d", body=SetStatus(SetStatusStatus.RESTART))

    assert waits == [7.0]


def test_a_429_that_stays_is_a_failure(api: Api) -> None:
    api.table["GET /devices"] = lambda _: refused(429, "too_many_requests", "Too many requests", {"Retry-After": "900"})
    waits: list[float] = []

    with pytest.raises(ApiFailure) as refusal:
        retrying(api, waits).ask(list_devices.sync_detailed)

    assert (refusal.value.status, waits) == (429, [60.0, 60.0])


def test_a_get_that_fails_at_the_server_is_made_again(api: Api) -> None:
    answers = iter([refused(500, "internal_server_error", "Internal server error"), ok(devices=[])])
    api.table["GET /devices"] = lambda _: next(answers)

    assert retrying(api, []).ask(list_devices.sync_detailed).devices == []


def test_a_post_that_fails_is_not_made_again(api: Api) -> None:
    api.table["POST /devices/device/d/status"] = lambda _: refused(
        500, "internal_server_error", "Internal server error"
    )

    with pytest.raises(ApiFailure):
        retrying(api, []).ask(set_status.sync_detailed, "d", body=SetStatus(SetStatusStatus.STOP))

    assert len(api.asked) == 1


def test_a_silent_api_is_told(api: Api) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    api.table["GET /devices"] = fail

    with pytest.raises(NoAnswer):
        retrying(api, []).ask(list_devices.sync_detailed)

    assert len(api.asked) == 3
