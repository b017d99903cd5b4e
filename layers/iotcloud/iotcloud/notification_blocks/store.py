"""Rows of notification blocks, one for each port: `notification_blocks` (deviceid, source)."""

import json
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from iotcloud.dynamodb import Row
from iotcloud.notification_blocks.model import Channel, Endpoint, NotificationBlock, Text


class NotificationBlockRow(Row):
    """`source` is `uart`, `gpio{n}`, or the `peripherals.model.block_source` of a sensor."""

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
            return _load_block(NotificationBlockRow.get(deviceid, source, consistent_read=True).block)
        except NotificationBlockRow.DoesNotExist:
            return None

    def find_all(self, deviceid: str) -> dict[str, NotificationBlock]:
        """Return the stored blocks of a device, by source."""
        return {
            row.source: _load_block(row.block) for row in NotificationBlockRow.query(deviceid, consistent_read=True)
        }

    def save(self, deviceid: str, source: str, block: NotificationBlock) -> None:
        """Replace the port's block."""
        NotificationBlockRow(deviceid, source, block=_dump_block(block)).save()

    def delete(self, deviceid: str, *sources: str) -> None:
        """Delete the blocks of these sources."""
        with NotificationBlockRow.batch_write() as batch:
            for source in sources:
                batch.delete(NotificationBlockRow(deviceid, source))

    def erase(self, deviceid: str) -> None:
        """Delete every block of a device."""
        with NotificationBlockRow.batch_write() as batch:
            for row in NotificationBlockRow.query(deviceid):
                batch.delete(row)


def _dump_block(block: NotificationBlock) -> str:
    return json.dumps(
        {
            "texts": [[text.message, text.is_enabled] for text in block.texts],
            "endpoints": {
                channel.value: [one.recipients, one.is_enabled, list(one.recipients_list), *one.targets]
                for channel, one in block.endpoints.items()
            },
        }
    )


def _load_block(text: str) -> NotificationBlock:
    members: dict[str, Any] = json.loads(text)
    return NotificationBlock(
        texts=tuple(Text(message, is_enabled) for message, is_enabled in members["texts"]),
        endpoints={
            Channel(name): Endpoint(recipients, is_enabled, tuple(listed), tuple(targets))
            for name, (recipients, is_enabled, listed, *targets) in members["endpoints"].items()
        },
    )
