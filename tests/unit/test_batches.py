"""A failure affects only its own record."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.batches import GIVE_UP_SECONDS, Failures, confine, reason_of
from iotcloud.topics import TopicError, parse


class Lost(Exception):
    """Not one that anybody foresees."""


def ids(record: int) -> tuple[str]:
    return (str(record),)


@given(st.integers(0, 40), st.sets(st.integers(0, 39), max_size=10))
def test_exactly_the_records_with_which_work_fails_are_reported(size: int, bad: set[int]) -> None:
    done: set[int] = set()

    def work(part: Sequence[int]) -> None:
        if bad & set(part):
            raise Lost("secret")
        done.update(part)

    failures = Failures()
    confine(list(range(size)), work, ids, failures)

    failed = {int(one) for one in failures.ids}
    assert done | failed == set(range(size))
    assert not done & failed
    assert len(failures.ids) == failures.reasons.total() == len(failed)
    assert failed == bad & set(range(size))


def test_when_a_dependency_is_down_not_every_record_is_tried() -> None:
    tried: list[int] = []
    clock = [0.0]

    def work(part: Sequence[int]) -> None:
        tried.append(len(part))
        clock[0] += 2
        raise Lost

    failures = Failures()
    confine(list(range(64)), work, ids, failures, lambda: clock[0])

    assert sorted(int(one) for one in failures.ids) == list(range(64))
    assert clock[0] < GIVE_UP_SECONDS + 2 * 10
    assert 1 not in tried


def test_confined_goes_on_and_tells_type_and_place_alone() -> None:
    failures = Failures()

    with failures.confined(["a", "b"]):
        raise Lost("what a device sent")
    with failures.confined(["c"]):
        pass

    assert failures.ids == ["a", "b"]
    assert "what a device sent" not in str(failures.reasons)
    assert "Lost" in str(failures.reasons)


def test_what_ends_the_process_is_not_caught() -> None:
    with pytest.raises(KeyboardInterrupt), Failures().confined(["a"]):
        raise KeyboardInterrupt


def test_reasons_name_the_line_of_ours() -> None:
    with pytest.raises(TopicError) as raised:
        parse("")

    assert reason_of(raised.value).startswith("TopicError at topics.py:")
