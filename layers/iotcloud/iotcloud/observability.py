"""One logger and one set of metrics for all functions. Secrets, tokens and payloads never go through here.

Powertools' Tracer is not used: it needs the X-Ray SDK, which costs 400 ms of import and ends in February 2027.
Lambda's active tracing needs no SDK.
"""

from collections.abc import Mapping

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from iotcloud.parallel import background

logger = Logger(service="iotcloud")
metrics = Metrics(namespace="iotcloud", service="iotcloud")


def count(name: str, amount: int = 1) -> None:
    """Add to a counter metric (embedded metric format, written when the invocation ends)."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)


def report_failed(failed: int, reasons: Mapping[str, int]) -> None:
    """Count the records of a batch that failed, and log why, by exception and line."""
    count("RecordsFailed", failed)
    if failed:
        logger.warning("batch partly failed", failed=failed, reasons=reasons)


def finish_background() -> None:
    """Wait for requests that no answer waits for. An entrypoint that may begin some calls this before it returns."""
    for failed in background.finish():
        count("BackgroundFailures")
        logger.warning("a background request failed", reason=type(failed).__name__)


def write_metrics() -> None:
    """Write the metrics of this invocation. Each entrypoint calls it last."""
    if metrics.metric_set:
        metrics.flush_metrics()
