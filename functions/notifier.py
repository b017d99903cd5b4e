"""The notifier: turns triggers of devices and alerts of sensors into notices for the courier.

Delivery: at least once, in any order. A notice's id in the ledger consists of trigger and target. A redelivered trigger
therefore adds no rows, and only posts queued notices again; the courier sends each once. Invalid triggers are parked. A
trigger whose processing failed is reported and redelivered. A failure affects only its own record. After five
deliveries a record goes to the dead-letter queue.
"""

from typing import Any

from iotcloud import ingest
from iotcloud.notices.limits import ALL_TEXTS_LIMIT
from iotcloud.observability import count, logger, report_failed, write_metrics
from iotcloud.wiring import wiring


def handler(event: ingest.Event, context: object) -> dict[str, Any]:
    """Process one batch of triggers."""
    taken = wiring().notices.notifier.take_triggers(ingest.read_deliveries(event))
    for state, notices in taken.states.items():
        count(f"Notices{state.value.title()}", notices)
    is_ceiling_reached = any(reason.startswith(ALL_TEXTS_LIMIT) for reason in taken.held_back)
    count("TextCeilingReached", int(is_ceiling_reached))
    count("TriggersRefused", taken.refused.total())
    count("TriggersParked", taken.parked.total())
    if taken.refused or taken.parked:
        logger.warning("not dispatched", refused=dict(taken.refused), parked=dict(taken.parked))
    report_failed(len(taken.failed), taken.failures.reasons)
    write_metrics()
    return ingest.report_failures(taken.failed)
