"""Console output of a fleet: a progress bar during registration, a live table while it runs."""

from collections.abc import Iterable, Sized

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from simulators.devices.fleet.tally import Stream, Tally


def with_progress(console: Console, title: str, steps: Iterable[object], total: Sized) -> None:
    """Run the steps with a progress bar; without a terminal, print only the end."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=len(total))
        for _ in steps:
            progress.advance(task)
    if not console.is_terminal:
        console.print(f"{title}: {len(total)} done")


def table(tally: Tally, connected: int, count: int, seconds: float) -> RenderableType:
    """The fleet's current figures."""
    shown = Table(title=f"{connected} of {count} devices connected, {_clock(seconds)}", title_justify="left")
    for name in ("", "total", "per second", "p50 ms", "p95 ms", "p99 ms", "longest ms"):
        shown.add_column(name, justify="right" if name else "left", min_width=9)
    shown.add_row("messages from devices", *_counts(tally.messages_out), *[""] * 4)
    shown.add_row("messages to devices", *_counts(tally.messages_in), *[""] * 4)
    shown.add_row("acknowledged", *_counts(tally.acknowledgements), *_durations(tally.acknowledgements))
    if tally.calls.total:
        shown.add_row("REST calls", *_counts(tally.calls), *_durations(tally.calls))
    shown.add_row("connections made", str(tally.connects), *[""] * 5)
    for kind, number in sorted(tally.problems.items()):
        shown.add_row(kind, str(number), *[""] * 5, style="red")
    last = Text(f"last problem: {tally.last_problem}", style="red") if tally.last_problem else Text("no problems")
    return Group(shown, last, Text("Ctrl-C ends"))


def line(tally: Tally, connected: int, count: int, seconds: float) -> str:
    """The same in one line, for a log."""
    median, slowest = tally.acknowledgements.percentiles(0.5, 0.99)
    return (
        f"{_clock(seconds)}  {connected}/{count} connected  out {tally.messages_out.rate:.1f}/s  "
        f"in {tally.messages_in.rate:.1f}/s  acknowledged p50 {_ms(median)} p99 {_ms(slowest)} ms  "
        f"calls {tally.calls.rate:.1f}/s  problems {sum(tally.problems.values())} {tally.last_problem}"
    ).rstrip()


def _counts(stream: Stream) -> tuple[str, str]:
    return f"{stream.total:,}", f"{stream.rate:.1f}"


def _durations(stream: Stream) -> list[str]:
    return [*(_ms(value) for value in stream.percentiles(0.50, 0.95, 0.99)), _ms(stream.longest_seconds)]


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.1f}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02}"
