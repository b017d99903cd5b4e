"""The registry's AWS requests for users of one, a hundred and ten thousand devices, counted in moto; and the time to
register and delete a device on the local cloud."""

import time
from collections.abc import Iterator
from uuid import uuid4

from tests.bench.people import Bench
from tests.bench.tables import Section, percentile
from tests.integration.platform import running_platform
from tests.integration.registry_calls import CALLS, count_requests, settle

SIZES = (1, 100, 10_000)
MOST_DEVICES = 40


def measure(bench: Bench) -> list[Section]:
    """Count, and take the times."""
    return [take_times(bench), count()]


def count() -> Section:
    """Make every call of the registry twice for a user of each size, and return the AWS requests of the second."""
    texts = []
    for size in SIZES:
        with running_platform() as wired:
            settle(wired, size)
            list(count_requests())
            texts.append([_text(requests) for _, requests in count_requests()])
    rows = [
        (call.id, first, *("the same" if each == first else each for each in others))
        for call, first, *others in zip(CALLS, *texts, strict=True)
    ]
    return Section(
        "AWS requests of the registry",
        "Counted at botocore's door, all of AWS in moto; lists by the page of 100.",
        ("operation", *(f"{size} device{'s' if size > 1 else ''}" for size in SIZES)),
        list(dict.fromkeys(rows)),
    )


def take_times(bench: Bench) -> Section:
    """Register devices and delete them, one after the other."""
    number = min(bench.calls, MOST_DEVICES)
    caller = bench.caller()
    paths = [f"/devices/device/Unit-{one}" for one in range(number)]

    def lasting(method: str, body: bool) -> Iterator[float]:
        for path in paths:
            identity = {"deviceid": f"BENCH{uuid4().hex[:12].upper()}", "serialnumber": "1"}
            began = time.perf_counter()
            status, answer = caller.call(method, path, identity if body else None)
            yield (time.perf_counter() - began) * 1000
            assert status == 200, answer

    times = {"2C, register": sorted(lasting("POST", body=True)), "2D, delete": sorted(lasting("DELETE", body=False))}
    return Section(
        "Devices that come and go",
        f"{number} devices of one user, one after the other; milliseconds.",
        ("call", "p50", "p95", "p99"),
        [(name, *(percentile(each, share) for share in (0.5, 0.95, 0.99))) for name, each in times.items()],
    )


def _text(requests: dict[str, int]) -> str:
    return ", ".join(name if times == 1 else f"{times} {name}" for name, times in sorted(requests.items())) or "none"
