"""The app's files in their bucket: cache rules, content types, and what is left of earlier builds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infrastructure import app_files

BUCKET = "app"


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name in ("index.html", "sw.js", "manifest.webmanifest", "assets/index-1a2b.js", "assets/geist-3c4d.woff2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def head(s3: Any, name: str) -> tuple[str, str]:
    found = s3.head_object(Bucket=BUCKET, Key=name)
    return found["ContentType"], found["CacheControl"]


def names(s3: Any) -> set[str]:
    return {found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}


def test_hashed_files_are_kept_forever_and_others_asked_for_again(s3: Any, built: Path) -> None:
    app_files.upload(s3, BUCKET, built)
    assert head(s3, "assets/index-1a2b.js") == ("text/javascript", "public, max-age=31536000, immutable")
    assert head(s3, "assets/geist-3c4d.woff2")[0] == "font/woff2"
    assert head(s3, "index.html") == ("text/html", "no-cache")
    assert head(s3, "manifest.webmanifest") == ("application/manifest+json", "no-cache")


def test_the_page_is_uploaded_after_the_files_that_it_asks_for(s3: Any, built: Path) -> None:
    order: list[str] = []
    s3.meta.events.register("provide-client-params.s3.PutObject", lambda params, **_: order.append(params["Key"]))
    app_files.upload(s3, BUCKET, built)
    assert order.index("index.html") > max(order.index(name) for name in order if name.startswith("assets/"))


def test_caches_must_drop_what_is_not_hashed(s3: Any, built: Path) -> None:
    assert set(app_files.upload(s3, BUCKET, built)) == {"/index.html", "/sw.js", "/manifest.webmanifest"}


def test_files_of_the_build_before_stay_for_a_month(s3: Any, built: Path) -> None:
    app_files.upload(s3, BUCKET, built)
    (built / "assets/index-1a2b.js").rename(built / "assets/index-9z9z.js")
    app_files.upload(s3, BUCKET, built)
    assert "assets/index-1a2b.js" in names(s3)
    app_files.upload(s3, BUCKET, built, now=datetime.now(UTC) + timedelta(days=31))
    assert "assets/index-1a2b.js" not in names(s3)
    assert "assets/index-9z9z.js" in names(s3)


def test_without_a_build_there_is_nothing_to_upload(tmp_path: Path) -> None:
    assert not app_files.is_built(tmp_path)
