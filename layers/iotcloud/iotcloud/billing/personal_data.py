"""A user's payments as part of what the user owns: shown in the archive, and kept without a name after the account."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from iotcloud.billing.interfaces import PaymentStore
from iotcloud.billing.model import write_amount


@dataclass(frozen=True)
class PaymentsData:
    """Show a user's payments, and take the user's name off them."""

    store: PaymentStore

    def erase(self, username: str) -> None:
        """Remove what names the user; records of completed payments stay as long as the law asks."""
        self.store.close(username)

    def export(self, username: str) -> Iterable[Mapping[str, object]]:
        """Return the bought credits, then each payment."""
        yield {"credits": asdict(self.store.find_credits(username))}
        for payment in self.store.list_all(username):
            yield {
                "payment": payment.payment_id,
                "at": payment.created_at.isoformat(),
                "sku": payment.sku,
                "credits": payment.credits,
                "amount": write_amount(payment.amount),
                "currency": payment.currency,
                "state": payment.shown_state,
                "refunded": write_amount(payment.refunded),
                "payer": payment.payer_id,
                "transaction": payment.capture_id,
            }
