"""The order of versions, by the examples of Semantic Versioning 2.0.0, and what is no version."""

from itertools import pairwise

import pytest

from iotcloud.errors import InvalidInput
from iotcloud.firmware.versions import Version, is_newer

IN_ORDER = [
    "0.1", "0.2-rc.1", "0.2", "0.10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "2", "10.0.0",
]  # fmt: skip


@pytest.mark.parametrize(("older", "newer"), list(pairwise(IN_ORDER)))
def test_versions_are_ordered_as_semantic_versioning_says(older: str, newer: str) -> None:
    assert Version(older) < Version(newer)
    assert Version(newer) > Version(older)
    assert is_newer(newer, older)
    assert is_newer(older, newer) is False


@pytest.mark.parametrize(("one", "other"), [("0.2", "0.2.0"), ("1", "1.0.0"), ("1.0.0+a", "1.0.0+b")])
def test_versions_of_one_rank_are_the_same(one: str, other: str) -> None:
    assert Version(one) == Version(other)
    assert hash(Version(one)) == hash(Version(other))
    assert is_newer(one, other) is False


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "01.2",
        "1.2.3.4",
        "1..2",
        "1.2-",
        "1.2-a..b",
        "-1",
        "1.2.3 ",
        "1.2\n",
        "٣.1",
        "1/2",
        "9" * 10,
        "1." + "2" * 99,
    ],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Version(text)
    assert is_newer(text, "1.0") is None
    assert is_newer("1.0", text) is None


def test_a_version_that_was_never_told_is_neither_older_nor_newer() -> None:
    assert is_newer("1.0", None) is None


@pytest.mark.parametrize(("text", "is_prerelease"), [("1.0-rc.1", True), ("1.0", False), ("1.0+a-b", False)])
def test_a_prerelease_is_told_from_a_release(text: str, is_prerelease: bool) -> None:
    assert Version(text).is_prerelease is is_prerelease
