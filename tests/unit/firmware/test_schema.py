"""The catalogue as an object, and in the response of 11C."""

import json
from typing import Any

import pytest

from iotcloud.errors import DocumentUnavailable
from iotcloud.firmware.model import Catalogue
from iotcloud.firmware.schema import FirmwareUpdatesAnswer, KeptCatalogue
from tests.unit.firmware.releases import make_release

CATALOGUE = Catalogue((make_release("0.1"), make_release("0.2"), make_release("0.3", is_withdrawn=True)))
GOOD: dict[str, Any] = json.loads(KeptCatalogue.write(CATALOGUE))


def broken(**members: object) -> bytes:
    """The good object with some members of its first release changed."""
    first, *others = GOOD["releases"]
    return json.dumps({**GOOD, "releases": [{**first, **members}, *others]}).encode()


def test_a_catalogue_is_read_as_it_was_written() -> None:
    assert KeptCatalogue.read(KeptCatalogue.write(CATALOGUE)) == CATALOGUE


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format": 2}',
        b'{"releases": 5}',
        broken(version="x"),
        broken(version="0.2.0"),
        broken(minimum="x"),
        broken(model="../x"),
        broken(location="ft900/../../x"),
        broken(location="/x"),
        broken(size=0),
        broken(size=2**40),
        broken(checksum=-1),
        broken(sha256="x"),
        broken(published_at="x"),
        broken(more=1),
    ],
)
def test_a_broken_catalogue_is_refused_whole(text: bytes) -> None:
    with pytest.raises(DocumentUnavailable):
        KeptCatalogue.read(text)


def test_11c_answers_the_contracts_document() -> None:
    document = FirmwareUpdatesAnswer.from_model(CATALOGUE).model_dump(mode="json")["document"]

    assert document["ft900"]["latest"] == "0.2"
    assert [one["version"] for one in document["ft900"]["firmware"]] == ["0.2", "0.1"]
    newest = document["ft900"]["firmware"][0]
    assert {name: newest[name] for name in ("date", "location", "size", "checksum", "description")} == {
        "date": "2026/11/25",
        "location": "ft900/modem_0.2_00000000.bin",
        "size": 180_224,
        "checksum": 305_419_896,
        "description": ["New: all"],
    }


def test_11c_answers_an_empty_document_before_the_first_release() -> None:
    assert FirmwareUpdatesAnswer.from_model(Catalogue()).document == {}
