"""The catalogue in its bucket, the key in KMS, and the commands on both (moto)."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from admin import clouds
from admin.firmware import __main__ as commands
from admin.firmware.signer import KmsSigner
from iotcloud.adapters.firmware_catalogue import CATALOGUE, FOLDER, S3FirmwareCatalogue
from iotcloud.errors import DependencyFailed, DocumentUnavailable
from iotcloud.firmware.model import Catalogue
from tests.fakes.access_tokens import FakeTokens
from tests.fakes.api import call_api
from tests.fakes.firmware import verify
from tests.integration.platform import running_platform
from tests.unit.firmware.releases import make_release

REGION = "eu-west-1"
ONE = Catalogue((make_release("0.1"),))
TWO = ONE.with_release(make_release("0.2"))


@pytest.fixture
def s3(environment: dict[str, str]) -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="firmware", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield s3


@pytest.fixture
def catalogue(s3: Any) -> S3FirmwareCatalogue:
    return S3FirmwareCatalogue(lambda: s3, "firmware")


def test_a_catalogue_is_empty_before_the_first_release(catalogue: S3FirmwareCatalogue) -> None:
    assert catalogue.read_for_change() == (Catalogue(), "")


def test_a_catalogue_is_replaced_as_long_as_nobody_else_did(catalogue: S3FirmwareCatalogue) -> None:
    assert catalogue.replace(ONE, "")
    read, mark = catalogue.read_for_change()
    assert read == ONE

    assert catalogue.replace(TWO, mark)
    assert not catalogue.replace(ONE, mark)
    assert not catalogue.replace(ONE, "")
    assert catalogue.read() == TWO


def test_a_broken_catalogue_is_unavailable(catalogue: S3FirmwareCatalogue, s3: Any) -> None:
    s3.put_object(Bucket="firmware", Key=CATALOGUE, Body=b"{")

    with pytest.raises(DocumentUnavailable):
        catalogue.read()


def test_an_image_comes_and_goes(catalogue: S3FirmwareCatalogue, s3: Any) -> None:
    catalogue.put("ft900/x.bin", b"image")

    assert s3.get_object(Bucket="firmware", Key=f"{FOLDER}/ft900/x.bin")["Body"].read() == b"image"

    catalogue.delete("ft900/x.bin")
    catalogue.delete("ft900/x.bin")

    assert "Contents" not in s3.list_objects_v2(Bucket="firmware")


@pytest.mark.usefixtures("s3")
def test_a_bucket_out_of_reach_is_a_failed_dependency() -> None:
    client = boto3.client("s3", region_name=REGION)
    gone = S3FirmwareCatalogue(lambda: client, "gone")

    with pytest.raises(DocumentUnavailable):
        gone.read()
    with pytest.raises(DependencyFailed):
        gone.replace(ONE, "")
    with pytest.raises(DependencyFailed):
        gone.put("ft900/x.bin", b"image")
    with pytest.raises(DependencyFailed):
        gone.delete("ft900/x.bin")


def test_11c_answers_what_is_in_the_bucket() -> None:
    with running_platform() as wired:
        bucket = wired.settings.firmware_bucket
        empty = call_api("GET", "/others/firmwareupdates", token=FakeTokens.issue("ann"))
        wired.clients.firmware_catalogue.replace(TWO, "")
        full = call_api("GET", "/others/firmwareupdates", token=FakeTokens.issue("ann"))
        boto3.client("s3", region_name=REGION).put_object(Bucket=bucket, Key=CATALOGUE, Body=b'{"releases": [{}]}')
        broken = call_api("GET", "/others/firmwareupdates", token=FakeTokens.issue("ann"))

    assert (empty.status, empty.body["document"]) == (200, {})
    assert (full.status, full.body["document"]["ft900"]["latest"]) == (200, "0.2")
    assert (broken.status, broken.body["message"]) == (500, "Could not retrieve JSON document")


class Commands:
    """The commands on a stack of moto's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, s3: Any, folder: Path) -> None:
        self.kms = boto3.client("kms", region_name=REGION)
        self.key_id = self.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        self.catalogue = S3FirmwareCatalogue(lambda: s3, "firmware")
        self.image = folder / "modem.bin"
        self.image.write_bytes(b"image" * 50)
        monkeypatch.setattr(clouds, "choose", lambda *_: clouds.Cloud("iotcloud", REGION, None))
        monkeypatch.setattr(commands, "connect", lambda _: (self.catalogue, KmsSigner(self.kms, self.key_id)))

    def run(self, words: str) -> int:
        return commands.main([str(self.image) if word == "IMAGE" else word for word in words.split()])


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, s3: Any, tmp_path: Path) -> Commands:
    return Commands(monkeypatch, s3, tmp_path)


def test_the_command_publishes_with_a_signature_of_the_key(
    command: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run("publish IMAGE --model ft900 --version 0.2 --name modem --note Fixed") == 0
    capsys.readouterr()
    assert command.run("public-key") == 0

    shown = json.loads(capsys.readouterr().out)
    release = command.catalogue.read().find("ft900", "0.2")
    assert shown["key"] == release.key
    verify(b64decode(shown["public_key"]), b64decode(release.signature), release.manifest)


def test_the_command_tells_why_it_publishes_nothing(command: Commands, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run("publish IMAGE --model ft900 --version 0.2") == 0
    assert command.run("publish IMAGE --model ft900 --version 0.2.0") == 1
    assert command.run("publish IMAGE --model ft900 --version newest") == 1
    command.image.write_bytes(b"")
    assert command.run("publish IMAGE --model ft900 --version 0.3") == 1
    command.image.unlink()
    assert command.run("publish IMAGE --model ft900 --version 0.3") == 1

    told = capsys.readouterr().err
    for reason in ("Version is already published", "version: numbers as in", "image: 1 to", "FileNotFoundError"):
        assert reason in told


def test_the_command_withdraws_and_lists(command: Commands, capsys: pytest.CaptureFixture[str]) -> None:
    command.run("publish IMAGE --model ft900 --version 0.1")
    command.run("publish IMAGE --model ft900 --version 0.2")
    assert command.run("withdraw --model ft900 --version 0.2") == 0
    assert command.run("withdraw --model ft900 --version 0.2") == 1
    capsys.readouterr()

    command.run("list")

    first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["ft900", "0.1"]
    assert second.split()[1] == "0.2"
    assert second.endswith("withdrawn")


def test_a_key_that_cannot_sign_is_a_failed_dependency(command: Commands) -> None:
    signer = KmsSigner(command.kms, "00000000-0000-0000-0000-000000000000")

    with pytest.raises(DependencyFailed):
        signer.sign(b"manifest")
    with pytest.raises(DependencyFailed):
        _ = signer.key
