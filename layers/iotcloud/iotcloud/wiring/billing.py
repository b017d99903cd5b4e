"""Credits, and payments for them (group 9)."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.support import Support

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iotcloud.billing.interfaces import PaymentProvider
    from iotcloud.billing.model import Package
    from iotcloud.billing.service import BillingService


class Billing(Support):
    """Credits, and payments for them (group 9)."""

    @cached_property
    def billing(self) -> "BillingService":
        """Buys credits, and shows what was bought."""
        from iotcloud.billing.service import BillingService

        return BillingService(
            self.payment_store,
            self.payment_provider,
            self.packages,
            tuple(filter(None, self.settings.app_urls.split(","))),
            self.attempts,
            self.policies,
            self.contacts,
            self.account_mail,
            self.clock,
        )

    @cached_property
    def packages(self) -> "Mapping[str, Package]":
        """What can be bought."""
        from iotcloud.billing.model import parse_packages

        return parse_packages(self.settings.credit_packages)

    @cached_property
    def payment_provider(self) -> "PaymentProvider | None":
        """PayPal, by the API that the deployment chose; None without credentials."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.adapters.paypal_api import base_address

        settings = self.settings
        if not settings.paypal_secret_parameter:
            return None
        secret = SecretParameter(lambda: self._ssm, settings.paypal_secret_parameter)
        address = base_address(settings.paypal_mode, settings.paypal_url)
        if settings.paypal_api == "rest":
            from iotcloud.adapters.paypal_rest import PaypalRest

            return PaypalRest(secret, address, settings.paypal_mode)
        from iotcloud.adapters.paypal_orders import PaypalOrders

        return PaypalOrders(secret, address)
