"""Simulates a queue and Lambda with faults: concurrent workers that stop anywhere, and redelivered batches.

Each worker is a thread, but only one runs at a time; at every call of a port the next one to run is drawn by lot. So
their steps happen in any order, and with the same seed in the same.
"""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any


class Killed(BaseException):
    """The worker dies here."""


class Worker:
    """One function running in a thread that waits for its turn."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.transition = threading.Semaphore(0)
        self.back = threading.Semaphore(0)
        self.is_done = False
        self.failure: BaseException | None = None
        self._run = run
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._thread.start()

    def _main(self) -> None:
        self.transition.acquire()
        try:
            self._run()
        except Killed:
            pass
        except BaseException as failure:  # noqa: BLE001 handed to the test that started the worker
            self.failure = failure
        self.is_done = True
        self.back.release()

    def step(self) -> None:
        """Let the worker run up to its next call of a port."""
        self.transition.release()
        self.back.acquire()
        if self.failure is not None:
            raise self.failure


class Lottery:
    """Chooses the next worker, and the workers that die."""

    def __init__(self, seed: int, kill_probability: float) -> None:
        self.draw = random.Random(seed)
        self._kill_probability = kill_probability
        self._current: Worker | None = None

    def run(self, *tasks: Callable[[], None]) -> None:
        """Run tasks at once, until each has ended or was killed."""
        if len(tasks) == 1:
            with suppress(Killed):
                tasks[0]()
            return
        workers = [Worker(task) for task in tasks]
        while alive := [worker for worker in workers if not worker.is_done]:
            self._current = self.draw.choice(alive)
            self._current.step()
        self._current = None

    def pause(self) -> None:
        """Stand at a call of a port: others may run, or this worker may end."""
        worker = self._current
        if worker is not None:
            worker.back.release()
            worker.transition.acquire()
        if self.draw.random() < self._kill_probability:
            raise Killed

    def disturbed(self, port: Any) -> Any:
        """Wrap a port, so that each of its calls is preceded and followed by a pause."""
        return _Disturbed(port, self)


class _Disturbed:
    def __init__(self, port: Any, lottery: Lottery) -> None:
        self._port = port
        self._lottery = lottery

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*arguments: Any) -> Any:
            self._lottery.pause()
            answer = method(*arguments)
            self._lottery.pause()
            return answer

        return call
