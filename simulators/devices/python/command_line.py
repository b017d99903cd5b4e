"""The options of a simulated device."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from simulators.devices.python.board import BoardOptions
from simulators.devices.python.device import FirmwareSource, Qualities
from simulators.devices.python.faults import Faults
from simulators.devices.python.images import TrustedKeys
from simulators.devices.python.links import Endpoint
from simulators.devices.python.models import Number, UnreadableScript, read_scripts
from simulators.devices.python.payloads import MalformedRequest, Payload, decoded
from simulators.devices.python.secure_updates import CONTACT_SECONDS, MISBEHAVIOURS


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line; ends the process with a message for an invalid option."""
    parser = argparse.ArgumentParser(
        prog="python -m simulators.devices.python",
        description="A simulated device: connects with its certificate, and obeys the device protocol.",
        epilog="Type at its console: ATH lists the commands of its serial port; "
        "'gpio 2 high' sets a pin, 'value i2c1@40 131' a sensor's value, 'value i2c1@40 free' lets it wander again.",
    )
    to = parser.add_argument_group("connection")
    to.add_argument("--host", default="127.0.0.1", help="MQTT server (default: %(default)s)")
    to.add_argument("--port", type=int, default=8883, help="its TLS port (default: %(default)s)")
    to.add_argument("--ca", type=Path, required=True, help="PEM file of the CA that signed the server's certificate")
    to.add_argument("--cert", type=Path, required=True, help="PEM file of the device's certificate")
    to.add_argument("--key", type=Path, required=True, help="PEM file of the device's private key")
    to.add_argument("--device-id", required=True, help="device id: the MQTT client id and the head of its topics")
    to.add_argument("--mqtt", choices=("5", "3.1.1"), default="5", help="MQTT version (default: %(default)s)")
    to.add_argument("--reply-qos", type=int, choices=(0, 1), default=0, help="of replies (default: %(default)s)")
    to.add_argument("--event-qos", type=int, choices=(0, 1), default=1, help="of all else (default: %(default)s)")

    board = parser.add_argument_group("device")
    board.add_argument("--version", default="0.1", help="firmware version that it reports (default: %(default)s)")
    board.add_argument("--boot-seconds", type=_seconds, default=1.0, help="from connecting to subscribing (default: 1)")
    board.add_argument("--sensorrate", type=int, default=5, metavar="SECONDS", help="between readings (default: 5)")
    board.add_argument("--readings-per-message", type=int, default=1, metavar="N", help="collect readings (default: 1)")
    board.add_argument(
        "--no-configuration", action="store_true", help="do not ask the server for the configuration; run at once"
    )
    board.add_argument(
        "--delete-configuration", action="store_true", help="at boot have the server forget what it stored"
    )
    board.add_argument(
        "--configuration", type=_json_object, metavar="FILE", help="JSON that the server is given at boot"
    )
    board.add_argument("--values", type=_scripts, default={}, metavar="FILE", help="CSV or JSON with sensors' values")
    board.add_argument("--firmware-url", metavar="URL", help="update by HTTPS from here, not by MQTT")
    board.add_argument("--firmware-ca", type=Path, metavar="FILE", help="PEM file of the CA to trust there")
    board.add_argument("--chunk-bytes", type=int, default=128, help="of an update by MQTT (default: %(default)s)")
    board.add_argument(
        "--firmware-keys", type=_keys, metavar="FILE", help="JSON with the keys that sign firmware: check, try, go back"
    )
    board.add_argument("--model", default="ft900", help="what the server is told that it is (default: %(default)s)")
    board.add_argument(
        "--contact-seconds", type=_seconds, default=CONTACT_SECONDS, help="for a new image (default: 60)"
    )
    board.add_argument("--seed", type=int, help="make everything random repeatable")

    faults = parser.add_argument_group("faults, for tests of a server")
    faults.add_argument("--drop", type=_probability, default=0.0, metavar="P", help="lose replies")
    faults.add_argument("--duplicate", type=_probability, default=0.0, metavar="P", help="send replies twice")
    faults.add_argument(
        "--delay", type=_delay, default=(0.0, 0.0), metavar="P:SECONDS", help="send replies late by so many seconds"
    )
    faults.add_argument("--misbehave", choices=MISBEHAVIOURS, default="", help="in an update, with --firmware-keys")
    faults.add_argument("--counter", action="store_true", help="count the status replies in value.counter")

    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="warning: problems only; debug: acknowledgements too (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def endpoint(options: argparse.Namespace) -> Endpoint:
    """Return the connection's settings."""
    return Endpoint(options.host, options.port, options.ca, options.cert, options.key, options.device_id)


def board_options(options: argparse.Namespace) -> BoardOptions:
    """Return the board's settings."""
    return BoardOptions(
        version=options.version,
        boot_seconds=options.boot_seconds,
        sensorrate_seconds=options.sensorrate,
        readings_per_message=options.readings_per_message,
        asks_configuration=not options.no_configuration,
        deletes_configuration=options.delete_configuration,
        configuration=options.configuration,
        counts_status_replies=options.counter,
        updates_by_https=options.firmware_url is not None,
        chunk_bytes=options.chunk_bytes,
        firmware_keys=options.firmware_keys,
        model=options.model,
        misbehaviour=options.misbehave,
        contact_seconds=options.contact_seconds,
        scripts=options.values,
    )


def firmware(options: argparse.Namespace) -> FirmwareSource | None:
    """Return the HTTPS source of firmware; None means MQTT."""
    return None if options.firmware_url is None else FirmwareSource(options.firmware_url, options.firmware_ca)


def qualities(options: argparse.Namespace) -> Qualities:
    """Return the quality of service of sent messages."""
    return Qualities(replies=options.reply_qos, events=options.event_qos)


def faults(options: argparse.Namespace) -> Faults:
    """Return the faults of replies."""
    probability, seconds = options.delay
    return Faults(options.drop, options.duplicate, probability, seconds, Random(options.seed))  # noqa: S311


def _json_object(text: str) -> Payload:
    try:
        return decoded(Path(text).read_bytes())
    except (OSError, MalformedRequest) as unreadable:
        raise argparse.ArgumentTypeError(f"{text}: {unreadable}") from unreadable


def _keys(text: str) -> TrustedKeys:
    try:
        return TrustedKeys.read(Path(text).read_bytes())
    except (OSError, ValueError) as unreadable:
        raise argparse.ArgumentTypeError(f"{text}: {unreadable}") from unreadable


def _scripts(text: str) -> Mapping[str, Sequence[Number]]:
    try:
        return read_scripts(Path(text))
    except UnreadableScript as unreadable:
        raise argparse.ArgumentTypeError(str(unreadable)) from unreadable


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _delay(text: str) -> tuple[float, float]:
    probability, separator, seconds = text.partition(":")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text} is not PROBABILITY:SECONDS, e.g. 0.05:2.0")
    return _probability(probability), _seconds(seconds)
