"""One suite for both adapters of PayPal, against the stand-in: the way of a payment, and everything that goes wrong."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from iotcloud.adapters import paypal_orders, paypal_rest
from iotcloud.adapters.paypal_orders import PaypalOrders
from iotcloud.adapters.paypal_rest import PaypalRest
from iotcloud.billing.interfaces import Approval, PaymentProvider
from iotcloud.billing.model import Package, ProviderStatus
from iotcloud.errors import PaymentServiceFailed
from simulators.providers import paypal as stand_in
from simulators.providers.paypal import CREDENTIALS, PAYER, Fault, PaypalServer, Webhook

PACKAGE = Package("CREDS1000", 1000, 900)
URL = "http://localhost:8100/#/paid?username=ann"


@pytest.fixture
def webhooks() -> list[Webhook]:
    return []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, webhooks: list[Webhook]) -> Iterator[PaypalServer]:
    monkeypatch.setattr(stand_in, "HANG_SECONDS", 2.0)
    monkeypatch.setenv("NO_PROXY", "localhost")
    for adapter in (paypal_orders, paypal_rest):
        monkeypatch.setattr(adapter, "READ_SECONDS", 1)
    with PaypalServer() as running:
        running.paypal._send = webhooks.append
        yield running


@pytest.fixture(params=["orders", "rest"])
def provider(request: pytest.FixtureRequest, server: PaypalServer) -> PaymentProvider:
    def secret() -> str:
        return json.dumps(CREDENTIALS)

    return PaypalOrders(secret, server.url) if request.param == "orders" else PaypalRest(secret, server.url, "sandbox")


def create(provider: PaymentProvider, reference: str = "r1") -> Approval:
    return provider.create(PACKAGE, reference, URL, URL)


def approved(provider: PaymentProvider, server: PaypalServer) -> str:
    payment_id = create(provider).payment_id
    assert server.paypal.approve(server.paypal.accounts[payment_id].token)
    return payment_id


def completed(provider: PaymentProvider, server: PaypalServer) -> str:
    payment_id = approved(provider, server)
    provider.capture(payment_id, PAYER, "r1")
    return payment_id


def status(provider: PaymentProvider, payment_id: str) -> ProviderStatus:
    found = provider.find(payment_id)
    assert found is not None
    return found.status


def test_a_payment_goes_from_its_setup_to_its_money(provider: PaymentProvider, server: PaypalServer) -> None:
    approval = create(provider)
    created = provider.find(approval.payment_id)
    server.paypal.approve(server.paypal.accounts[approval.payment_id].token)
    agreed = provider.find(approval.payment_id)
    provider.capture(approval.payment_id, PAYER, "r1")
    paid = provider.find(approval.payment_id)

    assert created is not None
    assert agreed is not None
    assert paid is not None
    assert (created.status, created.reference, created.amount, created.currency) == (
        ProviderStatus.CREATED,
        "r1",
        900,
        "USD",
    )
    assert (agreed.status, agreed.payer_id, agreed.captured) == (ProviderStatus.APPROVED, PAYER, 0)
    assert (paid.status, paid.captured, paid.refunded) == (ProviderStatus.CAPTURED, 900, 0)
    assert paid.capture_id == server.paypal.accounts[approval.payment_id].capture_id


def test_the_same_reference_makes_one_payment(provider: PaymentProvider, server: PaypalServer) -> None:
    assert create(provider) == create(provider)
    assert create(provider) != create(provider, "r2")
    assert len(server.paypal.accounts) == 2


def test_money_is_taken_once_however_often_it_is_asked_for(provider: PaymentProvider, server: PaypalServer) -> None:
    payment_id = completed(provider, server)

    provider.capture(payment_id, PAYER, "r1")

    assert server.paypal.accounts[payment_id].captures == 1
    assert status(provider, payment_id) is ProviderStatus.CAPTURED


def test_what_nobody_approved_is_not_taken(provider: PaymentProvider, server: PaypalServer) -> None:
    payment_id = create(provider).payment_id

    provider.capture(payment_id, PAYER, "r1")

    assert status(provider, payment_id) is ProviderStatus.CREATED


@pytest.mark.parametrize(
    ("fault", "expected"), [(Fault.DECLINE, ProviderStatus.REFUSED), (Fault.PENDING, ProviderStatus.PENDING)]
)
def test_money_that_does_not_come_shows(
    provider: PaymentProvider, server: PaypalServer, fault: Fault, expected: ProviderStatus
) -> None:
    payment_id = approved(provider, server)
    server.paypal.faults.append(fault)

    provider.capture(payment_id, PAYER, "r1")

    assert status(provider, payment_id) is expected


def test_refunds_show_in_all(provider: PaymentProvider, server: PaypalServer) -> None:
    payment_id = completed(provider, server)
    seen = []
    for cents in (100, 200, 0):
        server.paypal.refund(payment_id, cents)
        found = provider.find(payment_id)
        assert found is not None
        seen.append((found.status, found.captured, found.refunded))

    assert seen == [(ProviderStatus.CAPTURED, 900, refunded) for refunded in (100, 300, 900)]


def test_a_payment_that_paypal_does_not_know_is_none(provider: PaymentProvider) -> None:
    assert provider.find("PAYID-NONE") is None


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.ERROR, Fault.TIMEOUT, Fault.DROP, Fault.NONSENSE])
@pytest.mark.parametrize("ask", ["create", "find"])
def test_what_paypal_does_not_answer_fails(
    provider: PaymentProvider, server: PaypalServer, fault: Fault, ask: str
) -> None:
    payment_id = create(provider).payment_id
    server.paypal.faults.append(fault)

    with pytest.raises(PaymentServiceFailed):
        create(provider, "r2") if ask == "create" else provider.find(payment_id)
    assert status(provider, payment_id) is ProviderStatus.CREATED


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.ERROR, Fault.TIMEOUT, Fault.DROP])
def test_money_may_be_taken_without_an_answer_and_then_shows(
    provider: PaymentProvider, server: PaypalServer, fault: Fault
) -> None:
    payment_id = approved(provider, server)
    server.paypal.faults.append(fault)

    with pytest.raises(PaymentServiceFailed):
        provider.capture(payment_id, PAYER, "r1")

    expected = ProviderStatus.APPROVED if fault is Fault.DOWN else ProviderStatus.CAPTURED
    assert status(provider, payment_id) is expected


def test_a_token_that_ended_is_renewed_once_and_not_for_ever(provider: PaymentProvider, server: PaypalServer) -> None:
    payment_id = create(provider).payment_id
    server.paypal.faults.append(Fault.UNAUTHORIZED)
    assert status(provider, payment_id) is ProviderStatus.CREATED

    server.paypal.faults.extend([Fault.UNAUTHORIZED] * 50)
    asked = len(server.paypal.requests)
    with pytest.raises(PaymentServiceFailed):
        provider.find(payment_id)
    assert len(server.paypal.requests) - asked <= 5


@pytest.mark.parametrize("fault", [Fault.WRONG_AMOUNT, Fault.WRONG_CURRENCY, Fault.WRONG_REFERENCE])
def test_what_paypal_shows_is_what_is_found(provider: PaymentProvider, server: PaypalServer, fault: Fault) -> None:
    payment_id = completed(provider, server)
    true = provider.find(payment_id)
    server.paypal.faults.append(fault)

    assert provider.find(payment_id) != true


def test_a_webhook_is_verified_by_its_own_octets(
    provider: PaymentProvider, server: PaypalServer, webhooks: list[Webhook]
) -> None:
    completed(provider, server)
    (webhook,) = webhooks
    headers = {name.lower(): value for name, value in webhook.headers.items()}

    assert provider.verify(headers, webhook.text)
    assert not provider.verify(headers, webhook.text.replace("COMPLETED", "REFUNDED"))
    assert not provider.verify(headers, json.dumps(json.loads(webhook.text)))
    assert not provider.verify({**headers, "paypal-transmission-sig": "forged"}, webhook.text)
    assert not provider.verify({**headers, "paypal-transmission-id": "another"}, webhook.text)


@pytest.mark.parametrize("value", ["", "x" * 501])
def test_a_webhook_without_its_signature_is_not_asked_about(
    provider: PaymentProvider, server: PaypalServer, webhooks: list[Webhook], value: str
) -> None:
    completed(provider, server)
    headers = {name.lower(): text for name, text in webhooks[0].headers.items()}
    asked = len(server.paypal.requests)

    assert not provider.verify({**headers, "paypal-transmission-sig": value}, webhooks[0].text)
    assert not provider.verify({}, webhooks[0].text)
    assert len(server.paypal.requests) == asked


def test_a_webhook_is_neither_genuine_nor_forged_while_paypal_is_down(
    provider: PaymentProvider, server: PaypalServer, webhooks: list[Webhook]
) -> None:
    completed(provider, server)
    server.paypal.faults.append(Fault.DOWN)

    with pytest.raises(PaymentServiceFailed):
        provider.verify({name.lower(): value for name, value in webhooks[0].headers.items()}, webhooks[0].text)


@pytest.mark.parametrize("text", [None, "", "no JSON", "{}", '{"client_id": "x"}', "[]"])
@pytest.mark.parametrize("make", [PaypalOrders, lambda secret, url: PaypalRest(secret, url, "sandbox")])
def test_without_credentials_nobody_is_asked(
    server: PaypalServer, text: str | None, make: Callable[[Callable[[], str | None], str], PaymentProvider]
) -> None:
    provider = make(lambda: text, server.url)

    with pytest.raises(PaymentServiceFailed):
        create(provider)
    with pytest.raises(PaymentServiceFailed):
        provider.verify({}, "{}")
    assert server.paypal.requests == []


@pytest.mark.parametrize("make", [PaypalOrders, lambda secret, url: PaypalRest(secret, url, "sandbox")])
def test_credentials_that_changed_are_used(
    server: PaypalServer, make: Callable[[Callable[[], str | None], str], PaymentProvider]
) -> None:
    current = dict(CREDENTIALS)
    provider = make(lambda: json.dumps(current), server.url)
    payment_id = create(provider).payment_id
    current["client_id"] = "another"
    server.paypal.forget_tokens()

    assert status(provider, payment_id) is ProviderStatus.CREATED
    assert [client for client, _ in server.paypal.clients] == ["local", "another"]


def test_a_person_can_agree_or_not_on_a_page(provider: PaymentProvider, server: PaypalServer) -> None:
    approval = create(provider)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())

    def ask(url: str, method: str = "GET") -> tuple[str, str]:
        try:
            with opener.open(urllib.request.Request(url, method=method), timeout=30) as answer:
                return answer.read().decode(), ""
        except urllib.error.HTTPError as redirected:
            return "", redirected.headers["Location"]

    page, _ = ask(approval.url)
    _, cancelled = ask(approval.url.replace("checkoutnow", "cancel"), "POST")
    _, returned = ask(approval.url.replace("checkoutnow", "approve"), "POST")

    assert "9.00 USD" in page
    token = parse_qs(urlsplit(approval.url).query)["token"][0]
    assert cancelled == f"{URL}&token={token}"
    assert returned.startswith(f"{URL}&")
    assert returned.endswith(f"token={token}&PayerID={PAYER}")
    assert status(provider, approval.payment_id) is ProviderStatus.APPROVED
    assert approval.payment_id in ask(server.url)[0]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None
