"""Text messages: through Amazon SNS, AWS End User Messaging, Twilio or Vonage, as the deployment chooses.

Amazon SNS passes text messages on to AWS End User Messaging; using that directly adds delivery receipts.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from iotcloud.adapters.aws_outcomes import outcome
from iotcloud.notices.carrier_webhooks import twilio_url, vonage_reference
from iotcloud.notices.delivery import DeliveryDeferred, DeliveryRefused, DeliveryUncertain
from iotcloud.notices.ledger import Notice

if TYPE_CHECKING:
    from mypy_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client
    from mypy_boto3_sns import SNSClient
    from requests.exceptions import RequestException
    from twilio.rest import Client as TwilioClient
    from vonage_sms import Sms

MAX_TEXT = 1600
"""Characters of one request (AWS End User Messaging, SendTextMessage; Twilio has the same limit)."""


class SmsProvider(StrEnum):
    """The provider of text messages, by the values of the template's parameter."""

    SNS = "sns"
    END_USER_MESSAGING = "eum"
    TWILIO = "twilio"
    VONAGE = "vonage"


class SnsSms:
    """Amazon SNS, direct to a phone number."""

    def __init__(self, client: Callable[[], "SNSClient"], sender_id: str = "") -> None:
        self._client = client
        self._attributes: dict[str, Any] = {
            "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}
        }
        if sender_id:
            self._attributes["AWS.SNS.SMS.SenderID"] = {"DataType": "String", "StringValue": sender_id}

    def send(self, notice: Notice) -> str:
        with outcome():
            answer = self._client().publish(
                PhoneNumber=notice.target, Message=notice.text[:MAX_TEXT], MessageAttributes=self._attributes
            )
        return answer["MessageId"]


class EndUserMessagingSms:
    """AWS End User Messaging; its receipts carry the context back."""

    def __init__(
        self, client: Callable[[], "PinpointSMSVoiceV2Client"], origination: str, configuration_set: str = ""
    ) -> None:
        self._client = client
        self._options: dict[str, Any] = {"OriginationIdentity": origination} if origination else {}
        if configuration_set:
            self._options["ConfigurationSetName"] = configuration_set

    def send(self, notice: Notice) -> str:
        with outcome():
            answer = self._client().send_text_message(
                DestinationPhoneNumber=notice.target,
                MessageBody=notice.text[:MAX_TEXT],
                MessageType="TRANSACTIONAL",
                Context={"notice": notice.reference},
                **self._options,
            )
        return answer["MessageId"]


class TwilioSms:
    """Twilio's REST API through its SDK."""

    def __init__(self, client: Callable[[], "TwilioClient"], sender: str, receipts_url: str = "") -> None:
        self._client = client
        self._sender = sender
        self._receipts_url = receipts_url

    def send(self, notice: Notice) -> str:
        from requests.exceptions import RequestException
        from twilio.base.exceptions import TwilioRestException

        callback = twilio_url(self._receipts_url, notice.reference)
        options = {"status_callback": callback} if callback else {}
        try:
            message = self._client().messages.create(
                to=notice.target, from_=self._sender, body=notice.text[:MAX_TEXT], **options
            )
        except TwilioRestException as refused:
            raise _http_outcome(refused.status, f"{refused.code}: {refused.msg}") from None
        except RequestException as broken:
            raise _connection_outcome("Twilio", broken) from None
        return str(message.sid)


class VonageSms:
    """Vonage's SMS API through its SDK; numbers go without `+`.

    When a connection ends without a response, its HTTP client retries as often as its pool has connections. Use
    `pool_maxsize=1` for no retry: the first attempt may have succeeded.
    """

    def __init__(self, sms: Callable[[], "Sms"], sender: str) -> None:
        self._sms = sms
        self._sender = sender

    def send(self, notice: Notice) -> str:
        from requests.exceptions import RequestException
        from vonage_http_client.errors import HttpRequestError, RateLimitedError
        from vonage_sms import SmsMessage
        from vonage_sms.errors import PartialFailureError, SmsError

        message = SmsMessage(
            to=notice.target.removeprefix("+"),
            from_=self._sender,
            text=notice.text[:MAX_TEXT],
            client_ref=vonage_reference(notice.reference) or None,
        )
        try:
            answer = self._sms().send(message)
        except RateLimitedError as throttled:
            raise DeliveryDeferred(str(throttled)[:200]) from None
        except PartialFailureError as partly:
            raise DeliveryUncertain(str(partly)[:200]) from None
        except SmsError as refused:
            raise _vonage_outcome(str(refused)) from None
        except HttpRequestError as failed:
            raise _http_outcome(failed.response.status_code, str(failed)) from None
        except RequestException as broken:
            raise _connection_outcome("Vonage", broken) from None
        return str(answer.messages[0].message_id)


def _connection_outcome(carrier: str, broken: "RequestException") -> Exception:
    """The outcome of a message after a connection error: not sent if no connection was made, else unknown."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    cause = getattr(broken.args[0], "reason", None) if broken.args else None
    if isinstance(cause, ConnectTimeoutError | NewConnectionError):
        return DeliveryDeferred(f"{carrier} could not be reached")
    return DeliveryUncertain(type(broken).__name__)


def _http_outcome(status: int, reason: str) -> Exception:
    """The outcome of a message by HTTP status: 429 was not accepted, 5xx is unknown."""
    if status == 429:
        return DeliveryDeferred(reason[:200])
    return DeliveryUncertain(reason[:200]) if status >= 500 else DeliveryRefused(reason[:200])


_VONAGE_THROTTLED = "1"
"""Status of a message that came too fast (Vonage SMS API, error codes)."""


def _vonage_outcome(reason: str) -> Exception:
    is_throttled = f"error code {_VONAGE_THROTTLED}:" in reason
    return DeliveryDeferred(reason[:200]) if is_throttled else DeliveryRefused(reason[:200])
