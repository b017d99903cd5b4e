"""Lists of devices are imported completely, or rejected with the errors of each line."""

from datetime import UTC, datetime, timedelta

import pytest

from iotcloud.devices.model import Certificate
from iotcloud.provisioning.model import RETRY_WITHIN, KnownDevice, UnusableList, read_list

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEADER = "deviceid,serialnumber\n"


def read(text: str) -> list[KnownDevice]:
    return read_list(text.splitlines(keepends=True))


def test_a_list_is_read() -> None:
    assert read(HEADER + 'PH1,7K4M\n"PH:2","a, b"\n') == [KnownDevice("PH1", "7K4M"), KnownDevice("PH:2", "a, b")]
    assert read(HEADER) == []


@pytest.mark.parametrize(
    "header", ["", "PH1,7K4M\n", "serialnumber,deviceid\n", "deviceid;serialnumber\n", "deviceid\n"]
)
def test_a_list_has_its_header(header: str) -> None:
    with pytest.raises(UnusableList, match="line 1"):
        read(header)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("PH1", "has 1 columns, not 2"),
        ("PH1,1,2", "has 3 columns, not 2"),
        ("", "has 0 columns, not 2"),
        (",1", "deviceid: is empty"),
        ("PH1,", "serialnumber: is empty"),
        ("a/b,1", "deviceid: at most"),
        ("api-1,1", "is ours"),
        ("claim-1,1", "is ours"),
        ("server,1", "is ours"),
        (f"{'x' * 129},1", "deviceid: at most"),
        (f"PH1,{'x' * 65}", "serialnumber: longer"),
        ("PH1,1\u200b", "serialnumber: has a character that it cannot have"),
        ("GOOD,2", "deviceid GOOD is there twice"),
    ],
)
def test_a_row_that_cannot_be_keeps_the_whole_list_out(row: str, reason: str) -> None:
    with pytest.raises(UnusableList, match=f"line 3: .*{reason}"):
        read(f"{HEADER}GOOD,1\n{row}\nBETTER,1\n")


def test_every_fault_is_told_with_its_line() -> None:
    with pytest.raises(UnusableList) as told:
        read(f"{HEADER}a/b,1\nGOOD,1\nPH1\n")
    assert [line.partition(":")[0] for line in str(told.value).splitlines()] == ["line 2", "line 4"]


@pytest.mark.parametrize(
    ("since_issue", "is_adopted", "may"),
    [
        (None, False, True),
        (timedelta(0), False, True),
        (RETRY_WITHIN - timedelta(seconds=1), False, True),
        (RETRY_WITHIN, False, False),
        (timedelta(days=1), False, False),
        (None, True, False),
        (timedelta(0), True, False),
    ],
)
def test_a_device_is_provisioned_once_and_again_at_once(
    since_issue: timedelta | None, is_adopted: bool, may: bool
) -> None:
    certificate = None if since_issue is None else Certificate("ab" * 32, NOW - since_issue, NOW + timedelta(days=1))
    assert KnownDevice("PH1", "7K4M", certificate, is_adopted).may_be_provisioned(NOW) is may


@pytest.mark.parametrize(
    ("serialnumber", "is_proven"), [("7K4M", True), ("7k4m", False), ("", False), ("7K4M ", False)]
)
def test_a_serial_number_proves_a_device(serialnumber: str, is_proven: bool) -> None:
    assert KnownDevice("PH1", "7K4M").is_proven_by(serialnumber) is is_proven
