"""The commands in the documentation exist; tests/e2e/test_how_to.py runs them."""

import re
from pathlib import Path

import pytest

from simulators.cloud.instance import ROOT
from simulators.devices.fleet import command_line as fleet
from simulators.devices.python import command_line as device
from tests.pages import PYTHON, SECOND_TERMINAL, SH, blocks

HOW_TO = sorted((ROOT / "docs/how-to").glob("*.md"))
READ = [*HOW_TO, *(ROOT / "docs/reference").glob("*.md"), ROOT / "docs/benchmarks.md", *ROOT.glob("*.md")]
SHOWN = ("console", "json", "text")


@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_each_block_of_a_how_to_says_what_it_is(page: Path) -> None:
    kinds = {block.kind for block in blocks(page)}
    assert kinds <= {SH, SECOND_TERMINAL, PYTHON, *SHOWN}


def test_pages_on_the_local_cloud_have_blocks_that_a_test_runs() -> None:
    run = {page.stem for page in HOW_TO if any(block.kind == SECOND_TERMINAL for block in blocks(page))}
    assert run == {"connect-a-device", "simulate-a-device"}


def test_python_blocks_are_saved_where_the_line_before_says() -> None:
    saved = [block.saved_as for page in HOW_TO for block in blocks(page) if block.kind == PYTHON]
    assert saved == [".local/my-device/my_device.py"]


@pytest.mark.parametrize("page", READ, ids=lambda page: page.stem)
def test_modules_are_run_by_the_project_s_own_python(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    runs = re.findall(r"(\S*)python3? -m [\w.]+", text)
    assert set(runs) <= {".venv/bin/", "`.venv/bin/"}


def test_options_that_a_how_to_names_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for parse in (device.parse, fleet.parse):
        with pytest.raises(SystemExit, match="0"):
            parse(["--help"])
    option = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
    known = set(option.findall(capsys.readouterr().out))
    named = set(option.findall((ROOT / "docs/how-to/simulate-a-device.md").read_text(encoding="utf-8")))
    assert named - known == set()
    assert "--values" in named
