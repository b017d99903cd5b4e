"""The firmware catalogue: listing, lookup and additions."""

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.firmware import model
from iotcloud.firmware.model import (
    Catalogue,
    CatalogueFull,
    FirmwareNotFound,
    VersionPublished,
    checked_description,
    checked_image,
    checked_model,
    make_location,
)
from tests.unit.firmware.releases import make_release

OLD, NEW, NEXT = make_release("0.9"), make_release("0.10"), make_release("1.0-rc.1")
CATALOGUE = Catalogue((NEW, OLD, NEXT, make_release("7.0", "esp32")))


def test_releases_of_a_model_are_offered_newest_first() -> None:
    assert CATALOGUE.offered("ft900") == [NEXT, NEW, OLD]
    assert CATALOGUE.offered("none") == []
    assert CATALOGUE.models == ["esp32", "ft900"]


def test_the_latest_is_no_prerelease_unless_there_is_nothing_else() -> None:
    assert CATALOGUE.latest("ft900") == NEW
    assert Catalogue((NEXT,)).latest("ft900") == NEXT
    with pytest.raises(FirmwareNotFound):
        CATALOGUE.latest("none")


def test_a_release_is_found_by_its_version_however_that_is_written() -> None:
    assert CATALOGUE.find("ft900", "0.10.0") == NEW


@pytest.mark.parametrize(("of_model", "version"), [("esp32", "0.10"), ("ft900", "0.11"), ("ft900", "x"), ("", "0.10")])
def test_a_release_that_is_not_there_is_not_found(of_model: str, version: str) -> None:
    with pytest.raises(FirmwareNotFound):
        CATALOGUE.find(of_model, version)


def test_a_withdrawn_release_is_not_offered_and_its_version_stays_taken() -> None:
    without = CATALOGUE.without(NEW)

    assert without.latest("ft900") == OLD
    assert without.find_location(NEW.location) is None
    with pytest.raises(FirmwareNotFound):
        without.find("ft900", "0.10")
    with pytest.raises(VersionPublished):
        without.with_release(make_release("0.10"))


def test_a_version_is_published_once_for_each_model() -> None:
    assert CATALOGUE.with_release(make_release("0.10", "esp32")).find("esp32", "0.10").model == "esp32"
    with pytest.raises(VersionPublished):
        CATALOGUE.with_release(make_release("0.10.0"))


def test_the_catalogue_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MAX_RELEASES", len(CATALOGUE.releases))

    with pytest.raises(CatalogueFull):
        CATALOGUE.with_release(make_release("3.0"))


def test_the_manifest_names_what_a_device_checks() -> None:
    release = make_release("0.2", size=5, sha256="ab" * 32, minimum="0.1")

    assert release.manifest.decode().splitlines() == [
        "iotcloud-firmware 1", "model ft900", "version 0.2", "size 5", f"sha256 {'ab' * 32}", "minimum 0.1",
    ]  # fmt: skip
    assert b"minimum -\n" in make_release().manifest


@pytest.mark.parametrize("size", [0, model.MAX_IMAGE_BYTES + 1])
def test_an_image_is_neither_empty_nor_too_large(size: int) -> None:
    with pytest.raises(InvalidInput):
        checked_image(bytes(size))


def test_an_image_may_be_as_large_as_the_limit() -> None:
    assert len(checked_image(bytes(model.MAX_IMAGE_BYTES))) == model.MAX_IMAGE_BYTES


@pytest.mark.parametrize("name", ["", "FT900", "a/b", "..", "a b", "x" * 33, "-a", "ä"])
def test_a_model_is_one_segment_of_a_path(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_model(name)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "x" * 33, "_a", "a.b"])
def test_the_name_of_a_file_is_one_segment_of_a_path(name: str) -> None:
    with pytest.raises(InvalidInput):
        make_location("ft900", name, "0.2", "0" * 64)


def test_other_bytes_of_the_same_version_lie_elsewhere() -> None:
    assert make_location("ft900", "modem", "0.2", "ab" * 32) == "ft900/modem_0.2_abababab.bin"
    assert make_location("ft900", "modem", "0.2+x", "cd" * 32) == "ft900/modem_0.2_cdcdcdcd.bin"


@pytest.mark.parametrize("lines", [["x"] * 21, ["x" * 201], [""], [" "], ["a\nb"]])
def test_a_description_is_bounded(lines: list[str]) -> None:
    with pytest.raises(InvalidInput):
        checked_description(lines)
