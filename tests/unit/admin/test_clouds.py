"""Which cloud administrators' commands act on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin import clouds
from simulators.cloud import lock, stack_file
from simulators.cloud.instance import Place

AWS = {"AWS_REGION": "eu-west-1", "AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "mine"}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Place]:
    """Give a place of a local cloud; the environment, which a choice may change, is put back."""
    place = Place(tmp_path, 4700)
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({**place.environment, **AWS})
    yield place
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def running(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give the place of a local cloud that is up."""
    stack_file.write(place, "http://api.example", None, {})
    monkeypatch.setattr(lock, "owner", lambda _place: 4711)
    return place


def test_the_local_cloud_while_it_runs(running: Place) -> None:
    cloud = clouds.choose(None, None)
    assert (cloud.stack_name, cloud.region, cloud.endpoint_url) == ("iotcloud", "us-east-1", running.endpoint_url)
    assert str(cloud) == "acting on the local cloud, the stack iotcloud at http://127.0.0.1:4700"
    assert os.environ["AWS_ENDPOINT_URL"] == running.endpoint_url
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_ACCESS_KEY_ID"] != AWS["AWS_ACCESS_KEY_ID"]


@pytest.mark.parametrize(
    ("stack_name", "region", "chosen"),
    [
        ("iotcloud-test", None, ("iotcloud-test", "eu-west-1", None)),
        (None, "us-west-2", ("iotcloud", "us-west-2", None)),
        ("iotcloud", "us-west-2", ("iotcloud", "us-west-2", None)),
    ],
)
@pytest.mark.usefixtures("running")
def test_aws_when_a_stack_or_a_region_is_named(
    stack_name: str | None, region: str | None, chosen: tuple[str, str, None]
) -> None:
    cloud = clouds.choose(stack_name, region)
    assert (cloud.stack_name, cloud.region, cloud.endpoint_url) == chosen
    assert str(cloud) == f"acting on the stack {chosen[0]} at AWS, Region {chosen[1]}"
    assert {name: os.environ[name] for name in AWS} == AWS


@pytest.mark.usefixtures("place")
def test_aws_when_no_local_cloud_was_ever_there() -> None:
    assert clouds.choose(None, None) == clouds.Cloud("iotcloud", "eu-west-1", None)


def test_aws_when_the_local_cloud_was_killed_and_left_its_file(place: Place) -> None:
    stack_file.write(place, "http://api.example", None, {})
    place.lock_file.write_text("4711")
    assert clouds.choose(None, None) == clouds.Cloud("iotcloud", "eu-west-1", None)


@pytest.mark.usefixtures("place")
def test_an_endpoint_of_the_environment_is_told() -> None:
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    assert str(clouds.choose("other", None)) == "acting on the stack other at http://127.0.0.1:9"


@pytest.mark.usefixtures("place")
def test_without_a_region_it_is_unknown() -> None:
    del os.environ["AWS_REGION"]
    assert clouds.choose(None, None).region is None
    assert str(clouds.choose(None, None)) == "acting on the stack iotcloud at AWS, Region unknown"
