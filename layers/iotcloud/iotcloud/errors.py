"""All error conditions, by the contract's names. HTTP statuses are in api/responses.py.

The tree is grouped by who must act:

    IotCloudError
    ├── InvalidInput           the request can never succeed as it is
    ├── NotAuthenticated       the caller must sign in again
    ├── NotPermitted           the caller is known and lacks the right
    ├── NotFound               the named thing does not exist for this caller
    ├── AlreadyExists          the name or id is taken
    ├── TooManyRequests        the caller must slow down
    ├── DependencyFailed       a service that we use failed; for the operators
    └── DeviceUnreachable      the device did not answer in time
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

RETRY_AFTER_SECONDS = 5
"""Retry delay for callers when a service refused without giving one."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one member of a request; `member` is a path (`hourly.device`), or empty for all of it."""

    member: str
    reason: str

    def __str__(self) -> str:
        return f"{self.member}: {self.reason}" if self.member else self.reason


class IotCloudError(Exception):
    """Carry a code for programs, the message for people, and what travels beside them in the answer.

    `code` is the class's name in snake case, so that a class of a condition keeps its name.
    """

    message = "Request failed"
    code: ClassVar[str] = "request_failed"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str | None = None, *, detail: Sequence[Problem] = (), **fields: object) -> None:
        self.message = message or type(self).message
        self.detail = tuple(detail)
        self.fields: Mapping[str, Any] = fields
        super().__init__(self.message)


class InvalidInput(IotCloudError):
    message = "Invalid parameters"


class EmptyParameter(InvalidInput):
    message = "Empty parameter found"


class MissingParameter(InvalidInput):
    message = "Parameters not included"


class RequestTooLarge(InvalidInput):
    message = "Request is too large"


class TooManyDevices(InvalidInput):
    message = "Too many devices"


class TokensMissing(MissingParameter):
    message = "Refresh and ID tokens are not provided"


class InvalidCode(InvalidInput):
    """A confirmation code is wrong, was used, or is too old."""

    message = "Invalid code"


class InvalidCredentialToken(InvalidInput):
    """A credential JWT of the old apps cannot be accepted; the message is the reason."""

    message = "Credential token is invalid"


class PasswordRefused(InvalidInput):
    message = "Password does not meet the rules"


class RequestRefused(InvalidInput):
    """The account does not allow it, or a code or the current password is wrong; the message is the contract's."""

    message = "Request failed"


class NotAuthenticated(IotCloudError):
    message = "Unauthorized access"


class InvalidAuthorizationHeader(NotAuthenticated):
    message = "Invalid authorization header"


class TokenExpired(NotAuthenticated):
    """The access token cannot be verified: unreadable, unknown key, bad signature or out of its time.

    The web app refreshes its tokens on exactly this message.
    """

    message = "Token expired"


class SignatureInvalid(NotAuthenticated):
    """A call that claims to come from a carrier does not."""

    message = "Signature is invalid"


class RefreshTokenInvalid(NotAuthenticated):
    message = "Refresh token invalid"


class NotPermitted(IotCloudError):
    message = "Not permitted"


class NotFound(IotCloudError):
    message = "Not found"


class DeviceNotRegistered(NotFound):
    message = "Device is not registered"


class SensorNotRegistered(NotFound):
    message = "Sensor is not registered"


class NoticeNotFound(NotFound):
    message = "Notice is not found"


class PaymentNotFound(NotFound):
    message = "Payment is not found"


class PaymentsNotOffered(NotFound):
    """No credentials of a payment service are set up."""

    message = "Payments are not offered"


class AlreadyExists(IotCloudError):
    message = "Already exists"


class UsernameTaken(AlreadyExists):
    message = "Username already exists"


class DeviceNameTaken(AlreadyExists):
    message = "Device name is already taken"


class DeviceIdTaken(AlreadyExists):
    message = "Device UUID is already registered"


class RenewalUnderWay(AlreadyExists):
    message = "Certificate is being renewed"


class DeletionInProgress(AlreadyExists):
    """The device is being deleted by another call that has not ended."""

    message = "Device is being deleted"


class SensorBusy(AlreadyExists):
    """Contention on the state of a device's sensors. The call can be retried."""

    message = "Sensor is busy"


class TooManyRequests(IotCloudError):
    """`retry_after_seconds` is the delay before a retry."""

    message = "Too many requests"

    def __init__(self, message: str | None = None, *, retry_after_seconds: int = RETRY_AFTER_SECONDS) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TextCeilingReached(TooManyRequests):
    """All accounts together had as many text messages sent today as the platform allows."""


class CreditsUsedUp(TooManyRequests):
    """An account has no bought credits left."""

    message = "No credits are left"


class DependencyFailed(IotCloudError):
    message = "Request failed"


class CommunicationFailed(DependencyFailed):
    message = "Could not communicate with device"


class PaymentServiceFailed(DependencyFailed):
    """PayPal did not answer, or not as it should; what it was asked for may have been done."""

    message = "Payment service did not answer"


class DocumentUnavailable(DependencyFailed):
    message = "Could not retrieve JSON document"


class DeviceUnreachable(IotCloudError):
    """No reply within the limit. `fields["value"]` may hold the cached `heartbeat` and `version`.

    `fields["online"]` is False when presence knew that the device is away, so that it was not asked, and True when the
    device was connected and did not answer. It is absent when presence did not know.
    """

    message = "Device is unreachable"
