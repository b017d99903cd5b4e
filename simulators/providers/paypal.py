"""A stand-in for PayPal: orders v2 and payments v1, an approval page, webhooks, and faults.

    python -m simulators.providers.paypal --port 8701 --webhook http://localhost:4566/.../others/payments/paypal

Faults are set by POST /faults with a list; each entry makes one request or webhook fail, in turn.
"""

import argparse
import html
import json
import secrets
import threading
import time
import urllib.request
import zlib
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest, new
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from iotcloud.billing.model import read_amount, write_amount

PAYER = "PAYER0000000A"
WEBHOOK_ID = "WEBHOOKLOCAL"
CREDENTIALS = {"client_id": "local", "client_secret": "local", "webhook_id": WEBHOOK_ID}
HANG_SECONDS = 30.0
WEBHOOK_SECONDS = 30.0
PAUSE_SECONDS = 0.5
Json = dict[str, Any]


class Fault(StrEnum):
    """The fault of one request or webhook."""

    DOWN = "down"
    """Nothing is done: 503."""
    UNAUTHORIZED = "unauthorized"
    """Nothing is done: 401."""
    ERROR = "error"
    """Done, but the response is 500."""
    TIMEOUT = "timeout"
    """Done, without a response."""
    DROP = "drop"
    """Done, but the connection ends."""
    NONSENSE = "nonsense"
    """Done, but the response is invalid JSON."""
    WRONG_AMOUNT = "wrong amount"
    """The response has another amount."""
    WRONG_CURRENCY = "wrong currency"
    WRONG_REFERENCE = "wrong reference"
    DECLINE = "decline"
    """A capture is refused."""
    PENDING = "pending"
    """A capture is pending."""
    DUPLICATE = "webhook twice"
    DELAY = "webhook late"
    FORGE = "webhook forged"
    """The webhook has an invalid signature."""
    LOSE = "webhook lost"
    HOLD = "webhook held"
    """It is sent after the next one."""


WEBHOOK_FAULTS = frozenset({Fault.DUPLICATE, Fault.DELAY, Fault.FORGE, Fault.LOSE, Fault.HOLD})
DONE = frozenset({Fault.ERROR, Fault.TIMEOUT, Fault.DROP, Fault.NONSENSE})


@dataclass
class Account:
    """One payment or order."""

    payment_id: str
    token: str
    is_order: bool
    amount: int
    currency: str
    reference: str
    description: str
    return_url: str
    cancel_url: str
    state: str = "created"
    """created, approved, cancelled, completed, pending or declined."""
    capture_id: str = ""
    captures: int = 0
    """The number of captures."""
    refunds: list[int] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        return sum(self.refunds)


@dataclass(frozen=True)
class Webhook:
    """A webhook to the platform."""

    headers: Mapping[str, str]
    text: str


