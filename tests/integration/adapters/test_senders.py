"""The clients that send notices: each send has its own connection and is not retried."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from iotcloud.adapters import senders
from iotcloud.notification_blocks.model import Channel
from iotcloud.settings import Settings
from tests.integration.adapters.test_sms import SMS

SETTINGS = Settings("eu-west-1", "test-", "pool", "client")


class Service(BaseHTTPRequestHandler):
    """A stub of Amazon SNS with one response; it keeps connections open."""

    protocol_version = "HTTP/1.1"
    callers: list[int] = []  # noqa: RUF012 emptied by the fixture

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.callers.append(self.client_address[1])
        content = b"<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Log nothing."""


@pytest.fixture
def callers(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The ports from which a service on this machine was asked."""
    Service.callers = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setattr(senders, "_clients", {})
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield Service.callers
    server.shutdown()
    server.server_close()


def test_a_send_never_meets_a_connection_that_may_have_ended_meanwhile(callers: list[int]) -> None:
    sender = senders.make_senders(SETTINGS, publisher=pytest.fail, devices=pytest.fail)[Channel.MOBILE]  # type: ignore[arg-type]

    assert [sender.send(SMS) for _ in range(3)] == ["m1"] * 3

    assert len(set(callers)) == 3
