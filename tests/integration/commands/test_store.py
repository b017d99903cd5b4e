"""One suite for command leases, run against the fake and DynamoDB (moto)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from iotcloud.commands.model import OWED_FOR
from iotcloud.commands.store import CommandLeaseRow, CommandLeaseStore
from iotcloud.dynamodb import bind
from tests.fakes.command_leases import FakeCommandLeases

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
UNTIL = NOW + 3 * SECOND

CommandLeases = CommandLeaseStore | FakeCommandLeases


@pytest.fixture(params=["fake", "dynamodb"])
def leases(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[CommandLeases]:
    if request.param == "fake":
        yield FakeCommandLeases()
        return
    with mock_aws():
        bind(CommandLeaseRow, "test-", "eu-west-1")
        CommandLeaseRow.create_table(billing_mode="PAY_PER_REQUEST")
        yield CommandLeaseStore()


def test_a_free_turn_is_taken(leases: CommandLeases) -> None:
    lease = leases.acquire("PH80", "get_status", "me", NOW, UNTIL)

    assert lease is not None
    assert (lease.deviceid, lease.api, lease.until, lease.owed) == ("PH80", "get_status", UNTIL, ())


def test_one_holder_at_a_time(leases: CommandLeases) -> None:
    leases.acquire("PH80", "get_status", "me", NOW, UNTIL)

    assert leases.acquire("PH80", "get_status", "other", UNTIL, UNTIL + SECOND) is None


def test_another_api_and_another_device_have_turns_of_their_own(leases: CommandLeases) -> None:
    leases.acquire("PH80", "get_status", "me", NOW, UNTIL)

    assert leases.acquire("PH80", "set_status", "other", NOW, UNTIL) is not None
    assert leases.acquire("PH81", "get_status", "other", NOW, UNTIL) is not None


def test_a_turn_that_was_given_back_is_free_and_leaves_nothing(leases: CommandLeases) -> None:
    lease = leases.acquire("PH80", "get_status", "me", NOW, UNTIL)
    assert lease is not None

    leases.release(lease, ())

    following = leases.acquire("PH80", "get_status", "other", NOW, UNTIL)
    assert following is not None
    assert following.owed == ()


def test_the_next_holder_is_told_what_is_owed(leases: CommandLeases) -> None:
    lease = leases.acquire("PH80", "get_status", "me", NOW, UNTIL)
    assert lease is not None

    leases.release(lease, (NOW, NOW + SECOND))

    following = leases.acquire("PH80", "get_status", "other", NOW + 2 * SECOND, UNTIL)
    assert following is not None
    assert following.owed == (NOW, NOW + SECOND)


def test_the_reply_to_a_holder_that_never_came_back_is_owed(leases: CommandLeases) -> None:
    leases.acquire("PH80", "get_status", "gone", NOW, UNTIL)

    lease = leases.acquire("PH80", "get_status", "me", UNTIL + SECOND, UNTIL + 4 * SECOND)

    assert lease is not None
    assert lease.owed == (NOW + OWED_FOR,)


@pytest.mark.parametrize("owed", [(), (NOW,)])
def test_a_turn_that_was_lost_cannot_be_given_back(leases: CommandLeases, owed: tuple[datetime, ...]) -> None:
    lost = leases.acquire("PH80", "get_status", "slow", NOW, UNTIL)
    assert lost is not None
    leases.acquire("PH80", "get_status", "me", UNTIL + SECOND, UNTIL + 4 * SECOND)

    leases.release(lost, owed)

    assert leases.acquire("PH80", "get_status", "third", UNTIL + SECOND, UNTIL + 4 * SECOND) is None


def test_the_reply_to_a_command_without_a_turn_is_owed(leases: CommandLeases) -> None:
    leases.add_owed("PH80", "get_status", NOW)
    leases.add_owed("PH80", "get_status", NOW + SECOND)

    lease = leases.acquire("PH80", "get_status", "me", NOW + SECOND, UNTIL)

    assert lease is not None
    assert lease.owed == (NOW, NOW + SECOND)


def test_rows_expire(environment: dict[str, str]) -> None:
    with mock_aws():
        bind(CommandLeaseRow, "test-", "eu-west-1")
        CommandLeaseRow.create_table(billing_mode="PAY_PER_REQUEST")
        store = CommandLeaseStore()
        lease = store.acquire("PH80", "get_status", "me", NOW, UNTIL)
        assert lease is not None
        assert CommandLeaseRow.get("PH80#get_status").expires_at == NOW + timedelta(hours=1)
        store.release(lease, (NOW + SECOND,))
        assert CommandLeaseRow.get("PH80#get_status").expires_at == NOW + timedelta(hours=1) + SECOND
        store.add_owed("PH81", "get_status", NOW)
        assert CommandLeaseRow.get("PH81#get_status").expires_at == NOW + timedelta(hours=1)
