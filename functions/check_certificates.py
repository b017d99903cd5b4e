"""Certificates, by the clock: ends the grace of those that were renewed, and has owners told of those that end.

Delivery: once an hour, now and then twice or not at all. A run does what is due, whenever it became so; doing it twice
changes nothing. A device that could not be attended to stays due. A run that leaves some fails, so that it is made
again and somebody hears of it.
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
        raise DependencyFailed("some certificates were not attended to")
