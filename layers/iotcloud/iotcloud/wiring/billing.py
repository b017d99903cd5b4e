"""Credits, and payments for them (group 9)."""

from collections.abc import Mapping
from functools import cached_property

from iotcloud.billing.interfaces import PaymentProvider
from iotcloud.billing.model import Package, parse_packages
from iotcloud.billing.service import BillingService
from iotcloud.wiring.part import Part


class BillingPart(Part):
    """Credits, and payments for them (group 9)."""

    @cached_property
    def packages(self) -> Mapping[str, Package]:
        """What can be bought."""
        return parse_packages(self._settings.credit_packages)

    @cached_property
    def payment_provider(self) -> PaymentProvider | None:
        """PayPal, by the API that the deployment chose; None without credentials."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.adapters.paypal_api import base_address

        settings, clients = self._settings, self._wiring.clients
        if not settings.paypal_secret_parameter:
            return None
        secret = SecretParameter(lambda: clients.ssm, settings.paypal_secret_parameter)
        address = base_address(settings.paypal_mode, settings.paypal_url)
        if settings.paypal_api == "rest":
            from iotcloud.adapters.paypal_rest import PaypalRest

            return PaypalRest(secret, address, settings.paypal_mode)
        from iotcloud.adapters.paypal_orders import PaypalOrders

        return PaypalOrders(secret, address)

    @cached_property
    def service(self) -> BillingService:
        """Buys credits, and shows what was bought."""
        return BillingService(
            self._wiring.stores.payments,
            self.payment_provider,
            self.packages,
            tuple(filter(None, self._settings.app_urls.split(","))),
            self._wiring.users.rate_limiter,
            self._wiring.notices.limits,
            self._wiring.users.contacts,
            self._wiring.notices.account_mail,
            self._wiring.clock,
        )
