"""A query whose window ends before it begins returns nothing, like a query of the future."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.histories.model import Lane, Window, position_of
from iotcloud.notices.ledger import NoticeFilter
from iotcloud.pagination import make_cursor
from iotcloud.topics import Direction
from iotcloud.wiring import Wiring
from tests.fakes.messages import NOON
from tests.integration.platform import running_platform

LATER = NOON + timedelta(days=1)
REVERSED = Window(position_of(LATER), position_of(NOON), 10)
SAME = Window(position_of(NOON), position_of(NOON), 10)


@pytest.fixture
def platform() -> Iterator[Wiring]:
    with running_platform() as wired:
        yield wired


@pytest.mark.parametrize("window", [REVERSED, SAME, Window("9", "1", 1), Window("~", "0", 1000, "get_status")])
@pytest.mark.parametrize("lane", Lane)
def test_histories(platform: Wiring, lane: Lane, window: Window) -> None:
    store = platform.stores.messages

    for stretch in (
        store.read_device("PH80", "r", lane, window),
        store.read_forward("PH80", "r", lane, window),
        store.read_owner("ann", Direction.FROM, window),
    ):
        assert (list(stretch.messages), stretch.reached) == ([], None)


def test_notices(platform: Wiring) -> None:
    page = platform.stores.ledger.page("ann", NoticeFilter(begin=LATER, end=NOON), None, 10)

    assert (list(page.items), page.cursor) == ([], None)


@pytest.mark.parametrize("position", ["!", "\x00", "0", "~~", "\U0010ffff"])
def test_a_made_up_cursor_finds_nothing_or_is_refused(platform: Wiring, position: str) -> None:
    made_up = make_cursor("notices#ann", position)

    found: list[object] = []
    with suppress(InvalidInput):
        found += platform.stores.ledger.page("ann", NoticeFilter(begin=NOON), None, 10, made_up).items
    assert found == []
