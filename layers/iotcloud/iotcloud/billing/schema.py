"""Packages, payments and the subscription as they cross the wire (contract 8, group 9)."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StrictInt, StringConstraints

from iotcloud.billing.model import LONGEST_URL, Package, Payment, read_amount, write_amount
from iotcloud.billing.service import Checkout, Subscription
from iotcloud.errors import MissingParameter, Problem
from iotcloud.pagination import Page
from iotcloud.schema import Answer, Body, Shape

MAX_COUNT = 1_000_000_000


def _count(value: object) -> object:
    """Read a whole number, or one in text as old apps send it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MAX_COUNT)):
        return int(value)
    return value


def _cents(value: object) -> object:
    """Read a price in text or as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or str(value).startswith("-"):
        raise ValueError("not a price, as 9.00")
    return read_amount(value)


Count = Annotated[StrictInt, BeforeValidator(_count), Field(ge=1, le=MAX_COUNT)]
Cents = Annotated[StrictInt, BeforeValidator(_cents), Field(ge=1, le=MAX_COUNT)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_URL)]
PaypalId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]


class FreeMessages(Shape):
    """The free messages of the month (UTC)."""

    allowance: int = Field(examples=[1000], description="How many there are.")
    used: int = Field(examples=[12], description="How many were sent.")


class SubscriptionSchema(Shape):
    """What the caller can send."""

    type: Literal["Free", "Paid"] = Field(description="Paid while there are bought credits", examples=["Free"])
    credits: str = Field(description="Messages that can be sent: free ones left, and bought credits", examples=["988"])
    free: FreeMessages = Field(description="Free messages of the month.")
    bought: int = Field(description="Bought credits left", examples=[0])


class SubscriptionAnswer(Answer):
    """The caller's subscription."""

    subscription: SubscriptionSchema = Field(description="What is left.")

    @classmethod
    def of(cls, found: Subscription) -> Self:
        """Show a subscription."""
        return cls(
            subscription=SubscriptionSchema(
                type="Paid" if found.bought else "Free",
                credits=str(found.free + found.bought),
                free=FreeMessages(allowance=found.allowance, used=found.used),
                bought=found.bought,
            )
        )


class SetSubscription(Body):
    """The body that old apps send after a payment. The number is validated and otherwise ignored."""

    credits: Count = Field(examples=[500], description="Credits, as a number or in text.")


class SetUpPayment(Body):
    """The package to buy, and where PayPal sends the payer afterwards."""

    return_url: Address = Field(
        description="An address of the app (parameter AppUrls)",
        examples=["http://localhost:8100/#/page_payment_confirmation"],
    )
    cancel_url: Address = Field(
        description="The same, for a payer who does not agree",
        examples=["http://localhost:8100/#/page_payment_confirmation"],
    )
    item_sku: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        examples=["CREDS500USD5"], description="The package."
    )
    item_credits: Count | None = Field(default=None, description="As shown to the payer; must be the package's")
    item_price: Cents | None = Field(default=None, description="As shown to the payer, `1.00`; must be the package's")


class SetUpAnswer(Answer):
    """Where the payer agrees."""

    approval_url: str = Field(
        examples=["https://www.sandbox.paypal.com/checkoutnow?token=5O190127TN364715T"],
        description="Where the payer agrees.",
    )
    paymentId: str = Field(examples=["5O190127TN364715T"], description="The payment's id.")  # noqa: N815 the contract's name
    token: str = Field(examples=["5O190127TN364715T"], description="The same id.")

    @classmethod
    def of(cls, checkout: Checkout) -> Self:
        """Show a checkout."""
        return cls(approval_url=checkout.approval_url, paymentId=checkout.payment_id, token=checkout.token)


class ExecutePayment(Body):
    """The payment, and the payer as PayPal named them in the return URL."""

    paymentId: PaypalId | None = Field(  # noqa: N815 the contract's name
        default=None,
        description="May be left out when `token` is the id, as with orders",
        examples=["5O190127TN364715T"],
    )
    PayerID: PaypalId | None = Field(default=None, examples=["QYR5Z8XDVJNXQ"], description="The payer.")
    payerId: PaypalId | None = Field(default=None, description="Another spelling of PayerID")  # noqa: N815 the contract's
    token: PaypalId | None = Field(default=None, description="The payment's id, as PayPal names it in the return URL.")

    @property
    def payment(self) -> str:
        """The payment's id; raise MissingParameter."""
        return _required("paymentId", self.paymentId or self.token)

    @property
    def payer(self) -> str:
        """The payer's id; raise MissingParameter."""
        return _required("PayerID", self.PayerID or self.payerId)


