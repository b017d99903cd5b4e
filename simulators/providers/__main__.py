"""Run the stand-ins: `python -m simulators.providers [--port 8700] [--folder .local/providers]`."""

import argparse
from contextlib import suppress
from pathlib import Path

from simulators.providers.stand_in import serve


def main() -> None:
    """Read the command line, and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m simulators.providers", description=__doc__)
    parser.add_argument("--port", type=int, default=8700)
    parser.add_argument("--folder", type=Path, default=Path(".local/providers"), help="where the certificates go")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        serve(arguments.folder, arguments.port)


if __name__ == "__main__":
    main()
