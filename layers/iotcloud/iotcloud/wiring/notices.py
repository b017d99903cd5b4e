"""Notices to people and devices (group 8)."""

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.part import Part

if TYPE_CHECKING:
    from iotcloud.adapters.notice_queue import NoticeRounds
    from iotcloud.adapters.push_applications import StackAnswers
    from iotcloud.billing.spending import Spending, SpendingLedger
    from iotcloud.notices.account_mail import AccountMail
    from iotcloud.notices.carrier_webhooks import CarrierReceipts
    from iotcloud.notices.confirmations import ConfirmationService
    from iotcloud.notices.limits import Policy
    from iotcloud.notices.policies import Policies
    from iotcloud.notices.push_applications import PushApplicationService
    from iotcloud.notices.receipts import ReceiptDesk, ReceiptService
    from iotcloud.notices.service import NoticeService
    from iotcloud.notices.system_notices import Announcements
    from iotcloud.notices.text_budget import TextBudget
    from iotcloud.notices.trigger_consumer import Notifier
    from iotcloud.notices.verified_numbers import VerifiedNumberService


class NoticesPart(Part):
    """Notices to people and devices (group 8)."""

    @cached_property
    def account_mail(self) -> "AccountMail":
        """Mails owners and the operator in the name of the platform."""
        from iotcloud.notices.account_mail import AccountMail

        return AccountMail(self._wiring.stores.ledger, self._wiring.clients.notice_queue, self._wiring.clock)

    @cached_property
    def carrier_receipts(self) -> "CarrierReceipts":
        """Takes receipts of carriers outside AWS."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.notices.carrier_webhooks import CarrierReceipts

        clients = self._wiring.clients
        credentials = SecretParameter(lambda: clients.ssm, self._settings.sms_secret_parameter)
        return CarrierReceipts(self.receipts, credentials, self._settings.receipts_url)

    @cached_property
    def confirmations(self) -> "ConfirmationService":
        """Asks recipients whether they want notices, and takes their confirmations."""
        from iotcloud.notices.confirmations import ConfirmationService

        stores = self._wiring.stores
        return ConfirmationService(
            stores.confirmations,
            stores.notice_counters,
            stores.ledger,
            self._wiring.clients.notice_queue,
            self._wiring.clock,
            self._settings.confirmation_url,
        )

    @cached_property
    def delivery_rounds(self) -> "NoticeRounds":
        """Delivers the notices of the queue to their providers."""
        from iotcloud.adapters.notice_queue import NoticeRounds
        from iotcloud.adapters.senders import make_senders
        from iotcloud.notices.delivery import Courier

        stores, clients, settings = self._wiring.stores, self._wiring.clients, self._settings
        senders = make_senders(settings, clients.publisher, stores.devices)
        return NoticeRounds(
            lambda: clients.sqs,
            settings.deliveries_queue_url,
            settings.deliveries_dead_letter_queue_url,
            Courier(self.spending_ledger, senders, clients.device_console, self._wiring.live.updates),
            self._wiring.clock,
        )

    @cached_property
    def limits(self) -> "Policies":
        """Keeps each account's limits of notices."""
        from iotcloud.notices.policies import Policies

        stores = self._wiring.stores
        return Policies(stores.notice_limits, stores.notice_counters, self.platform_policy, self._wiring.clock)

    @cached_property
    def notifier(self) -> "Notifier":
        """Turns triggers into notices."""
        from iotcloud.notices.dispatch import Dispatcher
        from iotcloud.notices.trigger_consumer import Notifier
        from iotcloud.users.push_tokens import PushEndpointList

        stores, clients = self._wiring.stores, self._wiring.clients
        dispatcher = Dispatcher(
            devices=stores.devices,
            phones=PushEndpointList(stores.push_tokens),
            sensors=stores.sensors,
            blocks=stores.notification_blocks,
            contacts=self._wiring.users.contacts,
            policies=self.limits,
            counters=stores.notice_counters,
            confirmations=self.confirmations,
            ledger=stores.ledger,
            outbox=clients.notice_queue,
            console=clients.device_console,
            spending=self.spending,
        )
        return Notifier(dispatcher, clients.parking, clients.device_console, self._wiring.clock)

    @cached_property
    def platform_policy(self) -> "Policy":
        """The limits of notices that hold for every account."""
        from iotcloud.notices.limits import Policy, Rate

        settings = self._settings
        return Policy(
            per_month=settings.notices_per_month,
            other_texts=Rate(settings.sms_to_others_per_day, timedelta(days=1)),
            all_texts=Rate(settings.sms_per_day, timedelta(days=1)),
            sms_countries=frozenset(filter(None, settings.sms_countries.split(","))),
        )

    @cached_property
    def push_applications(self) -> "PushApplicationService":
        """Makes push applications."""
        import boto3

        from iotcloud.adapters.aws import SEND_CONFIG
        from iotcloud.adapters.push_applications import SecretParameters, SnsPushApplications
        from iotcloud.notices.push_applications import PushApplicationService

        clients = self._wiring.clients
        sns = boto3.client("sns", region_name=self._settings.aws_region, config=SEND_CONFIG)
        return PushApplicationService(SecretParameters(lambda: clients.ssm), SnsPushApplications(lambda: sns))

    @cached_property
    def receipt_desk(self) -> "ReceiptDesk":
        """Reads receipts of AWS's own providers."""
        from iotcloud.notices.receipts import ReceiptDesk
        from iotcloud.users.push_tokens import PushEndpointList

        endpoints = PushEndpointList(self._wiring.stores.push_tokens)
        return ReceiptDesk(self.receipts, self._wiring.clients.parking, endpoints)

    @cached_property
    def receipts(self) -> "ReceiptService":
        """Takes receipts into the ledger."""
        from iotcloud.notices.receipts import ReceiptService

        return ReceiptService(self.spending_ledger)

    @cached_property
    def service(self) -> "NoticeService":
        """Shows notices and their state."""
        from iotcloud.notices.service import NoticeService

        stores = self._wiring.stores
        return NoticeService(
            self._wiring.devices.service, stores.devices, stores.ledger, self._wiring.clients.stored_notices
        )

    @cached_property
    def spending(self) -> "Spending":
        """Takes bought credits for notices."""
        from iotcloud.billing.spending import Spending

        return Spending(self._wiring.stores.ledger, self._wiring.stores.payments, self.account_mail)

    @cached_property
    def spending_ledger(self) -> "SpendingLedger":
        """Gives back what failed notices cost."""
        from iotcloud.billing.spending import SpendingLedger

        return SpendingLedger(self._wiring.stores.ledger, self._wiring.stores.payments)

    @cached_property
    def stack_answers(self) -> "StackAnswers":
        """Answers CloudFormation."""
        from iotcloud.adapters.push_applications import StackAnswers

        return StackAnswers()

    @cached_property
    def system_notices(self) -> "Announcements":
        """Sends the platform's own notices, such as of certificates that end soon."""
        from iotcloud.notices.system_notices import Announcements

        stores = self._wiring.stores
        return Announcements(
            stores.devices,
            self._wiring.users.contacts,
            stores.ledger,
            self._wiring.clients.notice_queue,
            self._wiring.clock,
        )

    @cached_property
    def text_budget(self) -> "TextBudget":
        """Counts the text messages that the user pool sends."""
        from iotcloud.notices.text_budget import TextBudget

        return TextBudget(self._wiring.stores.notice_counters, self.platform_policy, self._wiring.clock)

    @cached_property
    def verified_numbers(self) -> "VerifiedNumberService":
        """Passes verified telephone numbers on to devices."""
        from iotcloud.notices.verified_numbers import VerifiedNumberService

        return VerifiedNumberService(self._wiring.stores.devices, self._wiring.stores.notification_blocks)
