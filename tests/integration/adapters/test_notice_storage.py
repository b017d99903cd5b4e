"""Notices as objects, with moto's S3."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from iotcloud.adapters.aws import LINK_CONFIG
from iotcloud.adapters.notice_storage import S3NoticeStorage, object_key
from iotcloud.notices.delivery import DeliveryRefused
from iotcloud.notification_blocks.model import Channel
from tests.unit.notices.test_delivery import NOTICE

BUCKET = "notices-bucket"
STORED = replace(NOTICE, channel=Channel.STORAGE, recipient="", target="", sensorname="POT 1")


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Any:
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


@pytest.fixture
def storage(s3: Any) -> S3NoticeStorage:
    return S3NoticeStorage(lambda: s3, BUCKET)


def keys(s3: Any) -> list[str]:
    return [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_a_notice_becomes_one_json_object_under_its_owner(s3: Any, storage: S3NoticeStorage) -> None:
    key = storage.send(STORED)

    assert key == "notices/owner/PH80/2026/11/23/n1.json"
    assert json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) == {
        "notice": "n1",
        "deviceid": "PH80",
        "source": "UART",
        "sensorname": "POT 1",
        "text": "Hello",
        "at": "2026-11-23T12:00:00+00:00",
    }


def test_storing_a_notice_again_changes_nothing(s3: Any, storage: S3NoticeStorage) -> None:
    assert storage.send(STORED) == storage.send(STORED)
    assert len(keys(s3)) == 1


def test_a_link_names_the_object_and_ends(environment: dict[str, str]) -> None:
    s3 = boto3.client("s3", region_name="eu-west-1", config=LINK_CONFIG)

    link = urlsplit(S3NoticeStorage(lambda: s3, BUCKET).lend(STORED))

    assert link.path.endswith(object_key(STORED))
    assert parse_qs(link.query)["X-Amz-Expires"] == ["300"]


def test_erasing_an_owner_leaves_the_objects_of_others(s3: Any, storage: S3NoticeStorage) -> None:
    for number in range(3):
        storage.send(replace(STORED, notice_id=f"n{number}"))
    storage.send(replace(STORED, owner="owner2"))

    storage.erase("owner")

    assert keys(s3) == ["notices/owner2/PH80/2026/11/23/n1.json"]


def test_without_a_bucket_nothing_is_stored(s3: Any) -> None:
    with pytest.raises(DeliveryRefused, match="not set up"):
        S3NoticeStorage(lambda: s3, "").send(STORED)


def test_a_bucket_that_is_gone_is_a_refusal(s3: Any) -> None:
    with pytest.raises(DeliveryRefused, match="NoSuchBucket"):
        S3NoticeStorage(lambda: s3, "another").send(STORED)


def test_forgotten_notices_are_gone_and_others_stay(s3: Any, storage: S3NoticeStorage) -> None:
    for number in range(3):
        storage.send(replace(STORED, notice_id=f"n{number}"))

    storage.forget(
        [replace(STORED, notice_id="n0"), replace(STORED, notice_id="n2"), replace(STORED, notice_id="absent")]
    )
    storage.forget([])

    assert keys(s3) == ["notices/owner/PH80/2026/11/23/n1.json"]
