"""The catalogue of firmware and its images in an S3 bucket.

`catalogue.json` is one object. `firmware/{location}` are the images; CloudFront serves that folder, so that the path of
a download is the object's key.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.errors import DependencyFailed, DocumentUnavailable
from iotcloud.firmware.model import Catalogue
from iotcloud.firmware.schema import KeptCatalogue

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CATALOGUE = "catalogue.json"
FOLDER = "firmware"
CACHE = "public, max-age=300"
"""How long an edge location keeps an image: after this a withdrawn one is gone."""
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
"""S3's error codes for a lost conditional write (Amazon S3 user guide, "Conditional writes")."""


class S3FirmwareCatalogue:
    """One bucket."""

    def __init__(self, client: Callable[[], "S3Client"], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self) -> Catalogue:
        """Return the catalogue, an empty one before the first release; raise DocumentUnavailable."""
        return self.read_for_change()[0]

    def read_for_change(self) -> tuple[Catalogue, str]:
        """Return the catalogue and its entity tag, empty without a catalogue. Raise DocumentUnavailable."""
        try:
            found = self._client().get_object(Bucket=self._bucket, Key=CATALOGUE)
            return KeptCatalogue.read(found["Body"].read()), found["ETag"]
        except ClientError as failed:
            if failed.response["Error"]["Code"] != "NoSuchKey" or self._is_there():
                raise DocumentUnavailable from failed
            return Catalogue(), ""
        except BotoCoreError as failed:
            raise DocumentUnavailable from failed

    def replace(self, catalogue: Catalogue, mark: str) -> bool:
        """Write a catalogue in place of the one with that mark; False when another was written meanwhile."""
        body = KeptCatalogue.write(catalogue)
        try:
            if mark:
                self._client().put_object(Bucket=self._bucket, Key=CATALOGUE, Body=body, IfMatch=mark)
            else:
                self._client().put_object(Bucket=self._bucket, Key=CATALOGUE, Body=body, IfNoneMatch="*")
        except ClientError as failed:
            if failed.response["Error"]["Code"] in _CHANGED:
                return False
            raise DependencyFailed from failed
        except BotoCoreError as failed:
            raise DependencyFailed from failed
        return True

    def put(self, location: str, image: bytes) -> None:
        """Upload an image. Idempotent. Raise DependencyFailed."""
        with _conditions():
            self._client().put_object(
                Bucket=self._bucket,
                Key=f"{FOLDER}/{location}",
                Body=image,
                ContentType="application/octet-stream",
                CacheControl=CACHE,
            )

    def get(self, location: str) -> bytes | None:
        """Return an image; None when it is not there, as after a withdrawal. Raise DependencyFailed.

        Without the right to list the bucket, S3 answers AccessDenied for what is not there.
        """
        with _conditions():
            try:
                found = self._client().get_object(Bucket=self._bucket, Key=f"{FOLDER}/{location}")
            except ClientError as failed:
                if failed.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
                    return None
                raise
            return found["Body"].read()

    def delete(self, location: str) -> None:
        """Delete an image. Idempotent. Raise DependencyFailed."""
        with _conditions():
            self._client().delete_object(Bucket=self._bucket, Key=f"{FOLDER}/{location}")

    def _is_there(self) -> bool:
        """Check by listing: without the right to list, S3 reports an absent object as forbidden."""
        listed = self._client().list_objects_v2(Bucket=self._bucket, Prefix=CATALOGUE, MaxKeys=1)
        return bool(listed.get("Contents"))


@contextmanager
def _conditions() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as failed:
        raise DependencyFailed from failed
