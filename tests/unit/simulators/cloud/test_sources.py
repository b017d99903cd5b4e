"""Detection of changes to deploy."""

from pathlib import Path

import pytest

from simulators.cloud import sources
from simulators.cloud.instance import Place

PARAMETERS = {"MqttPort": "8883"}
STACK = {"StackId": "an id", "StackStatus": "CREATE_COMPLETE", "LastUpdatedTime": "today"}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    project = tmp_path / "project"
    for name in (
        "template.yaml",
        "api/app.py",
        "tests/test_app.py",
        "README.md",
        ".venv/lib.py",
        "api/__pycache__/app.pyc",
    ):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("before")
    return Place(folder=tmp_path, template=project / "template.yaml")


@pytest.mark.parametrize("name", ["template.yaml", "api/app.py", "api/new.py"])
def test_a_changed_or_new_source_changes_the_digest(place: Place, name: str) -> None:
    before = sources.digest(place, PARAMETERS)
    (place.template.parent / name).write_text("after")
    assert sources.digest(place, PARAMETERS) != before


@pytest.mark.parametrize("name", ["tests/test_app.py", "README.md", ".venv/lib.py", "api/__pycache__/app.pyc"])
def test_what_is_never_deployed_does_not(place: Place, name: str) -> None:
    before = sources.digest(place, PARAMETERS)
    (place.template.parent / name).write_text("after")
    assert sources.digest(place, PARAMETERS) == before


def test_a_renamed_source_changes_the_digest(place: Place) -> None:
    before = sources.digest(place, PARAMETERS)
    (place.template.parent / "api/app.py").rename(place.template.parent / "api/main.py")
    assert sources.digest(place, PARAMETERS) != before


def test_another_parameter_changes_the_digest(place: Place) -> None:
    before = sources.digest(place, PARAMETERS)
    assert sources.digest(place, {"MqttPort": "8884"}) != before
    assert sources.digest(place, dict(PARAMETERS)) == before


def test_what_was_remembered_is_deployed(place: Place) -> None:
    sources.remember(place, "a digest", STACK)
    assert sources.are_deployed(place, "a digest", STACK)


@pytest.mark.parametrize(
    ("digest", "stack"),
    [
        ("another digest", STACK),
        ("a digest", {**STACK, "LastUpdatedTime": "tomorrow"}),
        ("a digest", {**STACK, "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}),
    ],
)
def test_other_sources_or_another_state_of_the_stack_are_not(place: Place, digest: str, stack: dict[str, str]) -> None:
    sources.remember(place, "a digest", STACK)
    assert not sources.are_deployed(place, digest, stack)


def test_nothing_is_deployed_at_first(place: Place) -> None:
    assert not sources.are_deployed(place, "a digest", STACK)


def test_an_unreadable_note_counts_as_none(place: Place) -> None:
    place.deployed_file.write_text("{")
    assert not sources.are_deployed(place, "a digest", STACK)
