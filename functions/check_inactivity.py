"""Scheduled every minute: raises an alert for each enabled sensor that has stopped sending.

Delivery: once a minute, occasionally twice or not at all. A run checks all due devices, and is idempotent. A device
whose check failed stays due. A run with failures raises, so Lambda retries it and an alarm is raised.
"""

from iotcloud.errors import DependencyFailed
from iotcloud.observability import count, logger, write_metrics
from iotcloud.wiring import wiring


def handler(event: object, context: object) -> None:
    """Do one run."""
    attended = wiring().readings.inactivity_check.run()
    count("InactivityChecks", attended.devices - len(attended.failed))
    count("InactivityChecksFailed", len(attended.failed))
    count("InactivityAlertsRaised", attended.told)
    write_metrics()
    if attended.failed:
        logger.error("not looked at", deviceids=attended.failed, reasons=attended.reasons)
        raise DependencyFailed("inactivity checks failed")