class Paypal:
    """PayPal's state and operations, without the network. Thread-safe."""

    def __init__(self, page_url: str, send: Callable[[Webhook], object]) -> None:
        self.page_url = page_url
        self.accounts: dict[str, Account] = {}
        self.faults: deque[Fault] = deque()
        self.requests: list[tuple[str, str]] = []
        self.clients: list[tuple[str, str]] = []
        """Credentials for which tokens were given."""
        self.sent: list[Webhook] = []
        self._made: dict[str, str] = {}
        self._send = send
        self._key = secrets.token_bytes(16)
        self._tokens: set[str] = set()
        self._held: list[Webhook] = []
        self._lock = threading.RLock()

    # ------------------------------------------------------------ API

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: str) -> tuple[int, str] | None:
        """Handle an API request; return None for no response."""
        with self._lock:
            self.requests.append((method, path))
            if path == "/v1/oauth2/token":
                return self._give_token(headers)
            fault = self._take_fault(webhook=False)
            if fault is Fault.DOWN:
                return 503, json.dumps({"name": "SERVICE_UNAVAILABLE"})
            if fault is Fault.UNAUTHORIZED or headers.get("authorization", "")[7:] not in self._tokens:
                return 401, json.dumps({"name": "AUTHENTICATION_FAILURE"})
            try:
                status, members = self._route(method, path, headers, body, fault)
            except (KeyError, ValueError, TypeError, IndexError):
                status, members = 400, {"name": "INVALID_REQUEST"}
        match fault:
            case Fault.ERROR:
                return 500, json.dumps({"name": "INTERNAL_SERVER_ERROR"})
            case Fault.NONSENSE:
                return 200, "<html>"
            case Fault.DROP:
                return None
            case Fault.TIMEOUT:
                time.sleep(HANG_SECONDS)
                return None
        return status, json.dumps(members)

    def _give_token(self, headers: Mapping[str, str]) -> tuple[int, str]:
        scheme, _, credentials = headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return 401, json.dumps({"error": "invalid_client"})
        client, _, secret = b64decode(credentials).decode().partition(":")
        self.clients.append((client, secret))
        token = secrets.token_hex(16)
        self._tokens.add(token)
        return 200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 32400})

    def forget_tokens(self) -> None:
        """Take no token any more that was given before."""
        self._tokens.clear()

    def _route(
        self, method: str, path: str, headers: Mapping[str, str], body: str, fault: Fault | None
    ) -> tuple[int, Json]:
        request_id = headers.get("paypal-request-id", "")
        match method, path.strip("/").split("/"):
            case "POST", ["v2", "checkout", "orders"]:
                return 201, self._show(self._make(_order(json.loads(body)), request_id), None)
            case "POST", ["v1", "payments", "payment"]:
                return 201, self._show(self._make(_payment(json.loads(body)), request_id), None)
            case "GET", ["v2", "checkout", "orders", found] | ["v1", "payments", "payment", found]:
                account = self.accounts.get(found)
                return (200, self._show(account, fault)) if account else (404, {"name": "RESOURCE_NOT_FOUND"})
            case "POST", ["v2", "checkout", "orders", found, "capture"]:
                return self._capture(self.accounts[found], PAYER, fault)
            case "POST", ["v1", "payments", "payment", found, "execute"]:
                return self._capture(self.accounts[found], json.loads(body)["payer_id"], fault)
            case "POST", ["v1", "notifications", "verify-webhook-signature"]:
                return 200, {"verification_status": "SUCCESS" if self._is_mine(body) else "FAILURE"}
            case _:
                return 404, {"name": "RESOURCE_NOT_FOUND"}

    def _make(self, account: Account, request_id: str) -> Account:
        """Create one account per request id."""
        kind = "order" if account.is_order else "payment"
        known = self._made.setdefault(f"{kind} {request_id or secrets.token_hex(8)}", account.payment_id)
        return self.accounts.setdefault(known, account)

    def _capture(self, account: Account, payer_id: str, fault: Fault | None) -> tuple[int, Json]:
        if account.captures:
            issue = "ORDER_ALREADY_CAPTURED" if account.is_order else "PAYMENT_ALREADY_DONE"
            return 422 if account.is_order else 400, {"name": issue, "details": [{"issue": issue}]}
        if account.state != "approved" or payer_id != PAYER:
            return 422 if account.is_order else 400, {"name": "ORDER_NOT_APPROVED"}
        if fault is Fault.DECLINE:
            account.state, account.capture_id = "declined", secrets.token_hex(8).upper()
            return 422 if account.is_order else 400, {"name": "INSTRUMENT_DECLINED"}
        account.captures += 1
        account.capture_id = secrets.token_hex(8).upper()
        account.state = "pending" if fault is Fault.PENDING else "completed"
        self._tell(account, "PENDING" if fault is Fault.PENDING else "COMPLETED")
        return 201 if account.is_order else 200, self._show(account, None)

    def _show(self, account: Account, fault: Fault | None) -> Json:
        amount = account.amount + 100 if fault is Fault.WRONG_AMOUNT else account.amount
        currency = "EUR" if fault is Fault.WRONG_CURRENCY else account.currency
        reference = "0" * 32 if fault is Fault.WRONG_REFERENCE else account.reference
        shown = _shown_order if account.is_order else _shown_payment
        return shown(account, amount, currency, reference, f"{self.page_url}/checkoutnow?token={account.token}")

    # ------------------------------------------------------------ the payer

    def page(self, token: str) -> tuple[int, str]:
        """Return the approval page."""
        account = self._by_token(token)
        if account is None:
            return 404, _page("No such payment", "")
        form = (
            f"<p>{html.escape(account.description)}</p><p><b>{write_amount(account.amount)} {account.currency}</b></p>"
            f'<form method="post" action="/approve?token={token}"><button id="approve">Pay</button></form>'
            f'<form method="post" action="/cancel?token={token}"><button id="cancel">Cancel</button></form>'
        )
        return 200, _page("Pay with the stand-in of PayPal", form)

    def approve(self, token: str) -> str | None:
        """Approve as the payer; return the redirect address."""
        with self._lock:
            account = self._by_token(token)
            if account is None:
                return None
            if account.state == "created":
                account.state = "approved"
            named = {} if account.is_order else {"paymentId": account.payment_id}
            return _with(account.return_url, {**named, "token": token, "PayerID": PAYER})

    def cancel(self, token: str) -> str | None:
        """Cancel as the payer; return the redirect address."""
        account = self._by_token(token)
        return None if account is None else _with(account.cancel_url, {"token": token})

    def _by_token(self, token: str) -> Account | None:
        return next((one for one in list(self.accounts.values()) if one.token == token), None)

    # ------------------------------------------------------------ the merchant's account at PayPal

    def clear(self, payment_id: str) -> None:
        """Complete a pending capture."""
        with self._lock:
            account = self.accounts[payment_id]
            account.state = "completed"
            self._tell(account, "COMPLETED")

    def refund(self, payment_id: str, cents: int = 0) -> None:
        """Refund the rest, or a number of cents."""
        with self._lock:
            account = self.accounts[payment_id]
            left = account.amount - account.refunded
            if account.state != "completed" or not left:
                return
            account.refunds.append(min(cents or left, left))
            self._tell(account, "REFUNDED", account.refunds[-1])

    def dispute(self, payment_id: str, outcome: str = "") -> None:
        """Open a dispute, or end it with PayPal's name of the outcome."""
        with self._lock:
            account = self.accounts[payment_id]
            resource: Json = {
                "dispute_id": f"PP-D-{payment_id[-6:]}",
                "disputed_transactions": [{"seller_transaction_id": account.capture_id}],
                "update_time": _now(),
            }
            if outcome:
                resource["dispute_outcome"] = {"outcome_code": outcome}
            self._post(f"CUSTOMER.DISPUTE.{'RESOLVED' if outcome else 'CREATED'}", resource)

    # ------------------------------------------------------------ webhooks

    def tell_again(self, payment_id: str) -> None:
        """Send the webhook of a completed payment again."""
        with self._lock:
            self._tell(self.accounts[payment_id], "COMPLETED")

    def sign(self, text: str) -> Webhook:
        """Sign an event."""
        headers = {
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "PAYPAL-CERT-URL": f"{self.page_url}/v1/notifications/certs/CERT-LOCAL",
            "PAYPAL-TRANSMISSION-ID": secrets.token_hex(16),
            "PAYPAL-TRANSMISSION-TIME": _now(),
        }
        values = {name.lower().replace("-", "_").removeprefix("paypal_"): value for name, value in headers.items()}
        return Webhook({**headers, "PAYPAL-TRANSMISSION-SIG": self._signature(values, text)}, text)

    def release(self) -> None:
        """Send held webhooks."""
        with self._lock:
            held, self._held = self._held, []
        for one in held:
            self._send(one)

    def _tell(self, account: Account, what: str, refunded: int = 0) -> None:
        kind = "PAYMENT.CAPTURE" if account.is_order else "PAYMENT.SALE"
        self._post(f"{kind}.{what}", _resource(account, refunded))

    def _post(self, kind: str, resource: Json) -> None:
        event = {"id": f"WH-{secrets.token_hex(8)}", "event_type": kind, "create_time": _now(), "resource": resource}
        # With white space and an empty object, like PayPal's: encoding it again would change the text.
        webhook = self.sign(json.dumps({**event, "links": [], "extra": {}}, indent=1))
        fault = self._take_fault(webhook=True)
        self.sent.append(webhook)
        match fault:
            case Fault.LOSE:
                return
            case Fault.HOLD:
                self._held.append(webhook)
                return
            case Fault.FORGE:
                webhook = Webhook({**webhook.headers, "PAYPAL-TRANSMISSION-SIG": "forged"}, webhook.text)
            case Fault.DELAY:
                threading.Timer(PAUSE_SECONDS, self._send, [webhook]).start()
                return
            case Fault.DUPLICATE:
                self._send(webhook)
        self._send(webhook)
        self.release()

    def _signature(self, values: Mapping[str, str], text: str) -> str:
        signed = f"{values['transmission_id']}|{values['transmission_time']}|{WEBHOOK_ID}|{zlib.crc32(text.encode())}"
        return new(self._key, signed.encode(), "sha256").hexdigest()

    def _is_mine(self, body: str) -> bool:
        """Check a signature over the event's original bytes."""
        members, text = json.loads(body), body.partition('"webhook_event": ')[2][:-1]
        good = self._signature(members, text)
        return members["webhook_id"] == WEBHOOK_ID and compare_digest(good, members["transmission_sig"])

    def _take_fault(self, *, webhook: bool) -> Fault | None:
        """Return and remove the first fault, if it is for a webhook or request, as given."""
        if self.faults and (self.faults[0] in WEBHOOK_FAULTS) == webhook:
            return self.faults.popleft()
        return None


