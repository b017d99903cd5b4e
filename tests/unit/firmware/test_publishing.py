"""Publishing and withdrawing: signing, upload and listing, in order, and with concurrent publishers."""

import zlib
from base64 import b64decode
from hashlib import sha256

import pytest

from iotcloud.errors import DependencyFailed, InvalidInput
from iotcloud.firmware.model import Catalogue, FirmwareNotFound, VersionPublished
from iotcloud.firmware.publishing import ATTEMPTS, PublishingService
from tests.fakes.firmware import FakeCatalogue, LocalSigner, verify
from tests.unit.firmware.releases import NOON, make_release

IMAGE = b"an image" * 100


class Bench:
    def __init__(self) -> None:
        self.bucket, self.signer = FakeCatalogue(), LocalSigner()
        self.service = PublishingService(self.bucket, self.bucket, self.signer, lambda: NOON)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_publish_computes_signs_uploads_and_lists(bench: Bench) -> None:
    release = bench.service.publish(IMAGE, "ft900", "0.2", name="modem", minimum="0.1", description=["New: all"])

    assert (release.size, release.checksum, release.sha256) == (800, zlib.crc32(IMAGE), sha256(IMAGE).hexdigest())
    assert (release.minimum, release.description, release.published_at) == ("0.1", ("New: all",), NOON)
    assert release.key == bench.signer.key
    verify(bench.signer.public_key, b64decode(release.signature), release.manifest)
    assert bench.bucket.images == {release.location: IMAGE}
    assert bench.bucket.catalogue.find("ft900", "0.2") == release


def test_publish_refuses_a_version_that_is_there_and_uploads_nothing(bench: Bench) -> None:
    bench.service.publish(IMAGE, "ft900", "0.2")
    before = dict(bench.bucket.images)

    with pytest.raises(VersionPublished):
        bench.service.publish(b"other", "ft900", "0.2.0")

    assert bench.bucket.images == before


@pytest.mark.parametrize(
    ("image", "model", "version", "minimum"),
    [
        (b"", "ft900", "0.2", ""),
        (b"x", "../ft900", "0.2", ""),
        (b"x", "ft900", "latest", ""),
        (b"x", "ft900", "0.2", "oldest"),
    ],
)
def test_publish_refuses_bad_input_and_uploads_nothing(
    bench: Bench, image: bytes, model: str, version: str, minimum: str
) -> None:
    with pytest.raises(InvalidInput):
        bench.service.publish(image, model, version, minimum=minimum)

    assert (bench.bucket.images, bench.bucket.catalogue) == ({}, Catalogue())


def test_publish_keeps_what_others_publish_at_the_same_time(bench: Bench) -> None:
    bench.bucket.others = [Catalogue((make_release("0.3"),))]

    bench.service.publish(IMAGE, "ft900", "0.2")

    assert [one.version for one in bench.bucket.catalogue.offered("ft900")] == ["0.3", "0.2"]


def test_publish_loses_against_another_publisher_of_the_same_version(bench: Bench) -> None:
    others = make_release("0.2")
    bench.bucket.others = [Catalogue((others,))]

    with pytest.raises(VersionPublished):
        bench.service.publish(IMAGE, "ft900", "0.2")

    assert bench.bucket.catalogue.releases == (others,)


def test_publish_gives_up_when_the_catalogue_never_rests(bench: Bench) -> None:
    bench.bucket.others = [Catalogue()] * ATTEMPTS

    with pytest.raises(DependencyFailed):
        bench.service.publish(IMAGE, "ft900", "0.2")


def test_withdraw_takes_the_release_out_and_deletes_its_image(bench: Bench) -> None:
    bench.service.publish(IMAGE, "ft900", "0.2")

    bench.service.withdraw("ft900", "0.2")

    assert bench.bucket.images == {}
    assert bench.bucket.catalogue.models == []
    with pytest.raises(FirmwareNotFound):
        bench.service.withdraw("ft900", "0.2")
    with pytest.raises(VersionPublished):
        bench.service.publish(IMAGE, "ft900", "0.2")
