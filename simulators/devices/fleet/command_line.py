"""The options of a fleet."""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from simulators.cloud.demo import PASSWORD, USERNAME

STACK_FILE = Path(".local/stack.json")


@dataclass(frozen=True)
class Settings:
    """The settings of a fleet."""

    host: str
    port: int
    ca: Path
    api_url: str | None
    """None: all devices are registered already, and there are no callers."""
    username: str
    password: str
    folder: Path
    prefix: str
    count: int
    mqtt: str
    connects_per_second: float
    readings_per_message: int
    sensorrate_seconds: int
    """0: the devices have no sensor."""
    asks_configuration: bool
    callers: int
    registrars: int
    duration_seconds: float | None
    report: Path | None
    removes: bool
    seed: int | None


def parse(arguments: list[str] | None = None) -> Settings:
    """Parse the command line; ends the process with a message for an invalid option."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators.devices.fleet",
        description="Many simulated devices in one process. Where to connect is read from the local cloud's "
        "stack.json; devices that have no certificate yet are registered through the REST API first.",
    )
    parser.add_argument("--count", type=_positive, default=10, help="devices (default: %(default)s)")
    parser.add_argument("--mqtt", choices=("5", "3.1.1"), default="5", help="MQTT version (default: %(default)s)")
    parser.add_argument("--prefix", default="FLEET", help="of the device ids (default: %(default)s)")
    parser.add_argument("--connects-per-second", type=float, default=50, metavar="N", help="(default: %(default)s)")
    parser.add_argument("--sensorrate", type=int, default=5, metavar="SECONDS", help="between readings; 0: no sensors")
    parser.add_argument("--readings-per-message", type=_positive, default=1, metavar="N", help="collect readings")
    parser.add_argument(
        "--no-configuration", action="store_true", help="give the devices their sensor here, not through the server"
    )
    parser.add_argument("--callers", type=int, default=0, help="who ask devices for their status through the REST API")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="end by itself after so long")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the figures as JSON at the end")
    parser.add_argument("--remove", action="store_true", help="remove the fleet's devices from the account, and end")
    parser.add_argument("--seed", type=int, help="make everything random repeatable")

    to = parser.add_argument_group("where and as whom")
    to.add_argument("--stack", type=Path, default=STACK_FILE, metavar="FILE", help="(default: %(default)s)")
    to.add_argument("--host", help="MQTT server, instead of the stack's")
    to.add_argument("--port", type=int, help="its TLS port")
    to.add_argument("--ca", type=Path, help="PEM file of the CA that signed its certificate")
    to.add_argument("--api-url", help="the REST API, instead of the stack's")
    to.add_argument("--username", default=USERNAME, help="whose devices they are (default: the demo user)")
    to.add_argument("--password", default=PASSWORD, help=argparse.SUPPRESS)
    to.add_argument(
        "--credentials", type=Path, metavar="FOLDER", help="of certificates and keys (default: .local/fleet)"
    )
    to.add_argument("--registrars", type=_positive, default=4, help="registrations at a time (default: %(default)s)")
    options = parser.parse_args(arguments)

    stack = json.loads(options.stack.read_text()) if options.stack.is_file() else {}
    host, ca = options.host or stack.get("mqtt_host"), options.ca or stack.get("mqtt_ca")
    if not host or not ca:
        parser.error(f"{options.stack} is not there (make up writes it): give --host, --port and --ca")
    return Settings(
        host=host,
        port=options.port or stack.get("mqtt_port", 8883),
        ca=Path(ca),
        api_url=options.api_url or stack.get("api_url") or None,
        username=options.username,
        password=options.password,
        folder=options.credentials or Path(".local/fleet"),
        prefix=options.prefix,
        count=options.count,
        mqtt=options.mqtt,
        connects_per_second=options.connects_per_second,
        readings_per_message=options.readings_per_message,
        sensorrate_seconds=options.sensorrate,
        asks_configuration=not options.no_configuration,
        callers=options.callers,
        registrars=options.registrars,
        duration_seconds=options.duration,
        report=options.report,
        removes=options.remove,
        seed=options.seed,
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value
