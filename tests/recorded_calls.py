"""What the suite sees our code ask of AWS: each run of tests notes it, and holds it against `recorded_calls.json`.

The file has, for each public method of a store or an adapter, the rights that its calls ask for. A call that the file
does not have fails the run. `make rights` writes the file. `make check`, which runs all, also fails for what the file
has and no test does any more, and for a method that a Lambda function was seen to call and that its code does not reach
by the reading of `tests/contract/reach.py`. The hook is botocore's one way to make a call, which PynamoDB uses as well;
a presigned link counts as the call that it allows.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import botocore.signers
import pytest
from botocore.client import BaseClient

from tests.aws_rights import rights_of

FILE = Path(__file__).with_name("recorded_calls.json")
MODE = "IOTCLOUD_CALLS"
"""`write`, `add` or `compare`; else calls are only held against the file."""
PACKAGE = "iotcloud."
ENTRIES = re.compile(r"functions\.\w+|api\.")
LEAVES = re.compile(r"iotcloud\.(adapters|\w+\.store)\b")
"""The modules that call AWS: adapters and stores."""
SHARED = {"iotcloud.dynamodb"}
PASSED_ON = {"adapters.publisher:BrokerPublisher.publish"}
"""Methods that reach what their caller names: what they ask for is noted with the caller."""

Calls = dict[str, list[str]]
"""Rights, by public method, as `{module}:{qualified name}`."""
Entries = dict[str, list[str]]
"""Public methods, by the Lambda function that was seen to call them."""


class Recorder:
    """Notes calls: the entry or nothing, the public method, the right."""

    def __init__(self) -> None:
        self.notes: set[tuple[str, str, str]] = set()

    def start(self) -> None:
        """Note every call from now on, of whichever client."""
        make, presign = BaseClient._make_api_call, botocore.signers.generate_presigned_url  # type: ignore[attr-defined]

        def make_noted(client: BaseClient, operation: str, members: Mapping[str, Any]) -> Any:
            self.note(client, operation, members)
            return make(client, operation, members)

        def presign_noted(client: BaseClient, ClientMethod: str, Params: Any = None, **options: Any) -> Any:  # noqa: N803
            self.note(client, client.meta.method_to_api_mapping[ClientMethod], Params or {})
            return presign(client, ClientMethod, Params, **options)

        BaseClient._make_api_call = make_noted  # type: ignore[attr-defined]
        botocore.signers.generate_presigned_url = presign_noted

    def note(self, client: BaseClient, operation: str, members: Mapping[str, Any]) -> None:
        """Note one call, if our code makes it and AWS asks for a right."""
        stack = list(_stack())
        ours = [frame for frame in stack if _is_asking(frame)]
        model = client.meta.service_model
        if not ours or model.operation_model(operation).auth_type == "none":
            return
        leaves = [frame for frame in ours if LEAVES.match(_module(frame))]
        asks = next((frame for frame in leaves if is_public(name_of(frame))), ours[0])
        entries = [found[0] for frame in stack if (found := ENTRIES.match(_module(frame)))]
        entry = entries[-1].replace("api.", "api.app") if entries else ""

        def place(member: str, value: str) -> str:
            return _key(leaves[0], value) if member == "Key" else _own(leaves, value) or f"<{member}>"

        for right in rights_of(model.service_name, operation, members, place):
            self.notes.add((entry, name_of(asks), " ".join(right)))

    def calls(self) -> Calls:
        """What was noted, as the file has it."""
        names = sorted({name for _, name, _ in self.notes})
        return {name: sorted({right for _, one, right in self.notes if one == name}) for name in names}

    def entries(self) -> Entries:
        """Which methods each Lambda function was seen to call."""
        entries = sorted({entry for entry, *_ in self.notes if entry})
        return {entry: sorted({name for one, name, _ in self.notes if one == entry}) for entry in entries}


def _is_asking(frame: FrameType) -> bool:
    """Return whether a frame is of our code, and not of what all stores or all senders share."""
    module = _module(frame)
    return module.startswith(PACKAGE) and module not in SHARED and name_of(frame) not in PASSED_ON


def name_of(frame: FrameType) -> str:
    """The function of a frame, with what is defined inside it counted for it."""
    qualified = frame.f_code.co_qualname.partition(".<locals>")[0]
    return f"{_module(frame).removeprefix(PACKAGE)}:{qualified}"


def is_public(name: str) -> bool:
    """Return whether a function is called from outside of its module or class."""
    last = name.rpartition(":")[2].rpartition(".")[2]
    return not last.startswith("_") or last == "__call__"


def read_file() -> Calls:
    """Read what was recorded."""
    kept: Calls = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    return kept


def write_file(calls: Calls) -> None:
    """Keep what was recorded."""
    FILE.write_text(json.dumps(calls, indent=1) + "\n", encoding="utf-8")


def together(some: Calls, more: Calls) -> Calls:
    """Put two recordings together."""
    return {name: sorted({*some.get(name, ()), *more.get(name, ())}) for name in sorted({*some, *more})}


def differences(calls: Calls, *, is_whole: bool) -> Iterator[str]:
    """Tell what was seen and is not in the file, and, after a run of everything, what is there in vain."""
    kept, seen = set(_lines(read_file())), set(_lines(calls))
    yield from (f"{line}: not in {FILE.name}" for line in sorted(seen - kept))
    if is_whole:
        yield from (f"{line}: in {FILE.name}, and no test does it" for line in sorted(kept - seen))


def _lines(calls: Calls) -> Iterator[str]:
    yield from (f"{name} asks for {right}" for name, rights in calls.items() for right in rights)


def _stack() -> Iterator[FrameType]:
    """The frames of a call, innermost first."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _own(frames: list[FrameType], value: str) -> str:
    """The field of the calling object that has a value, in braces; nothing when none has."""
    for frame in frames:
        owner = frame.f_locals.get("self")
        for name, kept in getattr(owner, "__dict__", {}).items():
            if value and (kept == value or (isinstance(kept, Mapping) and value in kept.values())):
                return f"{{{name}}}"
    return ""


def _key(frame: FrameType, value: str) -> str:
    """An object's key: its first level, when that is a constant of the module, and it alone when it has no other."""
    first, _, others = value.partition("/")
    is_constant = first in (one for one in frame.f_globals.values() if isinstance(one, str))
    return (f"{first}/<key>" if others else first) if is_constant else "<key>"


class RecordedCalls:
    """The plugin: one recorder for each process, and one comparison, by the process that controls the others."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._recorder = Recorder()
        self._lines: list[str] = []
        self._recorder.start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what another process noted."""
        noted = getattr(node, "workeroutput", {}).get("recorded_calls", ())
        self._recorder.notes |= {(entry, name, right) for entry, name, right in noted}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what was noted, or write it, or compare it."""
        workeroutput = getattr(self._config, "workeroutput", None)
        if workeroutput is not None:
            workeroutput["recorded_calls"] = sorted(map(list, self._recorder.notes))
            return
        mode, calls = os.environ.get(MODE), self._recorder.calls()
        if mode in ("write", "add"):
            if session.exitstatus == pytest.ExitCode.OK:
                write_file(together(read_file() if mode == "add" else {}, calls))
            return
        self._lines = list(differences(calls, is_whole=mode == "compare"))
        if mode == "compare":
            from tests.contract.rights import unreached

            self._lines += unreached(self._recorder.entries())
        if self._lines and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show each difference."""
        for line in self._lines:
            terminalreporter.write_line(line)
        if self._lines:
            terminalreporter.write_line(f"after a look at the template's rights: make rights writes {FILE.name}")
