"""Scheduled every hour: revokes renewed certificates after their grace period, and notifies owners of expiring ones.

Delivery: once an hour, occasionally twice or not at all. A run handles everything that is due, and is idempotent. A
device whose check failed stays due. A run with failures raises, so Lambda retries it and an alarm is raised.
"""

from iotcloud.errors import DependencyFailed
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: object, context: object) -> None:
    """Do one run."""
    attended = wiring().devices.certificates.attend()
    count("CertificatesChecked", attended.devices - len(attended.failed))
    count("CertificateChecksFailed", len(attended.failed))
    write_metrics()
    if attended.failed:
        logger.error("not attended to", deviceids=attended.failed, reasons=attended.reasons)
        raise DependencyFailed("certificate checks failed")
