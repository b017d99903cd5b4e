"""The stand-in: an HTTPS server that accepts text messages and pushes, lists them, and fails on request."""

import html
import json
import ssl
import threading
import time
import urllib.request
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from simulators.providers.carriers import Account, Answer, Asked, Carrier, Message, carrier_of
from simulators.providers.certificates import ServerFiles

HANG_SECONDS = 60.0
RECEIPT_SECONDS = 10.0


class Fault(StrEnum):
    """How one request fails."""

    THROTTLE = "throttle"
    """Deferred, with the carrier's own error."""
    TOO_MANY = "429"
    """Deferred, by HTTP status."""
    REFUSE = "refuse"
    """Rejected."""
    ERROR = "500"
    """Unknown outcome: an internal error after the message was accepted."""
    HANG = "timeout"
    """Accepted, without a response until the caller times out."""
    DROP = "drop"
    """Accepted, but the connection ends without a response."""
    DUPLICATE = "duplicate"
    """Accepted, with a duplicate receipt."""


class StandIn:
    """One server; a `with` block runs it. Each fault that is added fails one request, in turn.

    While it runs, its address is in the file `url` of its folder, beside the CA certificate.
    """

    def __init__(
        self, folder: Path, port: int = 0, show: Callable[[str], object] = len, account: Account | None = None
    ) -> None:
        self.files = ServerFiles.make(folder)
        self.received: list[Message] = []
        self.requests = 0
        self.faults: deque[Fault | None] = deque()
        self._show = show
        self._account = account or Account()
        self._address = folder / "url"
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files.certificate, self.files.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._address.write_text(self.url)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._address.unlink(missing_ok=True)
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, carrier: Carrier, asked: Asked) -> Answer | None:
        """Accept a message, or fail; return None for no response."""
        self.requests += 1
        fault = self.faults.popleft() if self.faults else None
        self._show(f"{carrier.name} {f'fails: {fault.value}' if fault else 'takes a message'}")
        match fault:
            case Fault.THROTTLE:
                return carrier.throttle()
            case Fault.TOO_MANY:
                return carrier.too_many()
            case Fault.REFUSE:
                return carrier.refuse()
        message = carrier.read(asked, uuid.uuid4().hex)
        self.received.append(message)
        self._show(str(message))
        receipt = carrier.receipt(message, self._account)
        if receipt is not None:
            times = 2 if fault is Fault.DUPLICATE else 1
            threading.Thread(target=self._tell, args=(receipt, times), daemon=True).start()
        match fault:
            case Fault.ERROR:
                return carrier.fail()
            case Fault.HANG:
                self._stopping.wait(HANG_SECONDS)
                return None
            case Fault.DROP:
                return None
        return carrier.accept(message)

    def _tell(self, receipt: urllib.request.Request, times: int) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(times):
            try:
                with opener.open(receipt, timeout=RECEIPT_SECONDS) as answer:
                    self._show(f"receipt to {receipt.host}: {answer.status}")
            except OSError as refused:
                self._show(f"receipt to {receipt.host}: {refused}")


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/received":
                self._answer(200, json.dumps([asdict(one) for one in stand_in.received]), "application/json")
            else:
                rows = "".join(f"<li>{html.escape(str(one))}</li>" for one in stand_in.received)
                self._answer(200, f"<!doctype html><title>Received</title><ol>{rows}</ol>", "text/html; charset=utf-8")

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            content = self.rfile.read(length)
            if not content or len(content) < length:
                # The caller disconnected within the request.
                self.close_connection = True
                return
            path, body = urlsplit(self.path).path, content.decode()
            if path == "/faults":
                stand_in.faults.extend(None if name is None else Fault(name) for name in json.loads(body))
                self._answer(200, "{}", "application/json")
                return
            carrier = carrier_of(path)
            if carrier is None:
                self._answer(404, "{}", "application/json")
                return
            answer = stand_in.take(carrier, Asked(path, body))
            if answer is None:
                self.close_connection = True
                return
            self._answer(answer[0], json.dumps(answer[1]), "application/json")

        def _answer(self, status: int, text: str, media: str) -> None:
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
            """Log nothing: the stand-in prints what matters."""

    return Handler


def serve(folder: Path, port: int, account: Account) -> None:
    """Run until interrupted, and print received messages."""

    def show(line: str) -> None:
        print(time.strftime("%H:%M:%S"), line, flush=True)

    with StandIn(folder, port, show, account) as stand_in:
        print(f"answers at {stand_in.url}; callers must trust {stand_in.files.authority}", flush=True)
        print(
            f"received: {stand_in.url}/  faults: POST {stand_in.url}/faults a list of {[*map(str, Fault)]}", flush=True
        )
        threading.Event().wait()
