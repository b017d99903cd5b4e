"""The command: `make preflight ARGS="--region eu-west-1" PARAMETERS="MailSender=hello@example.com"`.

The exit code is 1 if the deployment would fail.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infrastructure import deployer, templates
from infrastructure.preflight.checks import CHECKS
from infrastructure.preflight.rows import Row, State, Target, reason

STYLES = {State.OK: "green", State.WARNING: "yellow", State.MISSING: "bold red", State.UNASKED: "cyan"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all checks, print their rows, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.preflight", description=__doc__)
    deployer.add_options(parser)
    parser.add_argument("--parameters", nargs="*", default=[], help="the template's parameters, as Name=value")
    options = deployer.parse(parser, arguments)
    overrides = read_parameters([*deployer.configured_parameters(options), *options.parameters])
    if unknown := sorted(set(overrides) - set(templates.default_parameters())):
        print(f"template.yaml has no parameter {', '.join(unknown)}", file=sys.stderr)
        return 1
    where = deployer.read_deployer(options)
    try:
        session = where.session()
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as failed:
        print(f"nothing can be asked: {reason(failed)}. Set AWS credentials and a Region.", file=sys.stderr)
        return 1
    target = Target(session, account, str(session.region_name), where.stack_name, overrides)
    rows = [row for check in CHECKS for row in check.rows(target)]
    show(rows, f"{target.stack_name} in {target.region}, account {target.account}")
    return 1 if any(row.state is State.MISSING for row in rows) else 0


def read_parameters(given: Iterable[str]) -> dict[str, str]:
    """Parse `Name=value`; later values override earlier ones."""
    return {name: value for name, _, value in (one.partition("=") for one in given)}


def show(rows: Sequence[Row], title: str) -> None:
    """Print the rows, each with what to do, and the number of rows that need an action."""
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for heading in ("state", "what", "found"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        parts = [row.found, *filter(None, (_action(row), row.documentation))]
        table.add_row(f"[{STYLES[row.state]}]{row.state.value}[/]", row.subject, escape("\n".join(parts)))
    console = Console(markup=True, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 160)
    console.print(table)
    missing, warnings, unasked = (
        sum(1 for row in rows if row.state is state) for state in (State.MISSING, State.WARNING, State.UNASKED)
    )
    print(f"{missing} missing (the deployment fails), {warnings} warnings, {unasked} could not be asked")


def _action(row: Row) -> str:
    return f"-> {row.action}" if row.action and row.state is not State.OK else ""


if __name__ == "__main__":
    sys.exit(main())
