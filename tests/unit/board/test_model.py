"""The rules of the board: which states can be asked for."""

import pytest

from iotcloud.board.model import Status, checked_status
from iotcloud.errors import InvalidInput


def test_restart_stop_and_start_can_be_asked_for() -> None:
    assert [checked_status(number) for number in (2, 4, 7)] == [Status.RESTART, Status.STOP, Status.START]


@pytest.mark.parametrize("number", [-1, 0, 1, 3, 5, 6, 8, 9, 2**63])
def test_no_other_state_can_be_asked_for(number: int) -> None:
    with pytest.raises(InvalidInput):
        checked_status(number)
