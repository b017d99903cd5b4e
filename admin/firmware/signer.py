"""The signing key in AWS KMS; its private part cannot be read."""

from functools import cached_property
from hashlib import sha256
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.errors import DependencyFailed

ALGORITHM = "ECDSA_SHA_256"
KEY_DIGITS = 16


class KmsSigner:
    """An ECDSA key on P-256, by its id."""

    def __init__(self, kms: Any, key_id: str) -> None:
        self._kms = kms
        self._key_id = key_id

    @cached_property
    def public_key(self) -> bytes:
        """The public part (SubjectPublicKeyInfo, DER); raise DependencyFailed."""
        try:
            public_key: bytes = self._kms.get_public_key(KeyId=self._key_id)["PublicKey"]
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed(f"The signing key cannot be used: {failed}") from failed
        return public_key

    @property
    def key(self) -> str:
        """The key's short name, which devices look up in their list of keys."""
        return sha256(self.public_key).hexdigest()[:KEY_DIGITS]

    def sign(self, manifest: bytes) -> bytes:
        """Return the signature of a manifest (DER); raise DependencyFailed."""
        try:
            signature: bytes = self._kms.sign(
                KeyId=self._key_id,
                Message=manifest,
                MessageType="RAW",
                SigningAlgorithm=ALGORITHM,
            )["Signature"]
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed(f"The signing key cannot be used: {failed}") from failed
        return signature
