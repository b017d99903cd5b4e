"""The words that the command takes."""

import argparse
from pathlib import Path

from iotcloud_client.command import actions

EXIT_CODES = (
    "exit codes: 0 done, 1 refused, 2 wrong use, 3 not signed in, 4 the device did not answer, 5 the API did not answer"
)
SESSION, SIGNUP, LOGOUT, COMPLETION = "session", "signup", "logout", "completion"


def build() -> argparse.ArgumentParser:
    """Make the parser; each command has its action and the columns of its table."""
    parser = argparse.ArgumentParser(prog="iotcloud", description="Devices of an iotcloud platform.", epilog=EXIT_CODES)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--api", help="the API's address (else IOTCLOUD_API_URL, or that of the sign-in)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    one = commands.add_parser("signup", help="make an account; the password is asked for, or IOTCLOUD_PASSWORD")
    one.add_argument("email")
    one.add_argument("name")
    one.set_defaults(special=SIGNUP)
    one = commands.add_parser("confirm", help="confirm an account with the code that was sent")
    one.add_argument("email")
    one.add_argument("code")
    _set(one, actions.confirm, "email", "state")
    one = commands.add_parser("login", help="sign in; the password is asked for, or IOTCLOUD_PASSWORD")
    one.add_argument("email")
    one.set_defaults(special=SESSION)
    one = commands.add_parser("logout", help="forget the sign-in")
    one.set_defaults(special=LOGOUT)

    one = commands.add_parser("devices", help="list devices; add or delete one")
    _set(one, actions.list_all_devices, "devicename", "online", "deviceid", "version", "role")
    of_devices = one.add_subparsers(metavar="add | delete")
    two = of_devices.add_parser("add", help="register a device")
    _device(two)
    two.add_argument("--id", required=True, help="its id")
    two.add_argument("--serial", required=True, help="its serial number")
    two.add_argument("--csr", type=Path, help="a file with a signing request, for a key that stays in the device")
    two.add_argument("--out", type=Path, default=Path(), help="the folder for its certificate and key")
    _set(two, actions.register_device, "devicename", "host", "port", "files")
    two = of_devices.add_parser("delete", help="delete a device")
    _device(two)
    _set(two, actions.forget_device, "devicename", "state")

    one = commands.add_parser("status", help="show or change a device's status")
    _device(one)
    one.add_argument("to", nargs="?", choices=["restart", "stop", "start"])
    _set(one, actions.status, "devicename", "status", "version")
    one = commands.add_parser("gpio", help="show the pins of a device, or switch one")
    _device(one)
    one.add_argument("pin", nargs="?", type=int, choices=range(1, 5))
    one.add_argument("state", nargs="?", choices=["on", "off"])
    _set(one, actions.gpio, "pin", "enabled", "direction", "level")

    one = commands.add_parser("sensors", help="list the sensors of a device")
    _device(one)
    _set(one, actions.list_all_sensors, "sensorname", "source", "number", "class", "model", "enabled")
    one = commands.add_parser("sensor", help="add, set or switch a sensor")
    of_sensor = one.add_subparsers(metavar="add | set | on | off", required=True)
    two = of_sensor.add_parser("add", help="register a sensor of a model of the catalogue")
    _device(two)
    two.add_argument("sensor")
    two.add_argument("--bus", required=True, choices=list(actions.BUSES))
    two.add_argument("--number", type=int, default=1, help="the slot, from 1")
    two.add_argument("--model", required=True)
    two.add_argument("--address", type=int, help="on i2c; else the model's own")
    _set(two, actions.add_sensor, "sensorname", "source", "number", "class")
    two = of_sensor.add_parser("set", help="tell when it is above a value")
    _device(two)
    two.add_argument("sensor")
    two.add_argument("--above", type=float, required=True)
    _set(two, actions.set_sensor, "sensorname", "above")
    for state in ("on", "off"):
        two = of_sensor.add_parser(state, help=f"switch it {state}")
        _device(two)
        two.add_argument("sensor")
        _set(two, actions.switch_sensor, "sensorname", "state")
        two.set_defaults(state=state)

    one = commands.add_parser("watch", help="show readings as they change")
    _device(one)
    one.add_argument("--seconds", type=float, default=5.0, help="between two looks")
    one.add_argument("--rounds", type=int, default=0, help="after how many looks to end; 0: never")
    _set(one, actions.watch, "sensorname", "value", "second")
    one.set_defaults(is_stream=True)
    for name, action, columns in (
        ("histories", actions.histories, ("timestamp", "devicename", "direction", "topic", "payload")),
        ("notices", actions.notices, ("timestamp", "devicename", "type", "recipient", "state", "condition")),
    ):
        one = commands.add_parser(name, help=f"list {name}, newest first")
        one.add_argument("--device")
        one.add_argument("--limit", type=int, default=25)
        _set(one, action, *columns)
    one = commands.add_parser("firmware", help="list the firmware that devices can be updated to")
    _set(one, actions.firmware, "model", "version", "date", "size")
    one = commands.add_parser("export", help="write messages or notices into a file")
    one.add_argument("what", choices=list(actions.FILES))
    one.add_argument("file", type=Path)
    one.add_argument("--format", default="csv", choices=["csv", "csv-semicolon", "ndjson"])
    _set(one, actions.export, "file", "bytes")
    one = commands.add_parser("completion", help='for a shell: eval "$(iotcloud completion bash)"')
    one.add_argument("shell", choices=["bash", "zsh"])
    one.set_defaults(special=COMPLETION)
    return parser


def _device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("device", help="the device's name")


def _set(parser: argparse.ArgumentParser, action: object, *columns: str) -> None:
    parser.set_defaults(action=action, columns=columns, special=None, is_stream=False)