def _now() -> str:
    nanoseconds = time.time_ns()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // 10**9)) + f".{nanoseconds // 1000 % 10**6:06}Z"


def _with(url: str, members: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(members)}"


def _order(body: Json) -> Account:
    (unit,) = body["purchase_units"]
    context = body["payment_source"]["paypal"]["experience_context"]
    payment_id = secrets.token_hex(8).upper() + "O"
    return Account(
        payment_id,
        payment_id,
        True,
        read_amount(unit["amount"]["value"]),
        unit["amount"]["currency_code"],
        unit["custom_id"],
        unit["description"],
        context["return_url"],
        context["cancel_url"],
    )


def _payment(body: Json) -> Account:
    (transaction,) = body["transactions"]
    urls = body["redirect_urls"]
    return Account(
        f"PAYID-{secrets.token_hex(8).upper()}",
        f"EC-{secrets.token_hex(8).upper()}",
        False,
        read_amount(transaction["amount"]["total"]),
        transaction["amount"]["currency"],
        transaction["custom"],
        transaction["item_list"]["items"][0]["name"],
        urls["return_url"],
        urls["cancel_url"],
    )


def _shown_order(account: Account, amount: int, currency: str, reference: str, url: str) -> Json:
    states = {"created": "PAYER_ACTION_REQUIRED", "cancelled": "PAYER_ACTION_REQUIRED", "approved": "APPROVED"}
    unit: Json = {"custom_id": reference, "amount": {"value": write_amount(amount), "currency_code": currency}}
    if account.capture_id:
        refunded = account.refunded
        status = {"pending": "PENDING", "declined": "DECLINED"}.get(account.state, "COMPLETED")
        if refunded:
            status = "REFUNDED" if refunded >= account.amount else "PARTIALLY_REFUNDED"
        unit["payments"] = {
            "captures": [{"id": account.capture_id, "status": status, "amount": unit["amount"]}],
            "refunds": [
                {"id": f"R{place}", "status": "COMPLETED", "amount": {**unit["amount"], "value": write_amount(cents)}}
                for place, cents in enumerate(account.refunds)
            ],
        }
    return {
        "id": account.payment_id,
        "status": states.get(account.state, "COMPLETED"),
        "purchase_units": [unit],
        **({} if account.state == "created" else {"payer": {"payer_id": PAYER, "email_address": "payer@example.com"}}),
        "links": [{"rel": "self", "href": url}, {"rel": "payer-action", "href": url}],
    }


