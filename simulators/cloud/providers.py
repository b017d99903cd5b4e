"""What an operator sets up on AWS before notices leave, set up on the local cloud: a verified sender of mails, and the
credentials of the services through which pushes go to phones and payments to PayPal."""

import json
from collections.abc import Mapping

from simulators.cloud.deployment import client
from simulators.cloud.instance import Place
from simulators.providers import paypal

MAIL_SENDER = "notices@iotcloud.example"
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "PushFcmSecretParameter": {
        "type": "service_account",
        "project_id": "local",
        "client_email": "local@local.iam.gserviceaccount.com",
        "private_key": "local",
    },
    "PaypalSecretParameter": paypal.CREDENTIALS,
    "PushApnsSecretParameter": {"key": "local", "key_id": "LOCAL", "team_id": "LOCAL", "bundle_id": "example.local"},
}
"""The parameter store values of the template's parameters."""
UNLIMITED = dict.fromkeys(
    ("SmsPerDay", "SmsToOthersPerDay", "UserCallsPerMinute", "DeviceCallsPerMinute", "DevicesPerUser"), "1000000"
)
"""Limits per user; raised here, because few local users make all calls."""


def set_up(place: Place) -> Mapping[str, str]:
    """Create sender and credentials, and return the template's parameters. Idempotent.

    Calls and text messages cost nothing here, so the limits allow tests and benchmarks any number.
    """
    if not _is_verified(place):
        client(place, "sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)
    names = {parameter: f"/{place.stack_name}/{parameter}" for parameter in CREDENTIALS}
    for parameter, credentials in CREDENTIALS.items():
        client(place, "ssm").put_parameter(
            Name=names[parameter], Value=json.dumps(credentials), Type="SecureString", Overwrite=True
        )
    return {"MailSender": MAIL_SENDER, "PaypalUrl": place.paypal_url, **UNLIMITED, **names}


def _is_verified(place: Place) -> bool:
    listed = client(place, "sesv2").list_email_identities()["EmailIdentities"]
    return any(identity["IdentityName"] == MAIL_SENDER for identity in listed)
