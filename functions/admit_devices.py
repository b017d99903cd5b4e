"""Pre-provisioning hook: decides whether a device with the shared claim certificate gets its own certificate.

Delivery: synchronous. AWS IoT waits five seconds for the response; a timeout or a failure counts as a rejection, and
the device retries. An admitted claim is stored before the response, so it is admitted once.
"""

from collections.abc import Mapping
from typing import Any

from iotcloud.observability import count, logger, write_metrics
from iotcloud.provisioning.schema import Claim
from iotcloud.wiring import wiring


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Decide on one claim (AWS IoT Core developer guide, "Pre-provisioning hooks")."""
    claim = Claim.read(event)
    is_admitted = claim is not None and wiring().provisioning.claims.admit_device(
        claim.deviceid, claim.serialnumber, claim.certificate_id, claim.certificate_pem
    )
    count("ClaimsAdmitted" if is_admitted else "ClaimsRefused")
    if not is_admitted:
        logger.warning("claim refused", deviceid=claim.deviceid if claim else None)
    write_metrics()
    return {"allowProvisioning": is_admitted, "parameterOverrides": {}}