def _shown_payment(account: Account, amount: int, currency: str, reference: str, url: str) -> Json:
    related: list[Json] = []
    shown = {"total": write_amount(amount), "currency": currency}
    if account.capture_id:
        state = {"pending": "pending", "declined": "denied"}.get(account.state, "completed")
        if account.refunds:
            state = "refunded" if account.refunded >= account.amount else "partially_refunded"
        related = [{"sale": {"id": account.capture_id, "state": state, "amount": shown}}] + [
            {"refund": {"id": f"R{place}", "state": "completed", "amount": {**shown, "total": write_amount(cents)}}}
            for place, cents in enumerate(account.refunds)
        ]
    return {
        "id": account.payment_id,
        "state": "created" if account.state in ("created", "approved", "cancelled") else "approved",
        "transactions": [{"amount": shown, "custom": reference, "related_resources": related}],
        "payer": {
            "payment_method": "paypal",
            **({} if account.state == "created" else {"payer_info": {"payer_id": PAYER, "email": "payer@example.com"}}),
        },
        "links": [{"rel": "self", "href": url}, {"rel": "approval_url", "href": url}],
    }


def _resource(account: Account, refunded: int) -> Json:
    """An event's resource: a capture or sale, or its refund."""
    if account.is_order:
        resource: Json = {
            "id": account.capture_id,
            "custom_id": account.reference,
            "amount": {"value": write_amount(account.amount), "currency_code": account.currency},
            "supplementary_data": {"related_ids": {"order_id": account.payment_id}},
        }
        if refunded:
            above = f"https://api.paypal.example/v2/payments/captures/{account.capture_id}"
            resource |= {
                "id": secrets.token_hex(8).upper(),
                "amount": {"value": write_amount(refunded), "currency_code": account.currency},
                "links": [{"rel": "up", "href": above}],
            }
            del resource["supplementary_data"]
        return resource
    amount = {"total": write_amount(refunded or account.amount), "currency": account.currency}
    resource = {"id": account.capture_id, "parent_payment": account.payment_id, "amount": amount}
    return resource | ({"id": secrets.token_hex(8).upper(), "sale_id": account.capture_id} if refunded else {})


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1>{body}<p>No money moves here.</p></html>"
    )


