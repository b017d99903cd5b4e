"""Which adapter takes notices out on which channel: the table that the deployment's settings fill."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from iotcloud.adapters.aws import CLIENT_CONFIG, SEND_CONFIG
from iotcloud.adapters.device_notices import Devices, ModemSender, Publisher
from iotcloud.adapters.mail import SesMail
from iotcloud.adapters.notice_storage import S3NoticeStorage
from iotcloud.adapters.parameters import SecretParameter
from iotcloud.adapters.push import SnsPush
from iotcloud.adapters.sms import EndUserMessagingSms, SmsProvider, SnsSms, TwilioSms, VonageSms
from iotcloud.errors import DependencyFailed
from iotcloud.notices.delivery import DeliveryDeferred, DeliveryRefused
from iotcloud.notices.interfaces import Sender
from iotcloud.notification_blocks.model import Channel

if TYPE_CHECKING:
    from iotcloud.settings import Settings

TIMEOUT_SECONDS = 10


def make_senders(settings: "Settings", publisher: Publisher, devices: Devices) -> Mapping[Channel, Sender]:
    """One sender for each channel. Clients are made when the first notice of their channel goes out."""

    def client(service: str) -> Callable[[], Any]:
        return lambda: _client(service, settings.aws_region)

    secret = SecretParameter(lambda: _client("ssm", settings.aws_region), settings.sms_secret_parameter)
    carriers: Mapping[SmsProvider, Sender] = {
        SmsProvider.SNS: SnsSms(client("sns"), settings.sms_sender),
        SmsProvider.END_USER_MESSAGING: EndUserMessagingSms(client("pinpoint-sms-voice-v2"), settings.sms_sender),
        SmsProvider.TWILIO: TwilioSms(
            lambda: _twilio(secret, settings.sms_url), settings.sms_sender, settings.receipts_url
        ),
        SmsProvider.VONAGE: VonageSms(lambda: _vonage(secret, settings.sms_url), settings.sms_sender),
    }
    return {
        Channel.MOBILE: carriers[SmsProvider(settings.sms_provider)],
        Channel.EMAIL: SesMail(client("sesv2"), settings.mail_sender, settings.mail_configuration_set),
        Channel.NOTIFICATION: SnsPush(
            client("sns"), {"GCM": settings.push_gcm_application, "APNS": settings.push_apns_application}
        ),
        Channel.MODEM: ModemSender(publisher, devices),
        Channel.STORAGE: S3NoticeStorage(client("s3"), settings.notices_bucket),
    }


REPEATABLE = frozenset({"s3", "ssm"})
"""Services with idempotent requests: an object is put under its notice's own key."""

_clients: dict[str, Any] = {}


def _client(service: str, region: str) -> Any:
    """The client of a service. A sending client starts with a new connection.

    A kept connection may have ended while Lambda froze this process. A request over it fails without a response, and
    its outcome is unknown.
    """
    is_repeatable = service in REPEATABLE
    if service not in _clients:
        import boto3

        config = CLIENT_CONFIG if is_repeatable else SEND_CONFIG
        _clients[service] = boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]
    elif not is_repeatable:
        _clients[service].close()
    return _clients[service]


def _credentials(secret: SecretParameter) -> tuple[str, str]:
    """Read the credentials. A failure here precedes the carrier's request, so the notice was certainly not sent."""
    try:
        members = json.loads(secret() or "")
        return members["key"], members["secret"]
    except DependencyFailed:
        raise DeliveryDeferred("the carrier's credentials could not be read") from None
    except (ValueError, KeyError, TypeError):
        raise DeliveryRefused("the carrier's credentials are not set up") from None


def _twilio(secret: SecretParameter, base_url: str) -> Any:
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    sid, token = _credentials(secret)
    # It would log each request's address and headers, as many lines as a notice has words.
    logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
    client = Client(sid, token, http_client=TwilioHttpClient(timeout=TIMEOUT_SECONDS, max_retries=0))
    if base_url:
        client.api.base_url = base_url
    return client


def _vonage(secret: SecretParameter, base_url: str) -> Any:
    from vonage_http_client import Auth, HttpClient, HttpClientOptions
    from vonage_sms import Sms

    key, secret_text = _credentials(secret)
    # The client makes as many attempts as the pool has connections, so one means no retry.
    options = HttpClientOptions(timeout=TIMEOUT_SECONDS, pool_maxsize=1, max_retries=0)
    if base_url:
        options.rest_host = urlsplit(base_url).netloc
    return Sms(HttpClient(Auth(api_key=key, api_secret=secret_text), options))
