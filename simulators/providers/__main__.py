"""Run the stand-ins: `python -m simulators.providers [--port 8700]`. The local cloud's pushes then go through them."""

import argparse
from contextlib import suppress
from pathlib import Path

from simulators.cloud.instance import Place
from simulators.providers.carriers import Account
from simulators.providers.stand_in import serve


def main() -> None:
    """Read the command line, and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m simulators.providers", description=__doc__)
    parser.add_argument("--port", type=int, default=8700)
    folder = Place.from_environment().providers
    parser.add_argument("--folder", type=Path, default=folder, help="where the certificates and the address go")
    parser.add_argument("--twilio-token", default="", help="sign Twilio's receipts with it; else there are none")
    parser.add_argument("--vonage-signature", default="", help="sign Vonage's receipts with it")
    parser.add_argument("--vonage-webhook", default="", help="where Vonage's receipts go; needed with the above")
    arguments = parser.parse_args()
    account = Account(arguments.twilio_token, arguments.vonage_signature, arguments.vonage_webhook)
    with suppress(KeyboardInterrupt):
        serve(arguments.folder, arguments.port, account)


if __name__ == "__main__":
    main()
