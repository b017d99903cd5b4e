"""For any input, the board does not fail and does not reply to invalid commands."""

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.devices.python.board import Board, BoardOptions
from simulators.devices.python.effects import Reply

APIS = [
    *("get_status", "set_status", "set_settings", "set_uart_prop", "enable_uart", "set_gpio_prop", "enable_gpio"),
    *("set_gpio_voltage", "get_i2c_devs", "set_i2c_dev_prop", "enable_i2c_dev", "set_tprobe_dev_prop"),
    *("rcv_configuration", "rcv_sensor_reading", "rcv_firmware", "beg_ota", "recv_notification", "status_notification"),
]  # fmt: skip
NAMES = [
    *("status", "sensorrate", "number", "enable", "address", "class", "subclass", "direction", "mode", "voltage"),
    *("uart", "gpio", "i2c", "adc", "tprobe", "attributes", "sensors", "value", "bin"),
    *("location", "offset", "size", "version", "hardware", "color", "usage", "format", "endpoint"),
    *("text", "subattributes", "range"),
]  # fmt: skip
leaves = st.none() | st.booleans() | st.integers(-2, 300) | st.floats(allow_nan=False) | st.text(max_size=4)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(APIS), anything), max_size=8))
def test_board_survives_any_json(messages: list[tuple[str, Any]]) -> None:
    board = Board(BoardOptions(boot_seconds=0, asks_configuration=False), Random(1))
    board.connect(0)
    board.advance(0)
    board.subscribe_done(0)
    for second, (api, payload) in enumerate(messages, start=1):
        effects = board.receive(api, json.dumps(payload).encode(), second)
        if not isinstance(payload, dict):
            assert not any(isinstance(effect, Reply) for effect in effects)
        for effect in board.advance(second + 0.5):
            json.dumps(getattr(effect, "payload", {}))


@given(st.sampled_from(APIS), st.binary(max_size=40))
def test_board_survives_any_bytes(api: str, message: bytes) -> None:
    board = Board(BoardOptions(), Random(1))
    board.receive(api, message, 0)
