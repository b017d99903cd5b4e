"""What an operator sets up on AWS before notices leave, set up on the local cloud: a verified sender of mails, and the
applications through which pushes go to phones."""

from collections.abc import Mapping

from simulators.cloud.deployment import client
from simulators.cloud.place import Place

MAIL_SENDER = "notices@iotcloud.example"
PLATFORMS = {"PushGcmApplication": "GCM", "PushApnsApplication": "APNS"}
"""The platform behind each of the template's parameters."""


def set_up(place: Place) -> Mapping[str, str]:
    """Make sender and applications, once more too, and return them as the template's parameters."""
    if not _is_verified(place):
        client(place, "sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)
    sns = client(place, "sns")
    applications = {
        parameter: sns.create_platform_application(
            Name=place.stack_name,
            Platform=platform,
            Attributes={"PlatformCredential": "local", "PlatformPrincipal": "local"},
        )["PlatformApplicationArn"]
        for parameter, platform in PLATFORMS.items()
    }
    return {"MailSender": MAIL_SENDER, **applications}


def _is_verified(place: Place) -> bool:
    listed = client(place, "sesv2").list_email_identities()["EmailIdentities"]
    return any(identity["IdentityName"] == MAIL_SENDER for identity in listed)
