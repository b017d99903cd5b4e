"""Queries of an owner's notices: lists, newest first; single notices; links to stored objects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from iotcloud.devices.interfaces import DeviceNames, DeviceRegistry
from iotcloud.devices.model import DeviceName, Role
from iotcloud.errors import NoticeNotFound
from iotcloud.notices.interfaces import NoticeLedger, StoredNotices
from iotcloud.notices.ledger import Notice, NoticeFilter, State
from iotcloud.notification_blocks.model import Channel
from iotcloud.pagination import Page


@dataclass(frozen=True)
class LedgerEntry:
    """A notice, under the name that its device has now."""

    devicename: str
    notice: Notice


@dataclass(frozen=True)
class NoticeService:
    """Reads the ledger in a bounded number of requests. Only the owner may read it: it names the owner's recipients,
    which users of a shared device must not see."""

    devices: DeviceRegistry
    names: DeviceNames
    ledger: NoticeLedger
    stored: StoredNotices

    def list_notices(
        self, username: str, asked: NoticeFilter, limit: int, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        """Return the newest notices that match the filter, or the newest before the cursor.

        A page may be short, even empty, and still have a cursor. An unknown device name gives an empty page. Notices
        of earlier registrations and of deleted devices are left out.
        """
        names = {name.registration: name for name in self.names.list_names(username) if name.role is Role.OWNER}
        deviceid = None
        if asked.devicename is not None:
            named = next((name for name in names.values() if name.devicename == asked.devicename), None)
            if named is None:
                return Page(())
            deviceid = named.deviceid
        page = self.ledger.page(username, asked, deviceid, limit, cursor)
        return Page(_entries(page.items, names), page.cursor)

    def find_notice(self, username: str, devicename: str, notice_id: str) -> LedgerEntry:
        """Return one notice with its attempts; raise DeviceNotRegistered, NotPermitted, NoticeNotFound."""
        device = self.devices.find_device(username, devicename, Role.OWNER)
        notice = self.ledger.find(device.deviceid, notice_id)
        if notice is None or (notice.owner, notice.registration) != (device.owner, device.registration):
            raise NoticeNotFound
        return LedgerEntry(device.devicename, notice)

    def lend_notice(self, username: str, devicename: str, notice_id: str) -> str:
        """Return a link to a notice that was stored; raise as `find_notice` does, also for one that was not stored."""
        notice = self.find_notice(username, devicename, notice_id).notice
        if notice.channel is not Channel.STORAGE or notice.state is not State.SENT:
            raise NoticeNotFound
        return self.stored.lend(notice)


def _entries(notices: Sequence[Notice], names: Mapping[str, DeviceName]) -> list[LedgerEntry]:
    return [
        LedgerEntry(names[notice.registration].devicename, notice) for notice in notices if notice.registration in names
    ]
