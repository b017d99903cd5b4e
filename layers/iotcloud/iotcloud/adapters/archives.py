"""Archives of users' data in an S3 bucket, which deletes them after a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import IO, TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.adapters.aws import LINKS
from iotcloud.errors import DependencyFailed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

CONFIG = Config(connect_timeout=1, read_timeout=30).merge(LINKS)
"""Archives exceed the payload of a REST call."""


@dataclass
class S3Archives:
    """One bucket."""

    bucket: str
    region: str

    @cached_property
    def _s3(self) -> "S3Client":
        import boto3

        return boto3.client("s3", region_name=self.region, config=CONFIG)

    def put(self, name: str, content: IO[bytes]) -> None:
        """Keep an archive; raise DependencyFailed."""
        with _conditions():
            self._s3.put_object(Bucket=self.bucket, Key=name, Body=content, ContentType="application/zip")

    def link(self, name: str, seconds: int) -> str:
        """Return a bearer link to an archive, valid for the given time."""
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": name}, ExpiresIn=seconds
        )

    def erase(self, username: str) -> None:
        """Delete all archives of a user."""
        with _conditions():
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{username}/"):
                objects: list[ObjectIdentifierTypeDef] = [{"Key": listed["Key"]} for listed in page.get("Contents", [])]
                if objects:
                    self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})


@contextmanager
def _conditions() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as failed:
        raise DependencyFailed from failed
