"""The stand-ins' own HTTP: pushes and their failures in the services' words, and receipts that carriers send."""

import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from iotcloud.notices.carrier_webhooks import is_signed_by_twilio, is_signed_by_vonage
from simulators.providers.carriers import Account
from simulators.providers.stand_in import Fault, StandIn
from tests.e2e.patience import eventually

ACCOUNT = Account("carrier-token", "carrier-signature")
FIREBASE = "/v1/projects/demo/messages:send"
PUSH = json.dumps({"message": {"token": "token-1", "notification": {"title": "Notice", "body": "Hello"}}})
APPLE = "/3/device/token-2"
ALERT = json.dumps({"aps": {"alert": {"title": "Notice", "body": "Hello"}}})
Ask = Callable[[str, str], tuple[int, Any]]


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Return an address, and the requests posted there: headers, and members of form or JSON."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_json = self.headers["Content-Type"] == "application/json"
            posted.append({**self.headers, "members": json.loads(body) if is_json else dict(parse_qsl(body, True))})
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/receipts", posted
        server.shutdown()
        thread.join()


@pytest.fixture
def stand_in(tmp_path: Path, webhook: tuple[str, list[Any]]) -> Iterator[StandIn]:
    with StandIn(tmp_path, account=Account(ACCOUNT.twilio_token, ACCOUNT.vonage_signature, webhook[0])) as running:
        yield running


@pytest.fixture
def ask(stand_in: StandIn) -> Ask:
    context = ssl.create_default_context(cafile=str(stand_in.files.authority))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))

    def post(path: str, body: str) -> tuple[int, Any]:
        try:
            with opener.open(stand_in.url + path, data=body.encode(), timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    return post


def test_pushes_are_taken_as_their_services_take_them(stand_in: StandIn, ask: Ask) -> None:
    status, answer = ask(FIREBASE, PUSH)

    assert (status, answer["name"].partition("/messages/")[0]) == (200, "projects/demo")
    assert ask(APPLE, ALERT) == (200, {})
    assert [(one.carrier, one.recipient, one.text) for one in stand_in.received] == [
        ("firebase", "token-1", "Notice: Hello"),
        ("apple", "token-2", "Notice: Hello"),
    ]


@pytest.mark.parametrize(
    ("fault", "firebase", "apple", "taken"),
    [
        (Fault.REFUSE, (404, "UNREGISTERED"), (410, "Unregistered"), 0),
        (Fault.THROTTLE, (429, "QUOTA_EXCEEDED"), (429, "TooManyRequests"), 0),
        (Fault.TOO_MANY, (429, "QUOTA_EXCEEDED"), (429, "TooManyProviderTokenUpdates"), 0),
        (Fault.ERROR, (500, "INTERNAL"), (500, "InternalServerError"), 2),
    ],
)
def test_push_services_fail_in_their_own_words(
    stand_in: StandIn, ask: Ask, fault: Fault, firebase: tuple[int, str], apple: tuple[int, str], taken: int
) -> None:
    stand_in.faults.extend((fault, fault))

    status, answer = ask(FIREBASE, PUSH)
    assert (status, answer["error"]["details"][0]["errorCode"]) == firebase
    assert ask(APPLE, ALERT) == (apple[0], {"reason": apple[1]})
    assert len(stand_in.received) == taken


@pytest.mark.parametrize(("fault", "receipts"), [(None, 1), (Fault.DUPLICATE, 2), (Fault.ERROR, 1), (Fault.REFUSE, 0)])
def test_what_a_carrier_took_has_its_signed_receipt_and_twice_when_told(
    stand_in: StandIn, ask: Ask, webhook: tuple[str, list[dict[str, Any]]], fault: Fault | None, receipts: int
) -> None:
    url, posted = webhook
    stand_in.faults.extend([fault, fault] if fault else [])

    ask("/2010-04-01/Accounts/AC1/Messages.json", urlencode({"To": "+65", "Body": "Hi", "StatusCallback": url}))
    ask("/sms/json", urlencode({"to": "65", "text": "Hi", "client-ref": "PH80/n1"}))

    eventually(lambda: len(posted), lambda count: count >= 2 * receipts)
    by_twilio = [one for one in posted if "X-Twilio-Signature" in one or "X-twilio-signature" in one]
    by_vonage = [one for one in posted if "sig" in one["members"]]
    assert (len(by_twilio), len(by_vonage)) == (receipts, receipts)
    for one in by_twilio:
        signature = one.get("X-Twilio-Signature") or one["X-twilio-signature"]
        assert is_signed_by_twilio(url, one["members"], signature, ACCOUNT.twilio_token)
    for one in by_vonage:
        assert one["members"]["client-ref"] == "PH80/n1"
        assert is_signed_by_vonage(one["members"], ACCOUNT.vonage_signature)


def test_the_address_is_there_while_it_runs(tmp_path: Path) -> None:
    with StandIn(tmp_path) as running:
        assert (tmp_path / "url").read_text() == running.url
    assert not (tmp_path / "url").exists()
