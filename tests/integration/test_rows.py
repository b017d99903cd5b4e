"""What a write that failed says, and what a request says that was never answered (moto)."""

from collections.abc import Iterator

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws
from pynamodb.exceptions import PutError, TransactWriteError
from pynamodb.transactions import TransactWrite

from iotcloud.groups.store import DeviceGroupRow
from iotcloud.rows import bind, commit, raise_unless_refused, refused_parts

IS_NEW = DeviceGroupRow.item.does_not_exist()


@pytest.fixture
def row(environment: dict[str, str]) -> Iterator[DeviceGroupRow]:
    with mock_aws():
        bind(DeviceGroupRow, "test-", "eu-west-1")
        DeviceGroupRow.create_table(billing_mode="PAY_PER_REQUEST")
        row = DeviceGroupRow("ann", "group Barns")
        row.save()
        yield row


@pytest.fixture
def silence(row: DeviceGroupRow, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(*_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example.com")

    monkeypatch.setattr(BaseClient, "_make_api_call", ask)


def write(row: DeviceGroupRow) -> None:
    def fill(write: TransactWrite) -> None:
        write.save(DeviceGroupRow("ann", "group Stalls"), condition=IS_NEW)
        write.save(row, condition=IS_NEW)

    commit(DeviceGroupRow, fill)


def test_a_refused_write_is_told_from_a_failure(row: DeviceGroupRow) -> None:
    with pytest.raises(PutError) as refused:
        row.save(condition=IS_NEW)
    raise_unless_refused(refused.value)


def test_the_refused_parts_of_a_transaction_are_told(row: DeviceGroupRow) -> None:
    with pytest.raises(TransactWriteError) as refused:
        write(row)
    assert refused_parts(refused.value) == [False, True]


@pytest.mark.usefixtures("silence")
def test_silence_is_no_refusal(row: DeviceGroupRow) -> None:
    with pytest.raises(PutError) as failed:
        row.save(condition=IS_NEW)
    with pytest.raises(PutError):
        raise_unless_refused(failed.value)


@pytest.mark.usefixtures("silence")
def test_silence_refuses_no_part_of_a_transaction(row: DeviceGroupRow) -> None:
    with pytest.raises(TransactWriteError) as failed:
        write(row)
    with pytest.raises(TransactWriteError):
        refused_parts(failed.value)
