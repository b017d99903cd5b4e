"""Following a growing file."""

from pathlib import Path

from simulators.cloud.tail import lines_of


def test_lines_written_after_the_start_come_whole_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("before\n")
    steps = iter(["first\nsec", "ond\n", ""])

    def write_more() -> bool:
        text = next(steps, None)
        if text:
            with path.open("a") as file:
                file.write(text)
        return text is not None

    assert list(lines_of(path, write_more)) == ["first", "second"]


def test_a_file_that_was_emptied_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a long line of the last run\n")
    steps = iter([lambda: path.write_text(""), lambda: path.write_text("new\n"), lambda: None, lambda: None])

    def act() -> bool:
        step = next(steps, None)
        if step:
            step()
        return step is not None

    assert list(lines_of(path, act)) == ["new"]
