"""Lines of the simulated world, and those of the serial port."""

from random import Random

import pytest

from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.effects import Publish, Say
from simulators.devices.python.keyboard import Keyboard, NotUnderstood


@pytest.fixture
def keyboard() -> Keyboard:
    board = Board(BoardOptions(boot_seconds=0, asks_configuration=False), Random(1))
    board.subscribe_done(0)
    return Keyboard(board)


def test_world_sets_pins_and_values(keyboard: Keyboard) -> None:
    keyboard.board.receive("enable_gpio", b'{"enable": 1, "number": 2}', 0)
    assert keyboard.type_line("gpio 2 high", 0) == [Publish("trigger_notification/gpio2/default", {"activate": 1})]
    keyboard.board.receive("set_adc_dev_prop", b'{"class": 6, "number": 1}', 0)
    keyboard.board.receive("enable_adc_dev", b'{"enable": 1, "number": 1}', 0)
    assert keyboard.type_line("value adc1 3.5", 0) == []
    reading = {"sensors": {"adc1": [{"value": 3.5, "class": 6}]}}
    assert keyboard.board.advance(5) == [Publish("sensor_reading", reading)]
    assert keyboard.type_line("value adc1 free", 5) == []
    assert keyboard.board.advance(10) != [Publish("sensor_reading", reading)]


def test_everything_else_goes_to_the_serial_port(keyboard: Keyboard) -> None:
    assert keyboard.type_line("AT", 0) == [Say("status running")]
    assert keyboard.type_line("", 0) == []


@pytest.mark.parametrize("line", ["gpio", "gpio 5 high", "gpio 1 up", "value adc1", "value adc1 warm", "value"])
def test_incomplete_line_is_explained(keyboard: Keyboard, line: str) -> None:
    with pytest.raises(NotUnderstood, match=r"e\.g\."):
        keyboard.type_line(line, 0)
