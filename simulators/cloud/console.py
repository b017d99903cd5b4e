"""Console output: the steps with their times, the table at the end, and the functions' log lines."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

LEVEL_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
NOT_SHOWN = {
    "_aws",
    "cold_start",
    "exception",
    "function_arn",
    "function_memory_size",
    "function_name",
    "function_request_id",
    "level",
    "location",
    "message",
    "service",
    "stack_trace",
    "timestamp",
    "xray_trace_id",
}
"""Fields of a log entry that are printed elsewhere in the line or are of no use to readers."""


class Screen:
    """The console of one `make` command."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Print a step in progress, then its end and duration."""
        began = time.monotonic()
        if self._console.is_terminal:
            with self._console.status(f"{doing} ..."):
                yield
        else:
            yield
        self._console.print(f"[green]✓[/] {done:<44} {time.monotonic() - began:6.1f} s")

    def say(self, line: str) -> None:
        """Print a line unchanged."""
        self._console.print(line, markup=False)

    def fail(self, message: str) -> None:
        """Print an error."""
        self._console.print(Text.assemble(("✗ ", "red"), message))

    def table(self, rows: Mapping[str, str]) -> None:
        """Print names and values."""
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        for name, value in rows.items():
            table.add_row(name, Text(value, style="bold"))
        self._console.print()
        self._console.print(table)
        self._console.print()

    def log(self, entry: str) -> None:
        """Print a line of the functions' log file."""
        self._console.print(readable(**json.loads(entry)))


def readable(at: float, function: str, line: str) -> Text:
    """A readable log line: time, function, level, message, and further fields."""
    text = Text.assemble((time.strftime("%H:%M:%S ", time.localtime(at)), "dim"), (f"{function} ", "cyan"))
    try:
        entry = json.loads(line)
    except ValueError:
        return text.append(line)
    if not isinstance(entry, dict):
        return text.append(line)
    if "_aws" in entry:
        return text.append(_counted(entry), style="dim")
    level = str(entry.get("level", ""))
    fields = " ".join(f"{name}={value}" for name, value in entry.items() if name not in NOT_SHOWN)
    text.append(f"{level} {entry.get('message', '')} ", style=LEVEL_STYLES.get(level, ""))
    text.append(fields, style="dim")
    if failure := entry.get("exception"):
        text.append(f"\n{failure}", style="red")
    return text


def _counted(metrics: dict[str, Any]) -> str:
    """The metrics of an entry in the embedded metric format, without zeros."""
    counts = {name: sum(values) for name, values in metrics.items() if isinstance(values, list)}
    return " ".join(f"{name}={count:g}" for name, count in counts.items() if count) or "counted nothing"
