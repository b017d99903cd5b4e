"""Firmware on the local cloud: published by the command, listed by the API, and served by the site."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from admin.firmware.signer import KmsSigner
from iotcloud.adapters.firmware_catalogue import S3FirmwareCatalogue
from iotcloud.clock import utc_now
from iotcloud.firmware.model import DEFAULT_MODEL, Release, VersionPublished
from iotcloud.firmware.publishing import PublishingService
from simulators.cloud.instance import ROOT
from tests.e2e.patience import eventually
from tests.e2e.people import NewPerson, Person, RegisteredDevice, RunDevice, Stack


@pytest.fixture
def publishing(stack: Stack, aws: Callable[[str], Any]) -> PublishingService:
    """Return the publisher of the command."""
    s3, outputs = aws("s3"), stack["outputs"]
    catalogue = S3FirmwareCatalogue(lambda: s3, outputs["FirmwareBucketName"])
    return PublishingService(catalogue, catalogue, KmsSigner(aws("kms"), outputs["FirmwareKeyId"]), utc_now)


def new_model() -> str:
    """Name a model that no other test publishes for."""
    return f"m{uuid4().hex[:10]}"


def fetch(url: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
    """Get a file as a device does, without following anything."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, dict(refused.headers), refused.read()


def test_what_is_published_is_listed_and_served_until_it_is_withdrawn(
    stack: Stack, person: Person, publishing: PublishingService
) -> None:
    model, image = new_model(), Random(1).randbytes(5000)
    release: Release = publishing.publish(image, model, "0.2", name="modem")
    listed = person.api.must("GET", "/others/firmwareupdates")["document"][model]
    url = f"{stack['site_url']}/firmware/{release.location}"

    assert (listed["latest"], listed["firmware"][0]["location"]) == ("0.2", release.location)
    status, headers, body = fetch(url, {"Connection": "keep-alive", "Accept-Encoding": "gzip"})
    assert (status, body) == (200, image)
    assert headers["Content-Length"] == "5000"
    assert not {"Transfer-Encoding", "Content-Encoding"} & set(headers)
    assert fetch(url, {"Range": "bytes=4990-"})[::2] == (206, image[4990:])

    publishing.withdraw(model, "0.2")

    assert model not in person.api.must("GET", "/others/firmwareupdates")["document"]
    assert fetch(url)[0] == 403


def test_the_site_serves_images_and_the_api_and_nothing_else(stack: Stack) -> None:
    for path in (
        "/firmware/",
        "/firmware/ft900",
        "/firmware/a/b/c",
        "/firmware/a/%2e%2e",
        "/firmware/A/b",
    ):
        assert fetch(stack["site_url"] + path)[0] == 404, path
    assert fetch(stack["site_url"] + "/api/others/firmwareupdates")[0] == 401


def test_the_command_publishes_on_the_running_cloud_only_with_its_rights(stack: Stack, tmp_path: Path) -> None:
    """The command finds a local cloud of `make up` by itself; here the endpoint is given explicitly."""
    image = tmp_path / "image.bin"
    image.write_bytes(b"image")
    words = ["--stack-name", stack["stack_name"], "--region", stack["region"]]
    publish = ["publish", str(image), "--model", new_model(), "--version", "0.1"]
    surroundings = {"AWS_ENDPOINT_URL": stack["endpoint_url"], "PATH": "/usr/bin:/bin"}

    def run(key: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "admin.firmware", *words, *publish],
            cwd=ROOT,
            env={**surroundings, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": key},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    stranger, administrator = run("AKIAIOSFODNN7EXAMPLE"), run("test")

    assert stranger.returncode == 1, stranger.stdout
    assert administrator.returncode == 0, administrator.stderr
    assert "signed by" in administrator.stdout


@pytest.fixture(scope="module")
def images() -> tuple[bytes, bytes]:
    """Give two images of some kilobytes."""
    chance = Random(2)
    return chance.randbytes(20_000), chance.randbytes(3_000)


def published_for(publishing: PublishingService, image: bytes, version: str) -> Release:
    """Publish an image of the model that devices are which tell none; versions of other tests are left alone."""
    try:
        return publishing.publish(image, DEFAULT_MODEL, version)
    except VersionPublished:
        return publishing.catalogue.read().find(DEFAULT_MODEL, version)


def result_of(device: RegisteredDevice) -> dict[str, Any]:
    return device.owner.api.must("GET", f"{device.path}/firmware")


@pytest.mark.parametrize("kind", ["python", "nodejs"])
@pytest.mark.parametrize("way", ["mqtt", "https"])
def test_a_device_updates_and_says_what_it_runs(
    stack: Stack,
    device: RegisteredDevice,
    run_device: RunDevice,
    publishing: PublishingService,
    images: tuple[bytes, bytes],
    kind: str,
    way: str,
) -> None:
    release = published_for(publishing, images[0], "0.7.1")
    options = ["--firmware-url", f"{stack['site_url']}/firmware"] if way == "https" else ["--chunk-bytes", "1024"]
    run_device(device, *options, kind=kind)
    assert result_of(device)["state"] == "none"

    device.owner.api.must("POST", f"{device.path}/firmware", {"version": release.version})
    again = device.owner.api.call("POST", f"{device.path}/firmware", {"version": release.version})

    ended = eventually(lambda: result_of(device), lambda answer: answer["result"] != "ongoing")
    assert (ended["result"], ended["version"]) == ("successful", "0.7.1")
    assert again[0] in (200, 409)
    assert device.owner.api.must("GET", f"{device.path}/status")["value"]["version"] == "0.7.1"


def test_a_device_that_is_away_is_updated_when_it_is_back(
    device: RegisteredDevice,
    run_device: RunDevice,
    publishing: PublishingService,
    images: tuple[bytes, bytes],
) -> None:
    release = published_for(publishing, images[1], "0.7.2")
    path = f"{device.path}/firmware"

    status, answer = device.owner.api.call("POST", path, {"version": release.version})
    assert (status, answer["message"]) == (503, "Device is unreachable; it is updated when it is back")
    assert result_of(device)["state"] == "pending"

    run_device(device, "--chunk-bytes", "1024")

    ended = eventually(lambda: result_of(device), lambda one: one["result"] != "ongoing")
    assert (ended["result"], ended["version"]) == ("successful", "0.7.2")


def test_what_cannot_be_is_refused(device: RegisteredDevice, new_person: NewPerson) -> None:
    path, stranger = f"{device.path}/firmware", new_person()
    assert device.owner.api.call("POST", path, {"version": "99.99"})[0] == 404
    assert device.owner.api.call("POST", path, {"version": 5})[0] == 400
    assert device.owner.api.call("POST", path, {"version": ""})[0] == 400
    assert stranger.api.call("POST", path, {})[0] == 404
    assert device.owner.api.call("DELETE", path)[0] == 200
