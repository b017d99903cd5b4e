"""The commands behind `make run`, `up`, `down`, `logs`, `outbox` and `device`."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from types import FrameType

from simulators.cloud import cloud, demo, environment, outbox, stack_file
from simulators.cloud.cloud import LocalCloud
from simulators.cloud.console import Screen
from simulators.cloud.errors import CloudError, Interrupted
from simulators.cloud.instance import ROOT, Place
from simulators.cloud.lock import owner, take
from simulators.cloud.rest import RestApi
from simulators.cloud.tail import lines_of

LOG_LINES_SHOWN = 20
INTERRUPTED = 130
REPEAT_SECONDS = 0.5
STOP_SECONDS = 120.0
OTHERS = 0o077
"""umask of a local cloud's files: they contain keys and codes, so only their owner may access them."""
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the command; return 0, 1 after printing an error, or the exit code of an interrupted process."""
    arguments = parse_arguments()
    environment.apply()
    os.umask(OTHERS)
    place, screen = Place.from_environment(), Screen()
    try:
        command: Callable[[Place, Screen, argparse.Namespace], None] = arguments.command
        command(place, screen, arguments)
    except CloudError as failed:
        screen.fail(str(failed))
        return 1
    except (Interrupted, KeyboardInterrupt):
        return INTERRUPTED
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m simulators.cloud", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run_parser = commands.add_parser("run", help="run the local cloud until Ctrl-C")
    run_parser.add_argument("--ready-fd", type=int, help="run in the background once ready, and say so on this pipe")
    up_parser = commands.add_parser("up", help="start it in the background, or deploy to the one that runs")
    for parser_with_demo in (run_parser, up_parser):
        parser_with_demo.add_argument(
            "--no-demo", dest="with_demo", action="store_false", help="no demo user and device"
        )
    device_parser = commands.add_parser("device", help="run a simulated device of the demo user")
    device_parser.add_argument("--name", help="its name; a new one gets the next free number")
    for parser_of, command in (
        (run_parser, run),
        (up_parser, up),
        (commands.add_parser("down", help="stop the one in the background"), down),
        (commands.add_parser("logs", help="follow the logs of the functions"), logs),
        (commands.add_parser("outbox", help="list the e-mails and text messages that were sent"), show_outbox),
        (device_parser, device),
    ):
        parser_of.set_defaults(command=command)
    return parser.parse_args()


def run(place: Place, screen: Screen, arguments: argparse.Namespace) -> None:
    """Run the local cloud in this process until a signal comes; always stop all child processes."""
    take(place)
    stop_on_signals()
    local_cloud = LocalCloud(place, screen)
    try:
        local_cloud.start(arguments.with_demo)
        if arguments.ready_fd is None:
            local_cloud.show_function_logs()
        else:
            go_to_background(place, arguments.ready_fd)
            local_cloud.watch()
    except Interrupted:
        ignore_signals()
        screen.say("\nstopping; the state is kept")
    finally:
        ignore_signals()
        local_cloud.stop()


def up(place: Place, screen: Screen, arguments: argparse.Namespace) -> None:
    """Start the local cloud in the background and return when it is ready; if it is running, deploy to it."""
    stop_on_signals()
    if owner(place):
        cloud.show(place, screen, cloud.publish(place, screen))
        return
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "simulators.cloud", "run", "--ready-fd", str(writing)]
    child = subprocess.Popen(
        command if arguments.with_demo else [*command, "--no-demo"],
        cwd=ROOT,
        env={**os.environ, **place.environment},
        stdin=subprocess.DEVNULL,
        pass_fds=[writing],
        start_new_session=True,
    )
    os.close(writing)
    try:
        is_ready = bool(os.read(reading, 1))
    except Interrupted:
        ignore_signals()
        child.terminate()
        child.wait()
        raise
    if not is_ready:
        sys.exit(child.wait())


def down(place: Place, screen: Screen, _: argparse.Namespace) -> None:
    """Stop the local cloud that runs in the background."""
    process = owner(place)
    if process is None:
        screen.say("the local cloud is not running")
        return
    with screen.step("stopping the local cloud", "local cloud stopped, its state is kept"):
        os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while owner(place):
            if time.monotonic() > deadline:
                raise CloudError(f"process {process} did not end within {STOP_SECONDS:.0f} s")
            time.sleep(0.1)
        last_words = (place.logs / "cloud.log").read_text() if (place.logs / "cloud.log").exists() else ""
        if "✗" in last_words:
            raise CloudError(f"it stopped, but:\n{last_words}")


def logs(place: Place, screen: Screen, _: argparse.Namespace) -> None:
    """Print the functions' last log lines and follow the log while the cloud runs."""
    if not owner(place):
        raise CloudError("the local cloud is not running: make up")
    stop_on_signals()
    with place.function_log.open(encoding="utf-8") as log:
        for line in deque(log, LOG_LINES_SHOWN):
            screen.log(line)
    try:
        for line in lines_of(place.function_log, lambda: owner(place) is not None):
            screen.log(line)
    except Interrupted:
        ignore_signals()


def show_outbox(place: Place, screen: Screen, _: argparse.Namespace) -> None:
    """List the messages sent to users: codes, notices."""
    if not owner(place):
        raise CloudError("the local cloud is not running: make up")
    for sent in outbox.read(place.endpoint_url):
        screen.say(str(sent))


def device(place: Place, screen: Screen, arguments: argparse.Namespace) -> None:
    """Register a device of the demo user if necessary, and replace this process by the simulated device."""
    stack = stack_file.read(place)
    if not stack or not stack["api_url"]:
        raise CloudError("the local cloud is not running: make up")
    api = RestApi(stack["api_url"])
    with screen.step("registering the device", "device registered"):
        demo.sign_in(api)
        registered = demo.register_device(api, place, arguments.name or demo.next_name(api))
    screen.say(f"{registered.devicename}  {registered.deviceid}")
    command = demo.device_command(place, registered)
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 the simulated device takes this process's place


def go_to_background(place: Place, ready_fd: int) -> None:
    """Detach from the console, and signal to the starting process that all is ready."""
    with (place.logs / "cloud.log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.write(ready_fd, b"!")
    os.close(ready_fd)


def stop_on_signals() -> None:
    """Convert a stop signal to Interrupted.

    Python ignores exceptions in some places (a callback after a fork, a finalizer). So Interrupted is raised repeatedly
    until a handler has caught it and called ignore_signals.
    """

    def interrupt(_: int, __: FrameType | None) -> None:
        # The timer raises again if this exception is lost.
        signal.setitimer(signal.ITIMER_REAL, REPEAT_SECONDS)
        raise Interrupted

    for number in (*STOPPING, signal.SIGALRM):
        signal.signal(number, interrupt)


def ignore_signals() -> None:
    """Ignore further stop signals during shutdown."""
    for number in (*STOPPING, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    sys.exit(main())
