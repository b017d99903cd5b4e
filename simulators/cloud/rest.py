"""A simple client of the REST API, like a newcomer's script."""

import base64
import json
import urllib.error
import urllib.request
from typing import Any

from simulators.cloud.errors import CloudError


class RestApi:
    """The deployed API, for one caller at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._authorization = ""
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def sign_in(self, username: str, password: str) -> bool:
        """Log in and use the access token from now on; return whether the credentials were accepted."""
        self._authorization = basic(username, password)
        status, answer = self.call("POST", "/user/login")
        if status == 200:
            self._authorization = f"Bearer {answer['token']['access']}"
        return status == 200

    def sign_up(self, username: str, password: str, name: str) -> None:
        """Sign up; the confirmation code is sent by e-mail."""
        self._authorization = basic(username, password)
        self.must("POST", "/user/signup", {"email": username, "name": name})

    def must(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call, and raise CloudError unless the status is 200."""
        status, answer = self.call(method, path, body)
        if status != 200:
            raise CloudError(f"{method} {path} answered {status}: {json.dumps(answer)}")
        return answer

    def call(
        self, method: str, path: str, body: object = None, authorization: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Call, with the access token or another authorization, and return the status and the decoded response.

        A response that is not JSON, such as a file, is returned as `message`.
        """
        request = urllib.request.Request(  # noqa: S310 our own address
            f"{self._url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": authorization or self._authorization, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, _decoded(answer.read(), "OK")
        except urllib.error.HTTPError as refused:
            return refused.code, _decoded(refused.read(), "NG")


def basic(username: str, password: str) -> str:
    """The `Authorization` header of HTTP Basic."""
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def _decoded(body: bytes, status: str) -> dict[str, Any]:
    try:
        return dict(json.loads(body))
    except ValueError:
        return {"status": status, "message": body.decode(errors="replace")}
