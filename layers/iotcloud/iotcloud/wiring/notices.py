"""Telling people and devices what happened (group 8)."""

from functools import cached_property
from typing import TYPE_CHECKING

from iotcloud.wiring.readings import Readings

if TYPE_CHECKING:
    from iotcloud.adapters.notice_queue import NoticeRounds
    from iotcloud.adapters.push_applications import StackAnswers
    from iotcloud.billing.spending import Spending, SpendingLedger
    from iotcloud.notices.account_mail import AccountMail
    from iotcloud.notices.carrier_webhooks import CarrierReceipts
    from iotcloud.notices.policies import Policies
    from iotcloud.notices.push_applications import PushApplicationService
    from iotcloud.notices.receipts import ReceiptDesk, ReceiptService
    from iotcloud.notices.service import NoticeService
    from iotcloud.notices.trigger_consumer import Notifier
    from iotcloud.notices.verified_numbers import VerifiedNumberService


class Notices(Readings):
    """Telling people and devices what happened (group 8)."""

    @cached_property
    def account_mail(self) -> "AccountMail":
        """Mails owners and the operator in the name of the platform."""
        from iotcloud.notices.account_mail import AccountMail

        return AccountMail(self.ledger, self.notice_queue, self.clock)

    @cached_property
    def carrier_receipts(self) -> "CarrierReceipts":
        """Takes receipts of carriers outside AWS."""
        from iotcloud.adapters.parameters import SecretParameter
        from iotcloud.notices.carrier_webhooks import CarrierReceipts

        credentials = SecretParameter(lambda: self._ssm, self.settings.sms_secret_parameter)
        return CarrierReceipts(self.receipts, credentials, self.settings.receipts_url)

    @cached_property
    def notices(self) -> "NoticeService":
        """Shows what became of notices."""
        from iotcloud.notices.service import NoticeService

        return NoticeService(self.devices, self.device_store, self.ledger, self.stored_notices)

    @cached_property
    def notifier(self) -> "Notifier":
        """Turns triggers into notices."""
        from iotcloud.notices.dispatch import Dispatcher
        from iotcloud.notices.trigger_consumer import Notifier
        from iotcloud.users.push_tokens import PushEndpointList

        dispatcher = Dispatcher(
            devices=self.device_store,
            phones=PushEndpointList(self.push_token_store),
            sensors=self.sensor_store,
            blocks=self.notification_blocks,
            contacts=self.contacts,
            policies=self.policies,
            counters=self.notice_counters,
            ledger=self.ledger,
            outbox=self.notice_queue,
            console=self.device_console,
            spending=self.spending,
        )
        return Notifier(dispatcher, self.parking, self.device_console, self.clock)

    @cached_property
    def phones(self) -> "VerifiedNumberService":
        """Passes verified telephone numbers on to devices."""
        from iotcloud.notices.verified_numbers import VerifiedNumberService

        return VerifiedNumberService(self.device_store, self.notification_blocks)

    @cached_property
    def policies(self) -> "Policies":
        """Keeps each account's limits of notices."""
        from iotcloud.notices.policies import Policies
        from iotcloud.users.store import NoticeLimitsStore

        self._bind_users()
        return Policies(NoticeLimitsStore(), self.notice_counters, self.platform_policy, self.clock)

    @cached_property
    def push_applications(self) -> "PushApplicationService":
        """Makes push applications."""
        import boto3

        from iotcloud.adapters.aws import SEND_CONFIG
        from iotcloud.adapters.push_applications import SecretParameters, SnsPushApplications
        from iotcloud.notices.push_applications import PushApplicationService

        client = boto3.client("sns", region_name=self.settings.aws_region, config=SEND_CONFIG)
        return PushApplicationService(SecretParameters(lambda: self._ssm), SnsPushApplications(lambda: client))

    @cached_property
    def receipt_desk(self) -> "ReceiptDesk":
        """Reads receipts of AWS's own providers."""
        from iotcloud.notices.receipts import ReceiptDesk
        from iotcloud.users.push_tokens import PushEndpointList

        return ReceiptDesk(self.receipts, self.parking, PushEndpointList(self.push_token_store))

    @cached_property
    def receipts(self) -> "ReceiptService":
        """Takes receipts into the ledger."""
        from iotcloud.notices.receipts import ReceiptService

        return ReceiptService(self.spending_ledger)

    @cached_property
    def rounds(self) -> "NoticeRounds":
        """Takes notices to their providers."""
        from iotcloud.adapters.notice_queue import NoticeRounds
        from iotcloud.adapters.senders import make_senders
        from iotcloud.notices.delivery import Courier

        courier = Courier(
            self.spending_ledger, make_senders(self.settings, self.publisher, self.device_store), self.device_console
        )
        settings = self.settings
        return NoticeRounds(
            lambda: self._sqs,
            settings.deliveries_queue_url,
            settings.deliveries_dead_letter_queue_url,
            courier,
            self.clock,
        )

    @cached_property
    def spending(self) -> "Spending":
        """Takes bought credits for notices."""
        from iotcloud.billing.spending import Spending

        return Spending(self.ledger, self.payment_store, self.account_mail)

    @cached_property
    def spending_ledger(self) -> "SpendingLedger":
        """Gives back what failed notices cost."""
        from iotcloud.billing.spending import SpendingLedger

        return SpendingLedger(self.ledger, self.payment_store)

    @cached_property
    def stack_answers(self) -> "StackAnswers":
        """Answers CloudFormation."""
        from iotcloud.adapters.push_applications import StackAnswers

        return StackAnswers()
