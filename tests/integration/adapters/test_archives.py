"""Archives in their bucket (moto)."""

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from iotcloud.adapters.archives import S3Archives
from iotcloud.errors import DependencyFailed

REGION = "eu-west-1"


@pytest.fixture
def s3(environment: dict[str, str]) -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="archives", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield s3


@pytest.fixture
def archives(s3: Any) -> S3Archives:
    return S3Archives("archives", REGION)


def names(s3: Any) -> list[str]:
    return [listed["Key"] for listed in s3.list_objects_v2(Bucket="archives").get("Contents", [])]


def test_an_archive_is_kept(archives: S3Archives, s3: Any) -> None:
    archives.put("ada/1.zip", io.BytesIO(b"content"))

    assert s3.get_object(Bucket="archives", Key="ada/1.zip")["Body"].read() == b"content"


def test_a_link_names_the_archive_and_its_time(archives: S3Archives) -> None:
    link = urlsplit(archives.link("ada/1.zip", 900))

    query = parse_qs(link.query)
    assert link.path.endswith("/ada/1.zip")
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_erasing_a_user_leaves_the_archives_of_others(archives: S3Archives, s3: Any) -> None:
    for name in ("ada/1.zip", "ada/2.zip", "ada2/1.zip", "bob/1.zip"):
        archives.put(name, io.BytesIO(b"content"))

    archives.erase("ada")
    archives.erase("ada")

    assert names(s3) == ["ada2/1.zip", "bob/1.zip"]


@pytest.mark.usefixtures("s3")
def test_a_bucket_out_of_reach_is_a_failed_dependency() -> None:
    gone = S3Archives("gone", REGION)

    with pytest.raises(DependencyFailed):
        gone.put("ada/1.zip", io.BytesIO(b"content"))
    with pytest.raises(DependencyFailed):
        gone.erase("ada")
