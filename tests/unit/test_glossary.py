"""Words of docs/glossary.md that no identifier may contain, because the field has another word for the thing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("admin", "api", "functions", "infrastructure", "layers/iotcloud")
WORDS = {
    "exchanges": "command leases",
    "forgetting": "resets",
    "house": "the name of what it is",
    "judgement": "threshold state",
    "listener": "inactivity check",
    "rehearsal": "backtest",
    "rehearse": "backtest",
    "rememberer": "state updater",
    "remembering": "state",
    "silence": "inactivity",
    "silent": "inactive",
    "surroundings": "environment",
    "watches": "rules",
    "watching": "evaluation",
}


def words_of(identifier: str) -> set[str]:
    """Split `SilenceCheck` or `silence_check` into its words, in lower case."""
    spaced = "".join(f" {one}" if one.isupper() else one for one in identifier).replace("_", " ")
    return set(spaced.lower().split())


def identifiers(file: Path) -> Iterator[str]:
    """Yield the file's own name, and every name that it defines, uses or passes."""
    yield file.stem
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_identifier_has_a_word_that_the_glossary_replaced(folder: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}: {name} has {word!r}: write {WORDS[word]!r}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for name in sorted(set(identifiers(file)))
        for word in sorted(words_of(name) & WORDS.keys())
    ]

    assert found == []


@pytest.mark.parametrize(
    ("identifier", "word"), [("SilenceCheck", "silence"), ("_house", "house"), ("is_silent", "silent")]
)
def test_a_replaced_word_is_found_in_every_spelling(identifier: str, word: str) -> None:
    assert word in words_of(identifier)
