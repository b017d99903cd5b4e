"""Buying message credits on the local cloud, once through each of PayPal's APIs, with the stand-in's approval page."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest

from simulators.cloud import outbox
from simulators.providers.paypal import PAYER
from tests.e2e.local_cloud import SharedCloud, aws_clients
from tests.e2e.patience import eventually
from tests.e2e.people import Person, Stack, person_maker

SKU = "CREDS500USD5"
URL = "http://localhost:8100/#/page_payment_confirmation?credits=500"
SETUP = {"return_url": URL, "cancel_url": URL, "item_sku": SKU, "item_credits": "500", "item_price": "1.00"}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Page:
    """The stand-in's pages, as a browser drives them."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack["paypal_url"]
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())

    def open(self, url: str, method: str = "GET", body: Any = None) -> tuple[str, str]:
        """Return what is shown, and where the browser is sent."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with self._opener.open(urllib.request.Request(url, data, method=method), timeout=60) as answer:
                return answer.read().decode(), ""
        except urllib.error.HTTPError as redirected:
            return "", redirected.headers["Location"]

    def decide(self, approval_url: str, decision: str) -> dict[str, str]:
        """Approve or cancel; return the parameters with which PayPal sends the browser back."""
        shown, _ = self.open(approval_url)
        assert "1.00 USD" in shown
        _, location = self.open(approval_url.replace("checkoutnow", decision), "POST")
        assert location.startswith(URL)
        return {name: values[0] for name, values in parse_qs(location.partition("?")[2]).items()}

    def act(self, what: str, **query: object) -> None:
        """Do something in the merchant's account at PayPal."""
        self.open(f"{self._url}/{what}?{'&'.join(f'{name}={value}' for name, value in query.items())}", "POST")

    def fail(self, *faults: str) -> None:
        """Have the next requests or webhooks go wrong."""
        self.open(f"{self._url}/faults", "POST", list(faults))


@contextmanager
def through(aws: Callable[[str], Any], stack: Stack, api: str) -> Iterator[None]:
    """Have the API function use one of PayPal's APIs, as the parameter PaypalApi would."""
    name = f"{stack['stack_name']}-api"
    functions = aws("lambda")
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before | {"PAYPAL_API": api}})
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def bought(person: Person) -> int:
    return int(person.api.must("GET", "/account/subscription")["subscription"]["bought"])


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """Give a cloud of its own: the emulator ends calls in flight when a function's configuration changes."""
    cloud = SharedCloud(uuid4().hex[:8])
    yield cloud.stack()
    cloud.leave()


@pytest.mark.parametrize("api", ["orders", "rest"])
def test_somebody_buys_credits_once_cancels_and_gets_money_back(own_stack: Stack, api: str) -> None:
    stack, new_person = own_stack, person_maker(own_stack)
    page, person, other = Page(stack), new_person(), new_person()
    with through(aws_clients(stack), stack, api):
        # Cancelled: nothing is granted, and nothing can be executed.
        setup = person.api.must("POST", "/account/payment/paypalsetup", SETUP)
        assert "PayerID" not in page.decide(setup["approval_url"], "cancel")
        assert execute(person, setup) == (200, "NG")

        # Approved: executed by its buyer alone and once, whatever comes twice.
        setup = person.api.must("POST", "/account/payment/paypalsetup", SETUP)
        returned = page.decide(setup["approval_url"], "approve")
        assert (returned["PayerID"], returned["token"]) == (PAYER, setup["token"])
        assert execute(other, setup) == (404, "NG")
        page.fail("webhook twice")
        assert [execute(person, setup) for _ in range(2)] == [(200, "OK")] * 2
        verify = {"paymentId": setup["paymentId"]}
        assert person.api.must("POST", "/account/payment/paypalverify", verify)["status"] == "OK"
        after = person.api.must("POST", "/account/subscription", {"credits": "500"})["subscription"]
        assert (after["type"], after["credits"], after["bought"], bought(other)) == ("Paid", "1500", 500, 0)
        receipt = eventually(lambda: mail(stack, person, "500 message credits were added"), bool)
        assert payment(person, setup)["transaction"] in receipt

        # Refunded in part, then whole: PayPal tells, and the share of the credits goes.
        for cents, left in ((50, 250), (0, 0)):
            page.act("refund", id=setup["paymentId"], cents=cents)
            eventually(lambda: bought(person), lambda found, left=left: found == left)  # type: ignore[misc]
        shown = payment(person, setup)
        assert (shown["state"], shown["refunded"], shown["creditstakenback"]) == ("refunded", "1.00", 500)

        # The webhook is forged: it is refused, and the payer's own call grants the credits.
        setup = person.api.must("POST", "/account/payment/paypalsetup", SETUP)
        page.decide(setup["approval_url"], "approve")
        page.fail("webhook forged")
        assert execute(person, setup) == (200, "OK")
        assert bought(person) == 500


def execute(person: Person, setup: dict[str, Any]) -> tuple[int, str]:
    body = {"paymentId": setup["paymentId"], "PayerID": PAYER, "token": setup["token"]}
    status, answer = person.api.call("POST", "/account/payment/paypalexecute", body)
    return status, answer["status"]


def payment(person: Person, setup: dict[str, Any]) -> dict[str, Any]:
    payments: list[dict[str, Any]] = person.api.must("GET", "/account/payments")["payments"]
    return next(one for one in payments if one["paymentid"] == setup["paymentId"])


def mail(stack: Stack, person: Person, text: str) -> str:
    """Return a mail to somebody that has a text in it, or nothing."""
    sent = outbox.read(stack["endpoint_url"])
    return next((one.text for one in sent if one.recipient == person.username and text in one.text), "")
