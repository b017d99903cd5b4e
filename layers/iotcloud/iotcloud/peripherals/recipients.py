"""Recipients of a port are visible to its owner only: what other users see and may change. Pure rules."""

from collections.abc import Mapping
from typing import Any

from iotcloud.devices.model import Device, Role
from iotcloud.errors import NotPermitted, Problem
from iotcloud.notification_blocks.model import NotificationBlock

BLOCK_REFUSED = Problem("notification", "only the device's owner may change it")
DESTINATION_REFUSED = Problem("hardware.devicename", "only the device's owner may change it")


def visible_block(device: Device, block: NotificationBlock) -> NotificationBlock:
    """A port's block as a user of the device sees it: others than the owner see no recipients."""
    return block if device.role is Role.OWNER else block.without_recipients()


def check_block(posted: NotificationBlock, stored: NotificationBlock) -> None:
    """Raise NotPermitted unless a user who is not the owner gives a block back as it is, or as it was shown."""
    if not (posted.says_the_same(stored) or posted.says_the_same(stored.without_recipients())):
        raise NotPermitted(detail=[BLOCK_REFUSED])


def with_destination(attributes: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input's attributes posted by a user who is not the owner, with the stored destination of readings.

    An empty destination means the stored one. Raise NotPermitted for another one.
    """
    kept = dict(attributes)
    if "hardware" in attributes:
        kept["hardware"] = _destination(attributes["hardware"], stored.get("hardware"))
    if isinstance(attributes.get("subattributes"), Mapping):
        substored = stored.get("subattributes")
        kept["subattributes"] = with_destination(
            attributes["subattributes"], substored if isinstance(substored, Mapping) else {}
        )
    return kept


def _destination(posted: Any, stored: Any) -> Any:
    known = stored.get("devicename") if isinstance(stored, Mapping) else None
    asked = posted.get("devicename") if isinstance(posted, Mapping) else None
    if asked and asked != known:
        raise NotPermitted(detail=[DESTINATION_REFUSED])
    return {**posted, "devicename": known or ""} if isinstance(posted, Mapping) else posted
