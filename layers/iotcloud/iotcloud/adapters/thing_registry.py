"""AWS IoT Core's registry: one thing per device, named by its id, and certificates that are bound to one thing each."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.adapters.certificate_requests import read_expiry
from iotcloud.clock import Clock
from iotcloud.devices.model import Certificate
from iotcloud.devices.registration import Patience, SignedCertificate
from iotcloud.errors import DependencyFailed
from iotcloud.observability import count, logger

if TYPE_CHECKING:
    from mypy_boto3_iot.client import IoTClient

FAILED = "Device could not be registered with the broker"
FIRST_PAUSE_SECONDS = 0.2
"""Initial delay between attempts to delete a detached resource; it doubles each time. AWS IoT detaches asynchronously,
which "might take several seconds" (API reference, DetachThingPrincipal)."""


class IotThings:
    """The things and certificates of this account. Deletions are idempotent."""

    def __init__(
        self,
        client: Callable[[], "IoTClient"],
        policy_name: str,
        clock: Clock,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._policy_name = policy_name
        self._clock = clock
        self._pause = pause
        self._arns: dict[str, str] = {}

    def create_thing(self, deviceid: str) -> None:
        """Create the thing; one that is there already will do. Raise DependencyFailed."""
        with _registry_failures():
            self._client().create_thing(thingName=deviceid)

    def delete_thing(self, deviceid: str, patience: Patience) -> None:
        """Delete the thing, which must have no certificate any more; raise DependencyFailed."""
        with _registry_failures(), _nothing_there():
            self._once_detached(partial(self._client().delete_thing, thingName=deviceid), patience)

    def sign(self, csr_pem: str) -> SignedCertificate:
        """Have AWS sign a request; the certificate is inactive until it is activated. Raise DependencyFailed."""
        with _registry_failures():
            issued = self._client().create_certificate_from_csr(certificateSigningRequest=csr_pem, setAsActive=False)
        pem = issued["certificatePem"]
        self._arns[issued["certificateId"]] = issued["certificateArn"]
        return SignedCertificate(Certificate(issued["certificateId"], self._clock(), read_expiry(pem)), pem)

    def allow(self, certificate_id: str) -> None:
        """Attach the one policy that all devices share; raise DependencyFailed."""
        with _registry_failures():
            self._client().attach_policy(policyName=self._policy_name, target=self._arn(certificate_id))

    def bind(self, certificate_id: str, deviceid: str) -> None:
        """Attach the certificate to its thing and to no other; raise DependencyFailed.

        With an exclusive thing the certificate can have no second one, and lifecycle events carry the thing's name.
        """
        with _registry_failures():
            self._client().attach_thing_principal(
                thingName=deviceid, principal=self._arn(certificate_id), thingPrincipalType="EXCLUSIVE_THING"
            )

    def activate(self, certificate_id: str) -> None:
        """Let the certificate connect; raise DependencyFailed."""
        with _registry_failures():
            self._client().update_certificate(certificateId=certificate_id, newStatus="ACTIVE")

    def deactivate(self, certificate_id: str) -> None:
        """Let the certificate connect no more, for now; raise DependencyFailed."""
        with _registry_failures(), _nothing_there():
            self._client().update_certificate(certificateId=certificate_id, newStatus="INACTIVE")

    def discard(self, certificate_ids: Sequence[str], deviceid: str, patience: Patience) -> None:
        """Revoke certificates, detach their policy and thing, and delete them. Raise DependencyFailed.

        They are revoked first, so they are invalid whatever fails later. All are detached before the first is deleted,
        so the waits for AWS IoT overlap.
        """
        with _registry_failures():
            for certificate_id in certificate_ids:
                self._detach(certificate_id, deviceid)
            for certificate_id in certificate_ids:
                self._delete_certificate(certificate_id, patience)

    def retire(self, certificate_id: str, deviceid: str, patience: Patience) -> bool:
        """Do the same with one certificate, but leave it, revoked, if it is still attached in the end.

        Answer whether it was deleted. Raise DependencyFailed for any other failure.
        """
        with _registry_failures():
            self._detach(certificate_id, deviceid)
            try:
                self._delete_certificate(certificate_id, patience)
            except ClientError as failed:
                if not _is_attached(failed):
                    raise
                count("CertificatesLeft")
                logger.warning("a revoked certificate is left", certificate_id=certificate_id, deviceid=deviceid)
                return False
        return True

    def _detach(self, certificate_id: str, deviceid: str) -> None:
        client = self._client()
        with _nothing_there():
            arn = self._arn(certificate_id)
            client.update_certificate(certificateId=certificate_id, newStatus="REVOKED")
            with _nothing_there():
                client.detach_thing_principal(thingName=deviceid, principal=arn)
            with _nothing_there():
                client.detach_policy(policyName=self._policy_name, target=arn)

    def _delete_certificate(self, certificate_id: str, patience: Patience) -> None:
        delete = partial(self._client().delete_certificate, certificateId=certificate_id, forceDelete=True)
        with _nothing_there():
            self._once_detached(delete, patience)
        self._arns.pop(certificate_id, None)

    def _once_detached(self, delete: Callable[[], object], patience: Patience) -> None:
        """Delete a resource, and retry within the time limit while AWS IoT reports it as attached."""
        wish = FIRST_PAUSE_SECONDS
        while True:
            try:
                delete()
            except ClientError as failed:
                if not _is_attached(failed) or not (seconds := patience.spend(wish)):
                    raise
            else:
                return
            self._pause(seconds)
            wish *= 2

    def _arn(self, certificate_id: str) -> str:
        if certificate_id not in self._arns:
            described = self._client().describe_certificate(certificateId=certificate_id)
            self._arns[certificate_id] = described["certificateDescription"]["certificateArn"]
        return self._arns[certificate_id]


def _is_attached(failed: ClientError) -> bool:
    """Whether a deletion failed because the resource is still attached (API reference, DeleteCertificate)."""
    error = failed.response["Error"]
    return error["Code"] == "DeleteConflictException" or (
        error["Code"] == "InvalidRequestException" and "still attached" in error["Message"]
    )


@contextmanager
def _registry_failures() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as failed:
        raise DependencyFailed(FAILED) from failed


@contextmanager
def _nothing_there() -> Iterator[None]:
    try:
        yield
    except ClientError as failed:
        if failed.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
