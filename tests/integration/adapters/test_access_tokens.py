"""The pool's keys come from the SDK's configured endpoint, under Cognito's path."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from iotcloud.adapters.access_tokens import PoolKeys
from iotcloud.errors import DependencyFailed
from tests.fakes.token_issuer import TokenIssuer

REGION = "eu-west-1"
POOL_ID = "eu-west-1_Testing01"
POOL = TokenIssuer()


class Endpoint(HTTPServer):
    """A Cognito endpoint with a constant response, which records the paths."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.status = status
        self.body = body
        self.paths: list[str] = []


class Answering(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with Endpoint(200, json.dumps({"keys": POOL.published_keys()}).encode()) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{endpoint.server_port}")
        thread = Thread(target=endpoint.serve_forever)
        thread.start()
        yield endpoint
        endpoint.shutdown()
        thread.join()


def test_keys_are_read_where_the_pool_publishes_them(endpoint: Endpoint) -> None:
    assert PoolKeys(REGION, POOL_ID)() == POOL.published_keys()
    assert endpoint.paths == [f"/{POOL_ID}/.well-known/jwks.json"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"message": "User pool does not exist."}'),
        (500, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"k": 1}'),
    ],
)
def test_an_answer_without_keys_is_our_failure(endpoint: Endpoint, status: int, body: bytes) -> None:
    endpoint.status, endpoint.body = status, body

    with pytest.raises(DependencyFailed):
        PoolKeys(REGION, POOL_ID)()


def test_an_endpoint_that_is_not_there_is_our_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as unused:
        port = unused.server_port
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")

    with pytest.raises(DependencyFailed):
        PoolKeys(REGION, POOL_ID)()
