"""The eraser: erases the data of deleted accounts and devices, and certificates that claims could not delete.

Delivery: one job at a time, at least once, in any order. Each step is idempotent, so a repetition completes the rest. A
step that fails raises, and the job is redelivered after the queue's visibility timeout. After twenty deliveries it goes
to the dead-letter queue, which has an alarm.
"""

from typing import Any

from iotcloud.histories.personal_data import MessagesOfDevice
from iotcloud.jobs import read_erasure
from iotcloud.observability import count, write_metrics
from iotcloud.provisioning.model import RevokedCertificate
from iotcloud.users.account_deletion import Erasure
from iotcloud.wiring import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Run one job."""
    for record in event["Records"]:
        match read_erasure(record["body"]):
            case Erasure() as erasure:
                wiring().personal_data.erasure.erase_account(erasure)
                count("AccountsErased")
            case MessagesOfDevice() as messages:
                for feature in wiring().personal_data.of_devices_later:
                    feature.erase(messages.deviceid, messages.registration)
                count("DeviceDataErased")
            case RevokedCertificate() as certificate:
                wiring().provisioning.certificate_cleanup.delete_certificate(certificate)
                count("CertificatesDeleted")
    write_metrics()
    return {"batchItemFailures": []}
