"""A user's notices as personal data: exported, and erased with the account."""

from dataclasses import replace

from iotcloud.notices.personal_data import NoticesData
from tests.fakes.notices import FakeLedger, FakeStoredNotices
from tests.unit.notices.test_delivery import AT, NOTICE


def test_export_tells_what_became_of_each_notice() -> None:
    ledger = FakeLedger()
    ledger.enter(NOTICE.begin(AT).failed("no such address"))
    ledger.enter(replace(NOTICE, owner="stranger", notice_id="n2"))

    (record,) = NoticesData(ledger, FakeStoredNotices()).export("owner")

    assert record["recipient"] == "user@example.com"
    assert (record["state"], record["reason"]) == ("failed", "no such address")


def test_erase_leaves_neither_rows_nor_objects() -> None:
    ledger, stored = FakeLedger(), FakeStoredNotices()
    ledger.enter(NOTICE)
    ledger.enter(replace(NOTICE, owner="stranger", notice_id="n2"))

    NoticesData(ledger, stored).erase("owner")

    assert stored.erased == ["owner"]
    assert [one.owner for one in ledger.kept.values()] == ["stranger"]
