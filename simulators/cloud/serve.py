"""The emulator's process: ministack on the loopback address, with all patches applied. Runs in its own environment.

It ends on SIGTERM, and when its standard input closes, so it cannot outlive the process that started it. On exit it
saves its state and ends the functions' processes. It does not wait for threads: one may be in a busy function.
"""

import asyncio
import os
import resource
import signal
import sys
import threading

HOST = "127.0.0.1"


def main() -> None:
    """Serve until SIGTERM."""
    port = int(os.environ["GATEWAY_PORT"])
    raise_open_files_limit()
    # Its state contains the key that signs tokens, and the keys of devices' certificates.
    os.umask(0o077)
    from simulators.cloud import gaps

    gaps.close_all()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(serve(port))
    stop_functions()
    sys.stdout.flush()
    os._exit(0)


async def serve(port: int) -> None:
    """Serve requests until SIGTERM or the end of standard input; the emulator saves its state on return."""
    from hypercorn.asyncio import serve as serve_asgi
    from hypercorn.config import Config
    from ministack.app import app

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    # The parent holds the other end of standard input; it closes even if the parent is killed.
    threading.Thread(target=stop_at_end_of_input, args=(loop, stop), daemon=True).start()
    await serve_asgi(app, config, shutdown_trigger=stop.wait)


def stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Wait for the end of the starting process."""
    while os.read(0, 1):
        pass
    loop.call_soon_threadsafe(stop.set)


def stop_functions() -> None:
    """End the functions' processes and remove their unpacked packages."""
    from ministack.core import lambda_runtime

    lambda_runtime.kill_workers([worker for workers in lambda_runtime._workers.values() for worker in workers])


def raise_open_files_limit() -> None:
    """Raise the limit of open files to the system's maximum: each device and caller needs one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
