"""Silence, by the clock: has owners told of sensors that are on and have sent nothing for too long.

Delivery: once a minute, now and then twice or not at all. A run looks at what is due, whenever it became so; doing it
twice changes nothing. A device that could not be looked at stays due. A run that leaves some fails, so that it is made
again and somebody hears of it.
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
        raise DependencyFailed("some devices were not looked at")
