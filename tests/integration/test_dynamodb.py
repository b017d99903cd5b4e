"""Errors of failed writes and of requests without a response (moto)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from botocore.session import Session
from moto import mock_aws
from pynamodb.exceptions import PutError, TransactWriteError
from pynamodb.transactions import TransactWrite

from iotcloud import dynamodb as rows
from iotcloud.dynamodb import bind, commit, raise_unless_refused, refused_parts
from iotcloud.groups.store import DeviceGroupRow

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


def test_threads_that_ask_first_share_one_client(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    make = Session.create_client

    def create_client(*arguments: Any, **options: Any) -> Any:
        made.append(make(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(Session, "create_client", create_client)
    connection, everyone = rows._SharedConnection("eu-west-1"), Barrier(8, timeout=30)

    def ask() -> object:
        everyone.wait()
        return connection.client

    with ThreadPoolExecutor(8) as threads:
        clients = {id(asked.result()) for asked in [threads.submit(ask) for _ in range(8)]}

    assert len(made) == len(clients) == 1
