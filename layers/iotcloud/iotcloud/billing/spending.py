"""What a message to a person costs: a free one of the month, then a bought credit. A failed message gets it back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from iotcloud.billing.interfaces import BoughtCredits, ChargedNotices, Mail
from iotcloud.billing.model import Credits
from iotcloud.notices.ledger import BOUGHT, RETURNED, Notice, State
from iotcloud.notices.limits import period_of

Part = Callable[[Any], None]
"""Something that is written together with a notice, or not at all."""
SOURCE = "CREDITS"
WARNING_SHARE = 5
"""The warning comes when a fifth is left."""
_NEAR = 3
"""For so many messages from a threshold on the owner is told, as one worker may stop; the mail is sent once."""
FREE_WARNING = "{used} of this month's {allowance} free messages are used. Bought credits left: {bought}."
BOUGHT_WARNING = "{left} of your bought message credits are left."
USED_UP = (
    "This month's free messages are used up, and no bought credits are left. Devices reach nobody until next month."
)


@dataclass(frozen=True)
class SpendingLedger:
    """The ledger as couriers and receipts see it: a notice that fails for good gives back what it cost, once."""

    ledger: ChargedNotices
    credits: BoughtCredits

    def find(self, deviceid: str, notice_id: str) -> Notice | None:
        """Return a notice."""
        return self.ledger.find(deviceid, notice_id)

    def find_by_provider(self, provider_id: str) -> Notice | None:
        """Return the notice that a provider accepted under this id."""
        return self.ledger.find_by_provider(provider_id)

    def replace(self, known: Notice, changed: Notice) -> Notice:
        """Write a notice's new state if nobody changed it since `known` was read, and answer it; else what is there.

        The charge is given back in the same transaction, and marked so: of two workers one writes.
        """
        if changed.state is not State.FAILED or known.charge in ("", RETURNED):
            return self.ledger.replace(known, changed)
        returned = replace(changed, charge=RETURNED)
        if known.charge == BOUGHT:
            return self.ledger.replace_with(known, returned, self.credits.returning(known.owner))
        return self.ledger.replace_with(known, returned, self.ledger.returning(known))


@dataclass(frozen=True)
class Spending:
    """Takes bought credits, and tells owners before they run out."""

    ledger: ChargedNotices
    credits: BoughtCredits
    mail: Mail

    def has_credits(self, owner: str) -> bool:
        """Tell whether an account has bought credits left."""
        return self.credits.find_credits(owner).balance > 0

    def enter(self, notice: Notice) -> Notice | None:
        """Enter a notice and take a credit, together; answer the one that is there already; raise CreditsUsedUp."""
        return self.ledger.enter_with(notice, self.credits.spending(notice.owner))

    def note_free(self, owner: str, address: str, used: int, allowance: int, at: datetime) -> None:
        """Tell the owner when four fifths of the month's free messages are used, and when nothing is left."""
        threshold = allowance - allowance // WARNING_SHARE
        if threshold <= used < threshold + _NEAR:
            bought = self.credits.find_credits(owner).balance
            text = FREE_WARNING.format(used=threshold, allowance=allowance, bought=bought)
            self.mail.send(f"credits-80-{period_of(at)}-{owner}", owner, address, SOURCE, text)
        if used >= allowance:
            self._note_end(owner, address, self.credits.find_credits(owner), at)

    def note_bought(self, owner: str, address: str, at: datetime) -> None:
        """Tell the owner when a fifth of the bought credits is left, and when nothing is."""
        found = self.credits.find_credits(owner)
        threshold = found.filled // WARNING_SHARE
        if threshold - _NEAR < found.balance <= threshold:
            text = BOUGHT_WARNING.format(left=found.balance)
            self.mail.send(f"credits-80-bought-{found.granted}-{owner}", owner, address, SOURCE, text)
        self._note_end(owner, address, found, at)

    def _note_end(self, owner: str, address: str, found: Credits, at: datetime) -> None:
        if found.balance <= 0:
            self.mail.send(f"credits-0-{period_of(at)}-{found.granted}-{owner}", owner, address, SOURCE, USED_UP)
