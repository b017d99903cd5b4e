"""The limits of device input."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iotcloud.device_input import MAX_DEPTH, UnusableInput, is_encodable, read_object

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), JSON, max_size=4))
def test_what_is_within_the_bounds_is_read_as_it_is(members: dict[str, object]) -> None:
    assert read_object(json.dumps(members).encode()) == members


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not JSON"),
        (b"nonsense", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an object"),
        (b"7", "not an object"),
        (b'{"a": 1e400}', "out of range"),
        (b'{"a": [-1e999]}', "out of range"),
        (b'{"a": NaN}', "out of range"),
        (b'{"a": -Infinity}', "out of range"),
        (b'{"a": 1' + b"0" * 310 + b"}", "out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "out of range"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": {"b": ["\\udfff x"]}}', "surrogate"),
        (b'{"\\ud83d": 1}', "surrogate"),
        (nested(MAX_DEPTH + 1).encode(), "nested"),
    ],
)
def test_what_is_beyond_is_refused_with_a_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(UnusableInput, match=reason):
        read_object(payload)


def test_the_deepest_that_is_allowed_is_read() -> None:
    assert read_object(nested(MAX_DEPTH))


def test_a_number_out_of_range_can_be_skipped_alone() -> None:
    payload = b'{"a": 1e400, "b": 2, "c": NaN, "d": ' + b"9" * 400 + b"}"

    assert read_object(payload, skips_numbers=True) == {"a": None, "b": 2, "c": None, "d": None}


@given(st.binary(max_size=200))
def test_nothing_else_is_raised_and_all_that_is_read_can_be_written(payload: bytes) -> None:
    with suppress(UnusableInput):
        json.dumps(read_object(payload), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("text", "read"), [("1.0", 1), ("-0.0", 0), ("1e2", 100), ("1.5", 1.5), ("7", 7), ("1e300", 1e300), ("1e-9", 1e-9)]
)
def test_whole_numbers_may_be_written_with_a_point(text: str, read: float) -> None:
    value = read_object(f'{{"a": {text}}}', whole_floats=True)["a"]

    assert (value, type(value)) == (read, type(read))


def test_texts_that_can_be_encoded() -> None:
    assert is_encodable("caf\u00e9 \U0001f600")
    assert not is_encodable("\ud83d")
