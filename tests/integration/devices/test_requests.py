"""The number of AWS requests of a registry operation does not grow with the user's devices."""

from collections import Counter

import pytest

from api.app import operations
from tests.integration.platform import running_platform
from tests.integration.registry_calls import CALLS, count_requests, settle

pytestmark = pytest.mark.long

NOT_COUNTED = {"2M", "2N"}
"""Operations of firmware updates."""


@pytest.fixture(scope="module")
def counted() -> dict[int, list[tuple[str, Counter[str]]]]:
    """The requests of each call, for a user with one device and for one with a hundred; the second time they call."""
    found = {}
    for devices in (1, 100):
        with running_platform() as wired:
            settle(wired, devices)
            list(count_requests())
            found[devices] = list(count_requests())
    return found


def test_every_operation_of_the_registry_is_counted() -> None:
    registry = {"Devices", "Sharing", "Groups", "Administration"}
    assert {call.id for call in CALLS} == {
        operation.id for operation in operations() if operation.tag in registry and operation.id not in NOT_COUNTED
    }


def test_requests_do_not_grow_with_devices(counted: dict[int, list[tuple[str, Counter[str]]]]) -> None:
    assert counted[1] == counted[100]


def test_no_operation_asks_much(counted: dict[int, list[tuple[str, Counter[str]]]]) -> None:
    totals = {operation: requests.total() for operation, requests in counted[100]}
    assert [operation for operation, total in totals.items() if total > 6] == ["2C", "2D", "2.3"]
    assert max(totals.values()) <= 25
    assert all("Scan" not in requests for _, requests in counted[100])
