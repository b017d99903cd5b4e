"""Rows of command leases, for devices that return no correlation data."""

from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import ListAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, UpdateError

from iotcloud.commands.model import OWED_FOR, CommandLease
from iotcloud.dynamodb import InstantAttribute, Row, from_ms, raise_unless_refused, to_ms

KEPT_FOR = timedelta(hours=1)
"""Lifetime of a row after its last use, should its deletion fail."""


class CommandLeaseRow(Row):
    """A row is there while a command is under way, or while replies to earlier ones may still come."""

    class Meta(Row.Meta):
        table_name = "command_leases"

    command = UnicodeAttribute(hash_key=True)
    holder = UnicodeAttribute(null=True)
    until = InstantAttribute(null=True)
    owed = ListAttribute[Any](of=NumberAttribute, null=True)
    """Until when replies may come that have not come in time (epoch ms). The holder's own is last from the moment it
    has the lease, so that it counts also when the holder never comes back."""
    expires_at = TTLAttribute(null=True)


class CommandLeaseStore:
    """Grants leases, each in one conditional write."""

    def acquire(self, deviceid: str, api: str, holder: str, now: datetime, until: datetime) -> CommandLease | None:
        """Take the lease, and count a reply as outstanding from now on; None while another holder has it."""
        row = CommandLeaseRow(_key(deviceid, api))
        try:
            row.update(
                actions=[
                    CommandLeaseRow.holder.set(holder),
                    CommandLeaseRow.until.set(until),
                    CommandLeaseRow.owed.set((CommandLeaseRow.owed | []).append([to_ms(now + OWED_FOR)])),
                    CommandLeaseRow.expires_at.set(now + KEPT_FOR),
                ],
                condition=CommandLeaseRow.holder.does_not_exist() | (CommandLeaseRow.until < now),
            )
        except UpdateError as error:
            raise_unless_refused(error)
            return None
        return CommandLease(deviceid, api, holder, until, tuple(from_ms(until) for until in row.owed[:-1]))

    def release(self, lease: CommandLease, owed: tuple[datetime, ...]) -> None:
        """Give the lease back; one that was lost meanwhile is the next holder's, our reply outstanding there."""
        row = CommandLeaseRow(_key(lease.deviceid, lease.api))
        is_ours = CommandLeaseRow.holder == lease.holder
        try:
            if owed:
                row.update(
                    actions=[
                        CommandLeaseRow.holder.remove(),
                        CommandLeaseRow.until.remove(),
                        CommandLeaseRow.owed.set([to_ms(until) for until in owed]),
                        CommandLeaseRow.expires_at.set(max(owed) + KEPT_FOR),
                    ],
                    condition=is_ours,
                )
            else:
                row.delete(condition=is_ours)
        except (UpdateError, DeleteError) as error:
            raise_unless_refused(error)

    def add_owed(self, deviceid: str, api: str, until: datetime) -> None:
        """Note a reply that may still come to a command which was sent without a lease."""
        CommandLeaseRow(_key(deviceid, api)).update(
            actions=[
                CommandLeaseRow.owed.set((CommandLeaseRow.owed | []).append([to_ms(until)])),
                CommandLeaseRow.expires_at.set(until + KEPT_FOR),
            ]
        )


def _key(deviceid: str, api: str) -> str:
    return f"{deviceid}#{api}"
