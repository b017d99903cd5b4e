"""The number of AWS requests per operation, counted at botocore while the operations run in this process with the
rights of the API function, for a user with two devices and one with many."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest

from simulators.cloud.rest import basic
from tests.bench.packages import function_environment
from tests.bench.people import PASSWORD, Bench, Caller
from tests.bench.recipes import ACCOUNTS_AND_DEVICES, BUSES, HISTORIES_AND_OTHERS, PORTS_AND_SENSORS, Recipe
from tests.bench.round_trips import KINDS, SIMULATOR, Kind
from tests.bench.tables import Section
from tests.e2e.api_rights import borrow_api_rights

MANY = 25
SUSPENSIONS = b"suspensions"
"""The end of the name of the table that is read by the clock, and not for an operation."""
RECIPES = (*ACCOUNTS_AND_DEVICES, *PORTS_AND_SENSORS, *HISTORIES_AND_OTHERS)
BEFORE = {recipe.id: recipe for recipe in PORTS_AND_SENSORS}


def measure(bench: Bench) -> list[Section]:
    """Count, with a device that correlates its replies and one that does not."""
    sizes: list[tuple[str, Kind, int]] = [
        ("MQTT 5, 2 devices", KINDS[1], 2),
        (f"MQTT 5, {MANY} devices", KINDS[1], MANY),
        ("MQTT 3.1.1, 2 devices", KINDS[3], 2),
    ]
    counts: list[dict[str, Counter[str]]] = []
    with in_the_functions_place(bench) as counted:
        for _, kind, size in sizes:
            counts.append(count(bench, counted, kind, size))
    return [
        Section(
            "AWS requests per operation",
            "Counted by a botocore `before-send` hook, at the second call of each: a new execution environment also "
            "reads the pool's keys and looks up the data endpoint, once. The list of suspended users, which each "
            "environment reads again every 15 s whatever it is called for (a Query), is left out.",
            ("operation", *(name for name, _, _ in sizes)),
            [(recipe.id, *(_text(each[recipe.id]) for each in counts)) for recipe in RECIPES if recipe.id in counts[0]],
        )
    ]


def count(bench: Bench, counted: Callable[[], Counter[str]], kind: Kind, size: int) -> dict[str, Counter[str]]:
    """Call every operation twice, for a user with a number of devices; return the second call's AWS requests."""
    from api.app import operations
    from tests.fakes.api import call_api

    known = {operation.id for operation in operations()}
    options = tuple(option for option in kind.options if option in ("--mqtt", "3.1.1"))
    owner = bench.caller()
    devices = [bench.register(owner) for _ in range(size)]
    other, device = devices[-2:]
    bench.run(device, *options, "--log-level", "warning", module=SIMULATOR)
    bench.wait_for(owner, device)

    def ask(recipe: Recipe, *, may_fail: bool = False) -> Counter[str]:
        token, credentials = (None, headers(owner)) if recipe.id == "1F" else (owner.token, {})
        counted()
        answer = call_api(recipe.method, recipe.path_of(device, other), recipe.body, token, headers=credentials)
        assert answer.status == 200 or may_fail, (recipe, answer.status, answer.text)
        return counted()

    for bus in BUSES:
        ask(bus.first)
    counts: dict[str, Counter[str]] = {}
    for recipe in RECIPES:
        for _ in range(2 if recipe.id in known else 0):
            if recipe.before:
                ask(BEFORE[recipe.before], may_fail=True)
            counts[recipe.id] = ask(recipe)
    bench.stop_devices()
    return counts


@contextmanager
def in_the_functions_place(bench: Bench) -> Iterator[Callable[[], Counter[str]]]:
    """Set the API function's environment and rights in this process; yield a function that returns the new requests."""
    counter: Counter[str] = Counter()
    make_session = botocore.session.Session.__init__

    def note(event_name: str, request: AWSPreparedRequest, **_: object) -> None:
        if SUSPENSIONS not in (request.body or b""):
            counter[event_name.rpartition(".")[2]] += 1

    def make_counted_session(session: botocore.session.Session, *arguments: Any, **members: Any) -> None:
        make_session(session, *arguments, **members)
        session.register("before-send", note)

    def counted() -> Counter[str]:
        since = Counter(counter)
        counter.clear()
        return since

    before = dict(os.environ)
    rights = borrow_api_rights(bench.stack, bench.aws)
    os.environ |= function_environment(bench) | rights | {"AWS_ENDPOINT_URL": bench.stack["endpoint_url"]}
    os.environ |= {"POWERTOOLS_LOG_LEVEL": "WARNING", "POWERTOOLS_METRICS_DISABLED": "true"}
    botocore.session.Session.__init__ = make_counted_session  # type: ignore[method-assign]
    # Clients made without a session share one, and the one that is there does not count.
    boto3.DEFAULT_SESSION = None
    try:
        yield counted
    finally:
        botocore.session.Session.__init__ = make_session  # type: ignore[method-assign]
        boto3.DEFAULT_SESSION = None
        os.environ.clear()
        os.environ |= before


def headers(owner: Caller) -> Mapping[str, str]:
    """Make the headers of a call that carries credentials instead of a token."""
    return {"Authorization": basic(owner.username, PASSWORD)}


def _text(requests: Counter[str]) -> str:
    each = (name if times == 1 else f"{times} {name}" for name, times in sorted(requests.items()))
    return ", ".join(each) or "none"
