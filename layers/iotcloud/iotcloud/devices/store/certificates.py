"""Which certificates devices have, and when something is to be done about them."""

from datetime import datetime
from zlib import crc32

from pynamodb.expressions.update import Action

from iotcloud.devices.model import Certificate, RegisteredDevice
from iotcloud.devices.store.tables import DeviceRow, change, change_if, read_devices
from iotcloud.errors import RenewalUnderWay

DUE_SHARDS = 8
"""Partitions of the index of due certificates: a fleet registered within an hour is due within an hour."""

_NO_CERTIFICATE = tuple(
    attribute.remove()
    for attribute in (DeviceRow.certificate_id, DeviceRow.certificate_issued_at, DeviceRow.certificate_expires_at)
)
_NO_SUCCESSOR = tuple(
    attribute.remove()
    for attribute in (DeviceRow.successor_id, DeviceRow.successor_issued_at, DeviceRow.successor_expires_at)
)


class CertificateRows:
    """Keeps devices' certificates."""

    def set_certificate(self, device: RegisteredDevice, certificate: Certificate, due_at: datetime | None) -> None:
        """Set the active certificate of a device without one. Raise RenewalUnderWay when it has one."""
        change(
            device,
            DeviceRow.certificate_id.set(certificate.certificate_id),
            DeviceRow.certificate_issued_at.set(certificate.issued_at),
            DeviceRow.certificate_expires_at.set(certificate.expires_at),
            *_due(device, due_at),
            condition=DeviceRow.certificate_id.does_not_exist(),
            refusal=RenewalUnderWay,
        )

    def set_successor(self, device: RegisteredDevice, successor: Certificate, due_at: datetime | None) -> None:
        """Keep a certificate beside the one in use; raise RenewalUnderWay when another renewal was quicker."""
        change(
            device,
            DeviceRow.successor_id.set(successor.certificate_id),
            DeviceRow.successor_issued_at.set(successor.issued_at),
            DeviceRow.successor_expires_at.set(successor.expires_at),
            *_due(device, due_at),
            condition=DeviceRow.successor_id.does_not_exist(),
            refusal=RenewalUnderWay,
        )

    def promote(self, device: RegisteredDevice, due_at: datetime | None) -> None:
        """Promote the successor to the active certificate. Idempotent."""
        successor = device.successor
        if successor is None:
            return
        change_if(
            device.deviceid,
            DeviceRow.certificate_id.set(successor.certificate_id),
            DeviceRow.certificate_issued_at.set(successor.issued_at),
            DeviceRow.certificate_expires_at.set(successor.expires_at),
            *_NO_SUCCESSOR,
            *_due(device, due_at),
            condition=DeviceRow.successor_id == successor.certificate_id,
        )

    def forget_certificate(self, device: RegisteredDevice, certificate: Certificate) -> None:
        """Remove a certificate from the row. Idempotent."""
        certificate_id = certificate.certificate_id
        change_if(device.deviceid, *_NO_SUCCESSOR, condition=DeviceRow.successor_id == certificate_id)
        change_if(device.deviceid, *_NO_CERTIFICATE, condition=DeviceRow.certificate_id == certificate_id)

    def find_due(self, now: datetime, limit: int) -> list[RegisteredDevice]:
        """Return devices about whose certificates something is due: a query a shard, a batch a hundred devices."""
        deviceids = [
            row.deviceid
            for shard in range(DUE_SHARDS)
            for row in DeviceRow.by_due.query(str(shard), DeviceRow.due_at <= now, limit=limit // DUE_SHARDS)
        ]
        return list(read_devices(deviceids).values())

    def set_due(self, device: RegisteredDevice, due_at: datetime | None) -> None:
        """Set when the certificates are due next. A missing device is ignored."""
        change_if(device.deviceid, *_due(device, due_at), condition=DeviceRow.registration == device.registration)


def _due(device: RegisteredDevice, due_at: datetime | None) -> tuple[Action, ...]:
    if due_at is None:
        return DeviceRow.due_shard.remove(), DeviceRow.due_at.remove()
    shard = str(crc32(device.deviceid.encode()) % DUE_SHARDS)
    return DeviceRow.due_shard.set(shard), DeviceRow.due_at.set(due_at)
