"""The only reader of environment variables. template.yaml sets each of them under the same name in upper case."""

import os
from dataclasses import dataclass, fields


class SettingMissing(RuntimeError):
    """A required environment variable is missing. The message names it."""


@dataclass(frozen=True)
class Settings:
    """Settings of a function: one field per environment variable, the field's name in upper case."""

    aws_region: str
    table_prefix: str
    """Prefix of table names: the stack's name and a dash, e.g. `iotcloud-`."""
    user_pool_id: str
    user_pool_client_id: str
    iot_endpoint: str = ""
    """Host of the account's ATS data endpoint; looked up once by DescribeEndpoint when empty."""
    live_role_arn: str = ""
    """The role whose sessions listen to live data."""
    device_policy_name: str = ""
    device_admission: str = "open"
    """`open`, or `known`: only devices may be registered that were imported."""
    device_ca_parameter: str = ""
    """Name of the SSM parameter with the root certificate of the broker (PEM); empty: Amazon Root CA 1."""
    mqtt_host: str = ""
    """The endpoint of devices, when it is not the account's data endpoint, e.g. a custom domain."""
    mqtt_port: int = 8883
    subscription_settle_ms: int = 100
    """Milliseconds between the acknowledgement of a new subscription and the first command."""
    certificate_grace_days: int = 7
    """Days that an old certificate stays valid beside its successor."""
    history_days: int = 30
    """Days that a history row is kept before DynamoDB's TTL removes it."""
    reading_days: int = 30
    """Days that readings are kept."""
    heartbeat_seconds: int = 10
    """A device's heartbeat is written when it is this much newer than the one that is kept: each write costs."""
    unusable_messages_queue_url: str = ""
    """Where device messages wait that cannot be used; only the functions that read device messages need it."""
    legacy_jwt_key_parameter: str = ""
    """Name of the SSM SecureString with the shared key of the old apps' credential JWT; empty: not accepted."""
    access_token_minutes: int = 60
    """Lifetime of an access token, which may outlive its account."""
    caller_calls_per_minute: int = 100
    """Calls of one operation that needs no access token, from one network address."""
    user_calls_per_minute: int = 600
    """Calls of a signed-in user, without those to devices."""
    device_calls_per_minute: int = 300
    """Calls of a signed-in user for whose answer a device is asked."""
    devices_per_user: int = 1000
    """Devices that an account may register."""
    erasures_queue_url: str = ""
    """Queue of erasure jobs."""
    exports_queue_url: str = ""
    """Where orders wait for archives of users' data."""
    exports_bucket: str = ""
    """Bucket of export archives, which expire after a day."""
    phones_queue_url: str = ""
    """Where telephone numbers wait, just verified, for the devices of their owners."""
    firmware_bucket: str = ""
    """Where the catalogue of firmware and its images are."""
    triggers_queue_url: str = ""
    """Where triggers of notices wait for the notifier."""
    deliveries_queue_url: str = ""
    """Queue of notices for delivery."""
    deliveries_dead_letter_queue_url: str = ""
    """Dead-letter queue of notices, for a redrive by an operator."""
    notices_bucket: str = ""
    """Where notices are stored whose channel is storage."""
    notice_days: int = 90
    """Days that the ledger keeps a notice."""
    notices_per_month: int = 1000
    """Messages to people that an account may send in a month."""
    sms_countries: str = ""
    """Countries to which text messages go, ISO 3166 codes set apart by commas; empty: all."""
    sms_per_day: int = 1000
    """Daily limit of text messages of all accounts together (UTC); 0 for none."""
    sms_to_others_per_day: int = 10
    """Text messages of an account in a day (UTC) to numbers that are not its own verified one."""
    mail_sender: str = ""
    """The verified address from which notices are mailed; empty: no mail."""
    mail_configuration_set: str = ""
    """Amazon SES configuration set whose events are the receipts; empty: no receipts."""
    sms_provider: str = "sns"
    """Who carries text messages: `sns`, `eum` (AWS End User Messaging), `twilio` or `vonage`."""
    sms_sender: str = ""
    """The number or name from which text messages come; Amazon SNS can do without."""
    sms_secret_parameter: str = ""
    """Name of the SSM SecureString with the carrier's credentials: `{"key", "secret"}`, for Twilio SID and token."""
    sms_url: str = ""
    """Where Twilio or Vonage is asked in place of its own address (https), as a stand-in for tests."""
    receipts_url: str = ""
    """Base URL for carriers' delivery receipts; empty to request none."""
    feedback_email: str = ""
    """The operator's address, to which feedback is mailed; empty: it is stored alone."""
    faqs_url: str = ""
    """Where questions are answered; empty: the API serves a page of the package. So for the three below."""
    terms_url: str = ""
    privacy_url: str = ""
    license_url: str = ""
    app_urls: str = "http://localhost:8100"
    """The app's addresses, set apart by commas: PayPal sends payers to none but these."""
    credit_packages: str = ""
    """What can be bought: `SKU=CREDITS:PRICE`, set apart by commas; empty: nothing."""
    paypal_api: str = "orders"
    """Which API of PayPal's is used: `orders` (v2) or `rest` (payments v1, through paypalrestsdk)."""
    paypal_mode: str = "sandbox"
    """`sandbox` or `live`."""
    paypal_secret_parameter: str = ""
    """Name of the SSM SecureString with `{"client_id", "client_secret", "webhook_id"}`; empty: no payments."""
    paypal_url: str = ""
    """Where PayPal is asked in place of its own address, as a stand-in."""
    payment_years: int = 10
    """Calendar years after that of a payment for which its record is kept."""
    confirmation_url: str = ""
    """Where recipients reach the API to confirm that they want notices; empty: they need not confirm."""
    push_gcm_application: str = ""
    """ARN of the stack's SNS platform application for Firebase Cloud Messaging; empty: no push to Android."""
    push_apns_application: str = ""
    """ARN of the stack's SNS platform application for Apple's service; empty: no push to iOS."""

    @classmethod
    def from_environment(cls) -> "Settings":
        """Read the variables. Raise SettingMissing with the names of the missing ones, ValueError for a malformed
        number.
        """
        values: dict[str, str | int] = {}
        missing: list[str] = []
        for field in fields(cls):
            text = os.environ.get(field.name.upper())
            if text is not None and text != "":
                values[field.name] = int(text) if field.type is int else text
            elif field.default is field.default_factory:
                missing.append(field.name.upper())
        if missing:
            raise SettingMissing(f"environment variables are not set: {', '.join(missing)}")
        return cls(**values)  # type: ignore[arg-type]