class VerifyPayment(Body):
    """The payment."""

    paymentId: PaypalId = Field(examples=["5O190127TN364715T"], description="The payment's id.")  # noqa: N815 the contract's name


class PackageSchema(Shape):
    """Credits that can be bought together."""

    sku: str = Field(examples=["CREDS500USD5"], description="The package.")
    credits: int = Field(examples=[500], description="Messages that it pays for.")
    price: str = Field(examples=["1.00"], description="Its price.")
    currency: str = Field(examples=["USD"], description="The currency, in ISO 4217.")


class PackagesAnswer(Answer):
    """What can be bought, cheapest first; nothing where payments are not set up."""

    packages: list[PackageSchema] = Field(description="Cheapest first.")

    @classmethod
    def of(cls, packages: list[Package]) -> Self:
        """Show packages."""
        return cls(
            packages=[
                PackageSchema(sku=one.sku, credits=one.credits, price=write_amount(one.amount), currency=one.currency)
                for one in packages
            ]
        )


class PaymentSchema(Shape):
    """One payment."""

    paymentid: str = Field(examples=["5O190127TN364715T"], description="The payment's id.")
    timestamp: int = Field(description="When it was set up, in epoch seconds", examples=[1583200000])
    sku: str = Field(examples=["CREDS500USD5"], description="The package.")
    credits: int = Field(examples=[500], description="Messages that it pays for.")
    amount: str = Field(examples=["1.00"], description="What was paid.")
    currency: str = Field(examples=["USD"], description="The currency, in ISO 4217.")
    state: str = Field(
        description="created, pending, refused, completed, partly refunded or refunded", examples=["completed"]
    )
    paidat: int | None = Field(default=None, description="In epoch seconds", examples=[1583200060])
    transaction: str | None = Field(
        default=None, description="PayPal's id of the money", examples=["3C679366HH908993F"]
    )
    refunded: str = Field(examples=["0.00"], description="What was paid back.")
    creditstakenback: int = Field(examples=[0], description="Credits that were taken back.")
    dispute: str | None = Field(default=None, description="open, won, lost or closed", examples=["open"])

    @classmethod
    def of(cls, payment: Payment) -> Self:
        """Show a payment."""
        return cls(
            paymentid=payment.payment_id,
            timestamp=int(payment.created_at.timestamp()),
            sku=payment.sku,
            credits=payment.credits,
            amount=write_amount(payment.amount),
            currency=payment.currency,
            state=payment.shown_state,
            paidat=int(payment.captured_at.timestamp()) if payment.captured_at else None,
            transaction=payment.capture_id or None,
            refunded=write_amount(payment.refunded),
            creditstakenback=payment.taken_back,
            dispute=payment.dispute.value if payment.dispute else None,
        )


class PaymentsAnswer(Answer):
    """Payments, newest first."""

    payments: list[PaymentSchema] = Field(description="Newest first.")
    cursor: str | None = Field(
        default=None, description="Leads to the payments before these; absent when there are none"
    )

    @classmethod
    def of(cls, page: Page[Payment]) -> Self:
        """Show a page."""
        return cls(payments=[PaymentSchema.of(one) for one in page.items], cursor=page.cursor)


class PaypalEvent(Body):
    """A webhook of PayPal's; its signature covers every member, known or not."""

    model_config = ConfigDict(extra="allow", str_max_length=100_000)

    event_type: str = Field(examples=["PAYMENT.CAPTURE.COMPLETED"], description="What happened, in PayPal's words.")
    resource: dict[str, Any] = Field(
        default_factory=dict,
        examples=[{"id": "3C679366HH908993F", "status": "COMPLETED"}],
        description="What it happened to.",
    )


def _required(name: str, value: str | None) -> str:
    if value is None:
        raise MissingParameter(detail=[Problem(name, "Field required")])
    return value
