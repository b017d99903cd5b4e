"""Credits, and payments for them (group 9)."""

from api.exports import Export, File
from api.operations import Authentication, Call, Routes
from iotcloud.billing.schema import (
    ExecutePayment,
    PackagesAnswer,
    PaymentsAnswer,
    PaymentSchema,
    PaypalEvent,
    SetSubscription,
    SetUpAnswer,
    SetUpPayment,
    SubscriptionAnswer,
    VerifyPayment,
)
from iotcloud.billing.service import MISMATCH, Outcome
from iotcloud.billing.webhooks import TRANSMISSION
from iotcloud.errors import (
    EmptyParameter,
    InvalidInput,
    MissingParameter,
    PaymentNotFound,
    PaymentServiceFailed,
    PaymentsNotOffered,
    SignatureInvalid,
)
from iotcloud.observability import count, logger
from iotcloud.pagination import MAX_EXPORTED, MAX_LIMIT, parse_limit
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Billing")
PAYMENTS = "/account/payments"
BODY_ERRORS = (EmptyParameter, InvalidInput, MissingParameter)
PAYMENT_ERRORS = (*BODY_ERRORS, PaymentNotFound, PaymentsNotOffered, PaymentServiceFailed)


@routes.operation("9A", "GET SUBSCRIPTION", "GET", "/account/subscription", answer=SubscriptionAnswer)
def get_subscription(call: Call[None]) -> SubscriptionAnswer:
    """Get the number of messages to people that the caller can send: the month's free ones, and bought credits."""
    return SubscriptionAnswer.of(wiring().billing.service.find_subscription(call.caller.username))


@routes.operation(
    "9B",
    "SET SUBSCRIPTION",
    "POST",
    "/account/subscription",
    request=SetSubscription,
    answer=SubscriptionAnswer,
    errors=BODY_ERRORS,
)
def set_subscription(call: Call[SetSubscription]) -> SubscriptionAnswer:
    """Get the same. Old apps call it after a payment; the payment granted the credits, this call grants none."""
    return SubscriptionAnswer.of(wiring().billing.service.find_subscription(call.caller.username))


@routes.operation(
    "9C",
    "PAYPAL SETUP",
    "POST",
    "/account/payment/paypalsetup",
    request=SetUpPayment,
    answer=SetUpAnswer,
    errors=(*BODY_ERRORS, PaymentsNotOffered, PaymentServiceFailed),
)
def set_up_payment(call: Call[SetUpPayment]) -> SetUpAnswer:
    """Create a payment for a package, at the server's price, and return the address of PayPal's approval page."""
    asked = call.body
    checkout = wiring().billing.service.set_up(
        call.caller.username,
        asked.item_sku,
        asked.item_credits,
        asked.item_price,
        asked.return_url,
        asked.cancel_url,
    )
    return SetUpAnswer.of(checkout)


@routes.operation(
    "9D",
    "PAYPAL EXECUTE",
    "POST",
    "/account/payment/paypalexecute",
    request=ExecutePayment,
    answer=Answer,
    errors=PAYMENT_ERRORS,
)
def execute_payment(call: Call[ExecutePayment]) -> Answer:
    """Capture a payment that its payer approved, and grant its credits. Idempotent.

    The status is `NG` with 200 when PayPal does not show the payment as paid.
    """
    return _answer(wiring().billing.service.execute(call.caller.username, call.body.payment, call.body.payer))


@routes.operation(
    "9E",
    "PAYPAL VERIFY",
    "POST",
    "/account/payment/paypalverify",
    request=VerifyPayment,
    answer=Answer,
    errors=PAYMENT_ERRORS,
)
def verify_payment(call: Call[VerifyPayment]) -> Answer:
    """Query PayPal for a payment's state; grant the credits of a paid one if that has not happened.

    The status is `NG` with 200 when it was not.
    """
    return _answer(wiring().billing.service.verify(call.caller.username, call.body.paymentId))


@routes.operation("9.1", "GET PACKAGES", "GET", "/account/packages", answer=PackagesAnswer)
def list_packages(call: Call[None]) -> PackagesAnswer:
    """List the packages of credits, cheapest first; empty if payments are not configured."""
    offered = wiring().billing.packages.values() if wiring().billing.payment_provider else ()
    return PackagesAnswer.of(sorted(offered, key=lambda one: one.amount))


@routes.operation(
    "9.2",
    "GET PAYMENTS",
    "GET",
    PAYMENTS,
    answer=PaymentsAnswer,
    errors=(InvalidInput,),
    query=("limit", "cursor"),
)
def list_payments(call: Call[None]) -> PaymentsAnswer:
    """List the caller's payments, newest first, at most 100 at a time."""
    limit = min(parse_limit(call.query), MAX_LIMIT)
    return PaymentsAnswer.of(wiring().billing.service.page(call.caller.username, limit, call.query.get("cursor")))


@routes.operation(
    "9.3",
    "EXPORT PAYMENTS",
    "GET",
    f"{PAYMENTS}/export",
    answer=PaymentSchema,
    errors=(InvalidInput,),
    query=("format", "cursor"),
)
def export_payments(call: Call[None]) -> File:
    """Export the caller's payments, newest first, at most 2000 at a time; `X-Cursor` has the next cursor."""
    export = Export.read("payments", call.query)
    page = wiring().billing.service.page(call.caller.username, MAX_EXPORTED, call.query.get("cursor"))
    return export.write(PaymentSchema, map(PaymentSchema.of, page.items), page.cursor)


@routes.operation(
    "9.4",
    "TAKE PAYPAL EVENT",
    "POST",
    "/others/payments/paypal",
    request=PaypalEvent,
    answer=Answer,
    errors=(InvalidInput, MissingParameter, PaymentServiceFailed, PaymentsNotOffered, SignatureInvalid),
    authentication=Authentication.SIGNATURE,
    headers=TRANSMISSION,
)
def take_paypal_event(call: Call[PaypalEvent]) -> Answer:
    """Process a webhook of PayPal about a payment, refund or dispute, in any order. Idempotent.

    PayPal itself is asked whether it sent it.
    """
    outcome = wiring().billing.service.take_event(call.headers, call.text)
    if outcome is not None:
        _answer(outcome)
    return Answer()


def _answer(outcome: Outcome) -> Answer:
    """Answer what PayPal shows of a payment. An operator must look at one that is not as it was set up."""
    if outcome.reason == MISMATCH:
        logger.error("payment does not match")
        count("PaymentsMismatched")
    return Answer() if outcome.is_paid else Answer(status="NG", message=outcome.reason)
