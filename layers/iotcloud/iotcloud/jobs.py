"""Message format of the account job queues: one JSON object per job."""

import json
from datetime import datetime

from iotcloud.histories.personal_data import MessagesOfDevice
from iotcloud.notices.verified_numbers import VerifiedNumber
from iotcloud.provisioning.model import RevokedCertificate
from iotcloud.users.account_deletion import Erasure
from iotcloud.users.exports import Export


def write_erasure(erasure: Erasure) -> str:
    """Write an erasure."""
    return json.dumps(
        {"username": erasure.username, "closed_at": erasure.closed_at.isoformat(), "passes": erasure.passes}
    )


def write_messages(messages: MessagesOfDevice) -> str:
    """Write the erasure of a device's messages."""
    return json.dumps({"deviceid": messages.deviceid, "registration": messages.registration})


def write_certificate(certificate: RevokedCertificate) -> str:
    """Write the deletion of a certificate."""
    return json.dumps({"deviceid": certificate.deviceid, "certificate_id": certificate.certificate_id})


def read_erasure(body: str) -> Erasure | MessagesOfDevice | RevokedCertificate:
    """Read an erasure, of an account, a device's messages or a certificate; raise ValueError or KeyError for no job."""
    members = json.loads(body)
    if "certificate_id" in members:
        return RevokedCertificate(members["certificate_id"], members["deviceid"])
    if "deviceid" in members:
        return MessagesOfDevice(members["deviceid"], members["registration"])
    return Erasure(members["username"], datetime.fromisoformat(members["closed_at"]), members["passes"])


def write_export(export: Export) -> str:
    """Write the order for an archive."""
    return json.dumps(
        {
            "username": export.username,
            "export_id": export.export_id,
            "requested_at": export.requested_at.isoformat(),
        }
    )


def read_export(body: str) -> Export:
    """Parse an export job. Raise ValueError or KeyError when malformed."""
    members = json.loads(body)
    return Export(members["username"], members["export_id"], datetime.fromisoformat(members["requested_at"]))


def write_phone(phone: VerifiedNumber) -> str:
    """Write a verified phone."""
    return json.dumps({"username": phone.username, "phone_number": phone.phone_number})


def read_verified_number(body: str) -> VerifiedNumber:
    """Parse a verified telephone number. Raise ValueError or KeyError when malformed."""
    members = json.loads(body)
    return VerifiedNumber(members["username"], members["phone_number"])
