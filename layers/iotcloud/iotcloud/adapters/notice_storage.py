"""Notices as objects in storage: one JSON object each, under its owner's prefix."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from iotcloud.adapters.aws_outcomes import outcome
from iotcloud.errors import DependencyFailed
from iotcloud.notices.delivery import DeliveryRefused
from iotcloud.notices.ledger import Notice

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

LINK_SECONDS = 300
MAX_DELETED = 1000
"""Objects that one DeleteObjects takes (Amazon S3 API reference)."""
PREFIX = "notices"


class S3NoticeStorage:
    """Stores notices in S3 and makes links to them. Writing is idempotent, so this channel needs no receipts."""

    def __init__(self, client: Callable[[], "S3Client"], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def send(self, notice: Notice) -> str:
        if not self._bucket:
            raise DeliveryRefused("storage is not set up")
        key = object_key(notice)
        with outcome():
            self._client().put_object(
                Bucket=self._bucket, Key=key, Body=_document(notice), ContentType="application/json"
            )
        return key

    def lend(self, notice: Notice) -> str:
        """A link to the stored notice that works for five minutes."""
        return self._client().generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": object_key(notice)}, ExpiresIn=LINK_SECONDS
        )

    def erase(self, owner: str) -> None:
        """Delete all stored notices of an owner; raise DependencyFailed."""
        try:
            pages = (
                self._client()
                .get_paginator("list_objects_v2")
                .paginate(Bucket=self._bucket, Prefix=f"{PREFIX}/{owner}/")
            )
            for page in pages:
                objects: list[ObjectIdentifierTypeDef] = [{"Key": listed["Key"]} for listed in page.get("Contents", [])]
                self._delete(objects)
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed from failed

    def forget(self, notices: Sequence[Notice]) -> None:
        """Delete stored notices. Idempotent. Raise DependencyFailed."""
        objects: list[ObjectIdentifierTypeDef] = [{"Key": object_key(notice)} for notice in notices]
        try:
            for begin in range(0, len(objects), MAX_DELETED):
                self._delete(objects[begin : begin + MAX_DELETED])
        except (ClientError, BotoCoreError) as failed:
            raise DependencyFailed from failed

    def _delete(self, objects: "list[ObjectIdentifierTypeDef]") -> None:
        if objects:
            self._client().delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})


def object_key(notice: Notice) -> str:
    """Where a notice lies: by owner, device and day."""
    return f"{PREFIX}/{notice.owner}/{notice.deviceid}/{notice.at:%Y/%m/%d}/{notice.notice_id}.json"


def _document(notice: Notice) -> bytes:
    members = {
        "notice": notice.notice_id,
        "deviceid": notice.deviceid,
        "source": notice.source,
        "sensorname": notice.sensorname,
        "condition": notice.condition,
        "text": notice.text,
        "at": notice.at.isoformat(),
    }
    return json.dumps({name: value for name, value in members.items() if value is not None}).encode()
