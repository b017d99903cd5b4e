"""An API that answers as a test says, without a network."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

Answer = Callable[[httpx.Request], httpx.Response]
URL = "https://api.test/live"
DEVICE = {"devicename": "Barn unit", "deviceid": "PH80", "serialnumber": "1", "timestamp": "1", "role": "owner"}


def ok(**members: Any) -> httpx.Response:
    return httpx.Response(200, json={"status": "OK", "message": "Done", **members})


def refused(
    status: int, code: str, message: str, headers: dict[str, str] | None = None, **members: Any
) -> httpx.Response:
    body = {"status": "NG", "code": code, "message": message, **members}
    return httpx.Response(status, json=body, headers=headers or {})


class Api(httpx.MockTransport):
    """Answers each `METHOD /path` as the table says, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.table: dict[str, Answer] = {}
        self.asked: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.table[f"{request.method} {request.url.path.removeprefix('/live')}"](request)

    def bodies(self, path: str) -> list[Any]:
        return [json.loads(one.content) for one in self.asked if one.url.path.endswith(path) and one.content]


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "session.json"
    tokens = {"access": "old", "id": "id", "refresh": "refresh"}
    path.write_text(json.dumps({"api_url": URL, "tokens": tokens}))
    return path
