"""Secrets in SSM Parameter Store, read on first use and cached for a while, so that changes take effect."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.errors import DependencyFailed

if TYPE_CHECKING:
    from mypy_boto3_ssm.client import SSMClient

KEEP_SECONDS = 300
"""Cache lifetime of a secret."""


class SecretParameter:
    """One SecureString. Calling it returns the secret, or None for an empty name."""

    def __init__(
        self, client: Callable[[], "SSMClient"], name: str, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._name = name
        self._seconds = seconds
        self._secret = ""
        self._read_at: float | None = None

    def __call__(self) -> str | None:
        """Return the secret, or None without one. Raise DependencyFailed when it cannot be read."""
        if not self._name:
            return None
        now = self._seconds()
        if self._read_at is None or now - self._read_at >= KEEP_SECONDS:
            self._secret = self._read()
            self._read_at = now
        return self._secret

    def _read(self) -> str:
        try:
            answer = self._client().get_parameter(Name=self._name, WithDecryption=True)
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed from failed
        return answer["Parameter"]["Value"]
