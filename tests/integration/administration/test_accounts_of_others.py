"""Administrators' operations on accounts, and rejected tokens: the user pool and the table (moto)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters.user_pool import CognitoUsers
from iotcloud.administration.model import UserNotRegistered
from iotcloud.administration.store import SuspensionRow, SuspensionStore
from iotcloud.dynamodb import bind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def users(environment: dict[str, str]) -> Iterator[CognitoUsers]:
    """Give a user pool with Ann and Bob."""
    with mock_aws():
        cognito = boto3.client("cognito-idp", region_name="eu-west-1")
        pool_id = cognito.create_user_pool(PoolName="test")["UserPool"]["Id"]
        for username in ("ann", "bob"):
            email = [{"Name": "email", "Value": f"{username}@example.com"}]
            cognito.admin_create_user(UserPoolId=pool_id, Username=username, UserAttributes=email)
        yield CognitoUsers(cognito, pool_id)


@pytest.fixture
def suspensions(environment: dict[str, str]) -> Iterator[SuspensionStore]:
    with mock_aws():
        bind(SuspensionRow, "test-", "eu-west-1")
        SuspensionRow.create_table(billing_mode="PAY_PER_REQUEST")
        yield SuspensionStore()


def test_users_are_listed_by_page(users: CognitoUsers) -> None:
    first, token = users.list_users(1, None)
    second, last = users.list_users(1, token)

    assert {(user.username, user.email) for user in [*first, *second]} == {
        ("ann", "ann@example.com"),
        ("bob", "bob@example.com"),
    }
    assert last is None


def test_a_disabled_user_is_shown_so_until_enabled(users: CognitoUsers) -> None:
    users.disable("ann")
    assert {user.username for user in users.list_users(10, None)[0] if user.is_suspended} == {"ann"}

    users.enable("ann")
    assert not any(user.is_suspended for user in users.list_users(10, None)[0])


def test_who_is_not_there_can_neither_be_found_nor_disabled(users: CognitoUsers) -> None:
    assert users.find_username("ann") == "ann"
    for ask in (users.find_username, users.disable, users.enable):
        with pytest.raises(UserNotRegistered):
            ask("eve")


def test_the_suspended_are_refused_until_their_tokens_end_or_they_are_let_in_again(
    suspensions: SuspensionStore,
) -> None:
    suspensions.add("ann", NOW, AN_HOUR)
    suspensions.add("bob", NOW, AN_HOUR)
    assert suspensions.list_refused(NOW) == {"ann": None, "bob": None}

    suspensions.remove("bob")
    suspensions.remove("nobody")
    assert suspensions.list_refused(NOW) == {"ann": None}
    assert suspensions.list_refused(NOW + 2 * AN_HOUR) == {}


def test_of_a_closed_account_the_tokens_issued_so_far_are_refused(suspensions: SuspensionStore) -> None:
    suspensions.close("ann", NOW, AN_HOUR)

    assert suspensions.list_refused(NOW) == {"ann": NOW}
