"""Maps AWS responses to the outcome of a notice: refused, retry, or unknown."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from iotcloud.notices.delivery import DeliveryDeferred, DeliveryRefused, DeliveryUncertain

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "LimitExceededException",
        "ServiceUnavailable",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
"""Error codes of requests that were not accepted and can be retried."""


@contextmanager
def outcome() -> Iterator[None]:
    """Convert boto3's exceptions to the outcome of an attempt.

    The client must not retry on its own after sending: a send is not idempotent.
    """
    try:
        yield
    except ClientError as refused:
        error = refused.response.get("Error", {})
        code, status = error.get("Code", ""), refused.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        reason = f"{code}: {error.get('Message', '')}"[:200]
        if code in _THROTTLED or status == 429:
            raise DeliveryDeferred(reason) from None
        if status >= 500:
            raise DeliveryUncertain(reason) from None
        raise DeliveryRefused(reason) from None
    except (ConnectTimeoutError, EndpointConnectionError) as unreached:
        raise DeliveryDeferred(type(unreached).__name__) from None
    except ParamValidationError:
        raise DeliveryRefused("the notice is not as the service takes it") from None
    except BotoCoreError as broken:
        raise DeliveryUncertain(type(broken).__name__) from None
