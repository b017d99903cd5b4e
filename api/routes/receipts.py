"""Signed receipts of text messages from carriers outside AWS (group 8)."""

from api.operations import Authentication, Call, Routes
from iotcloud.errors import InvalidInput, SignatureInvalid
from iotcloud.notices.carrier_webhooks import TWILIO_PATH, VONAGE_PATH
from iotcloud.notices.schema import CarrierReport
from iotcloud.schema import Answer
from iotcloud.wiring import wiring

routes = Routes("Receipts")
ERRORS = (InvalidInput, SignatureInvalid)


@routes.operation(
    "8.6",
    "TAKE TWILIO RECEIPT",
    "POST",
    TWILIO_PATH,
    request=CarrierReport,
    answer=Answer,
    errors=ERRORS,
    authentication=Authentication.SIGNATURE,
    query=("notice",),
    is_form=True,
)
def take_twilio_receipt(call: Call[CarrierReport]) -> Answer:
    """Record a status callback of Twilio, signed in the header `X-Twilio-Signature`."""
    wiring().notices.carrier_receipts.take_twilio(call.query.get("notice", ""), call.body.members, call.signature)
    return Answer()


@routes.operation(
    "8.7",
    "TAKE VONAGE RECEIPT",
    "POST",
    VONAGE_PATH,
    request=CarrierReport,
    answer=Answer,
    errors=ERRORS,
    authentication=Authentication.SIGNATURE,
)
def take_vonage_receipt(call: Call[CarrierReport]) -> Answer:
    """Record a delivery receipt of Vonage, as POST-JSON, signed in its member `sig` by HMAC with SHA-256 or SHA-512."""
    wiring().notices.carrier_receipts.take_vonage(call.body.members)
    return Answer()
