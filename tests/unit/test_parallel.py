"""Concurrent requests: results in order, all finished, and the reported failure."""

from threading import Barrier, Event

import pytest

from iotcloud.parallel import MAX_THREADS, Background, run_together


def test_answers_come_in_the_order_of_the_requests() -> None:
    assert run_together([lambda number=number: number for number in range(3 * MAX_THREADS)]) == list(
        range(3 * MAX_THREADS)
    )


def test_no_request_is_an_empty_answer() -> None:
    assert run_together([]) == []


def test_requests_run_at_the_same_time() -> None:
    everyone = Barrier(MAX_THREADS + 1, timeout=30)

    places = run_together([everyone.wait] * (MAX_THREADS + 1))

    assert sorted(places) == list(range(MAX_THREADS + 1))


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_failure_is_raised_after_all_have_ended(failing: int) -> None:
    has_ended = [Event() for _ in range(3)]

    def ask(number: int) -> None:
        try:
            if number == failing:
                raise LookupError(number)
        finally:
            has_ended[number].set()

    with pytest.raises(LookupError, match=str(failing)):
        run_together([lambda number=number: ask(number) for number in range(3)])

    assert all(event.is_set() for event in has_ended)


def test_of_several_failures_the_first_in_order_is_raised() -> None:
    def fail(name: str) -> None:
        raise LookupError(name)

    with pytest.raises(LookupError, match="second"):
        run_together([lambda: None, lambda: fail("second"), lambda: fail("third")])


def test_what_was_begun_goes_on_until_it_is_finished() -> None:
    background, gate, ended = Background(), Event(), Event()

    def request() -> None:
        gate.wait(30)
        ended.set()

    background.begin(request)
    assert not ended.is_set()
    gate.set()
    background.finish()

    assert ended.is_set()


def test_what_was_begun_and_failed_is_returned_once() -> None:
    background = Background()
    background.begin(lambda: {}["key"])
    background.begin(lambda: None)

    assert [type(failed) for failed in background.finish()] == [KeyError]
    assert background.finish() == []
