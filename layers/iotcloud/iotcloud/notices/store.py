"""The rows of notification blocks: one per device and source."""

import json
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from iotcloud.notices.model import Channel, Endpoint, NotificationBlock, Text
from iotcloud.rows import Row


class NotificationBlockRow(Row):
    """`source` is `uart`, `gpio{n}`, or what `peripherals.model.block_source` says of a sensor."""

    class Meta(Row.Meta):
        table_name = "notification_blocks"

    deviceid = UnicodeAttribute(hash_key=True)
    source = UnicodeAttribute(range_key=True)
    block = UnicodeAttribute()
    """JSON: read and written as a whole, never searched."""


class NotificationBlockStore:
    """Keeps each port's block."""

    def find(self, deviceid: str, source: str) -> NotificationBlock | None:
        """The stored block, or None when the port still has the default."""
        try:
            return _load(NotificationBlockRow.get(deviceid, source, consistent_read=True).block)
        except NotificationBlockRow.DoesNotExist:
            return None

    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None:
        """Replace the port's block."""
        NotificationBlockRow(deviceid, source, block=_dump(block)).save()

    def delete(self, deviceid: str, *sources: str) -> None:
        """Forget the blocks of these sources."""
        with NotificationBlockRow.batch_write() as batch:
            for source in sources:
                batch.delete(NotificationBlockRow(deviceid, source))

    def erase(self, deviceid: str) -> None:
        """Forget every block of a device."""
        with NotificationBlockRow.batch_write() as batch:
            for row in NotificationBlockRow.query(deviceid):
                batch.delete(row)


def _dump(block: NotificationBlock) -> str:
    return json.dumps(
        {
            "texts": [[text.message, text.is_enabled] for text in block.texts],
            "endpoints": {
                channel.value: [one.recipients, one.is_enabled, list(one.recipients_list)]
                for channel, one in block.endpoints.items()
            },
        }
    )


def _load(text: str) -> NotificationBlock:
    members: dict[str, Any] = json.loads(text)
    return NotificationBlock(
        texts=tuple(Text(message, is_enabled) for message, is_enabled in members["texts"]),
        endpoints={
            Channel(name): Endpoint(recipients, is_enabled, tuple(listed))
            for name, (recipients, is_enabled, listed) in members["endpoints"].items()
        },
    )
