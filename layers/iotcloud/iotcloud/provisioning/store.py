"""The rows of known devices."""

from collections.abc import Sequence
from datetime import datetime

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from iotcloud.devices.model import Certificate
from iotcloud.dynamodb import InstantAttribute, Row, raise_unless_refused
from iotcloud.provisioning.model import RETRY_WITHIN, KnownDevice


class KnownDeviceRow(Row):
    class Meta(Row.Meta):
        table_name = "known_devices"

    deviceid = UnicodeAttribute(hash_key=True)
    serialnumber = UnicodeAttribute()
    certificate_id = UnicodeAttribute(null=True)
    certificate_issued_at = InstantAttribute(null=True)
    certificate_expires_at = InstantAttribute(null=True)
    is_adopted = BooleanAttribute(null=True)


class KnownDeviceStore:
    """Keeps known devices."""

    def find(self, deviceid: str) -> KnownDevice | None:
        """Read a known device."""
        try:
            return _known(KnownDeviceRow.get(deviceid, consistent_read=True))
        except DoesNotExist:
            return None

    def find_all(self, deviceids: Sequence[str]) -> dict[str, KnownDevice]:
        """Read those that are known: one request for each hundred."""
        rows = KnownDeviceRow.batch_get(list(deviceids), consistent_read=True)
        return {row.deviceid: _known(row) for row in rows}

    def add_all(self, devices: Sequence[KnownDevice]) -> None:
        """Keep devices that are not known yet: one request for each 25."""
        with KnownDeviceRow.batch_write() as batch:
            for device in devices:
                batch.save(KnownDeviceRow(device.deviceid, serialnumber=device.serialnumber))

    def set_certificate(self, deviceid: str, certificate: Certificate, now: datetime) -> bool:
        """Keep the certificate issued to a device on a claim; tell whether it may have one."""
        may_have = KnownDeviceRow.certificate_id.does_not_exist() | (
            KnownDeviceRow.certificate_issued_at > now - RETRY_WITHIN
        )
        return self._update(
            deviceid,
            KnownDeviceRow.certificate_id.set(certificate.certificate_id),
            KnownDeviceRow.certificate_issued_at.set(certificate.issued_at),
            KnownDeviceRow.certificate_expires_at.set(certificate.expires_at),
            condition=KnownDeviceRow.serialnumber.exists() & KnownDeviceRow.is_adopted.does_not_exist() & may_have,
        )

    def adopt(self, deviceid: str, certificate_id: str | None) -> bool:
        """Keep that a device has an owner; tell whether it is known, and with this certificate."""
        kept = KnownDeviceRow.certificate_id
        is_same = kept.does_not_exist() if certificate_id is None else kept == certificate_id
        return self._update(
            deviceid, KnownDeviceRow.is_adopted.set(True), condition=KnownDeviceRow.serialnumber.exists() & is_same
        )

    def release(self, deviceid: str) -> None:
        """Keep that a device has no owner; its certificate stays."""
        self._update(deviceid, KnownDeviceRow.is_adopted.remove(), condition=KnownDeviceRow.serialnumber.exists())

    def erase(self, deviceid: str) -> None:
        """Forget the owner's time with a device: it may be provisioned and adopted anew."""
        self._update(
            deviceid,
            KnownDeviceRow.is_adopted.remove(),
            KnownDeviceRow.certificate_id.remove(),
            KnownDeviceRow.certificate_issued_at.remove(),
            KnownDeviceRow.certificate_expires_at.remove(),
            condition=KnownDeviceRow.serialnumber.exists(),
        )

    def _update(self, deviceid: str, *actions: Action, condition: Condition) -> bool:
        try:
            KnownDeviceRow(deviceid).update(actions=list(actions), condition=condition)
        except UpdateError as failed:
            raise_unless_refused(failed)
            return False
        return True


def _known(row: KnownDeviceRow) -> KnownDevice:
    certificate = None
    if row.certificate_id is not None:
        certificate = Certificate(row.certificate_id, row.certificate_issued_at, row.certificate_expires_at)
    return KnownDevice(row.deviceid, row.serialnumber, certificate, bool(row.is_adopted))