class PaypalServer:
    """The stand-in on a port of this machine; a `with` block runs it."""

    def __init__(self, port: int = 0, webhook: Callable[[], str] = str, show: Callable[[str], object] = len) -> None:
        """`webhook` returns the address of webhooks and is called for each; empty means none."""
        self._webhook = webhook
        self._show = show
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.paypal = Paypal(self.url, self._send)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: str) -> tuple[int, str, str] | None:
        """Return status, text and redirect address; None for no response."""
        parts = urlsplit(path)
        if parts.path.startswith(("/v1/", "/v2/")):
            answered = self.paypal.answer(method, parts.path, headers, body)
            self._show(f"{method} {parts.path}: {answered[0] if answered else 'no answer'}")
            return None if answered is None else (*answered, "")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        token = query.get("token", "")
        match method, parts.path:
            case "GET", "/checkoutnow":
                return *self.paypal.page(token), ""
            case "POST", "/approve" | "/cancel":
                sent = self.paypal.approve(token) if parts.path == "/approve" else self.paypal.cancel(token)
                return (404, "", "") if sent is None else (303, "", sent)
            case "POST", "/faults":
                self.paypal.faults.extend(Fault(name) for name in json.loads(body))
                return 200, "{}", ""
            case "POST", "/refund":
                self.paypal.refund(query["id"], int(query.get("cents", 0)))
                return 303, "", "/"
            case "POST", "/dispute":
                self.paypal.dispute(query["id"], query.get("outcome", ""))
                return 303, "", "/"
            case "POST", "/clear":
                self.paypal.clear(query["id"])
                return 303, "", "/"
            case "GET", "/":
                return 200, self._list(), ""
            case _:
                return 404, "", ""

    def _list(self) -> str:
        def act(what: str, account: Account) -> str:
            return f'<form method="post" action="/{what}?id={account.payment_id}"><button>{what}</button></form>'

        rows = "".join(
            f"<li>{one.payment_id}: {html.escape(one.description)}, {write_amount(one.amount)} {one.currency}, "
            f"{one.state}, refunded {write_amount(one.refunded)} {act('refund', one)}{act('dispute', one)}</li>"
            for one in list(self.paypal.accounts.values())
        )
        return _page("Payments at the stand-in of PayPal", f"<ol>{rows}</ol>")

    def _send(self, webhook: Webhook) -> None:
        """Send a webhook asynchronously, like PayPal."""
        threading.Thread(target=self._deliver, args=(webhook,), daemon=True).start()

    def _deliver(self, webhook: Webhook) -> None:
        url = self._webhook()
        if not url:
            return
        request = urllib.request.Request(  # noqa: S310 the platform's own address
            url, webhook.text.encode(), {**webhook.headers, "Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=WEBHOOK_SECONDS) as answer:
                self._show(f"webhook: {answer.status}")
        except OSError as refused:
            self._show(f"webhook: {refused}")


def _handler(server: PaypalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def _serve(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answered = server.answer(method, self.path, headers, body)
            except (KeyError, ValueError):
                answered = 400, "", ""
            if answered is None:
                self.close_connection = True
                return
            status, text, location = answered
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if text.startswith("{") else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
            """Log nothing: the stand-in prints what matters."""

    return Handler


def main() -> None:
    """Read the command line, and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m simulators.providers.paypal", description=__doc__)
    parser.add_argument("--port", type=int, default=8701)
    parser.add_argument("--webhook", default="", help="where webhooks go")
    parser.add_argument("--stack-file", type=Path, help="a local cloud's stack.json, which tells where they go")
    arguments = parser.parse_args()

    def webhook() -> str:
        if arguments.stack_file and arguments.stack_file.is_file():
            return f"{json.loads(arguments.stack_file.read_text())['api_url']}/others/payments/paypal"
        return str(arguments.webhook)

    def show(line: str) -> None:
        print(time.strftime("%H:%M:%S"), line, flush=True)

    with PaypalServer(arguments.port, webhook, show) as server, suppress(KeyboardInterrupt):
        print(f"answers at {server.url}; faults: POST {server.url}/faults a list of {[*map(str, Fault)]}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
