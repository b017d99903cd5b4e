"""Presigned links name the host of their own Region, whatever the Region."""

from urllib.parse import urlsplit

import boto3
import pytest

from iotcloud.adapters import archives
from iotcloud.adapters.aws import LINK_CONFIG

BEFORE_2019 = ("eu-west-1", "ap-southeast-1", "us-west-2")
"""Without us-east-1, whose own host is the global one."""
AFTER_2019 = ("eu-south-1", "ap-southeast-3", "me-south-1", "af-south-1", "il-central-1")


@pytest.mark.parametrize("config", [LINK_CONFIG, archives.CONFIG], ids=["notices", "archives"])
@pytest.mark.parametrize("region", [*BEFORE_2019, *AFTER_2019])
def test_a_link_names_the_regions_host(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, config: object, region: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    s3 = boto3.client("s3", region_name=region, config=config)  # type: ignore[call-overload]

    link = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "archives", "Key": "a/1.zip"}))

    assert link.hostname == f"archives.s3.{region}.amazonaws.com"
    assert f"%2F{region}%2Fs3%2F" in link.query


def test_on_the_local_cloud_a_link_names_its_address(environment: dict[str, str]) -> None:
    s3 = boto3.client("s3", region_name="us-east-1", config=LINK_CONFIG, endpoint_url="http://127.0.0.1:4566")

    link = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "archives", "Key": "a/1.zip"}))

    assert (link.hostname, link.path) == ("127.0.0.1", "/archives/a/1.zip")
