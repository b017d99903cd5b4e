"""A simulated device with a boot loader: what it refuses, what it tries, and how it comes back."""

from dataclasses import replace
from typing import Any

import pytest

from simulators.devices.python.board import BoardOptions
from simulators.devices.python.images import Image, TrustedKeys, make_image, version_key
from simulators.devices.python.secure_updates import CONTACT_SECONDS
from tests.fakes.firmware import LocalSigner
from tests.unit.simulators.update_server import KEYS, SIGNER, Line, announce

OPTIONS = BoardOptions(firmware_keys=KEYS, chunk_bytes=100, boot_seconds=0.1)
GOOD = make_image(1000, "0.2")


def line(image: bytes = GOOD, **options: Any) -> Line:
    """A board that has booted."""
    started = Line(replace(OPTIONS, **options), image)
    started.run(1)
    return started


@pytest.mark.parametrize("updates_by_https", [False, True])
def test_a_board_runs_the_new_image_and_says_what_that_says(updates_by_https: bool) -> None:
    board = line(make_image(1000, "0.2-as-built"), updates_by_https=updates_by_https)

    board.tell("beg_ota", announce(board.image, "0.2"))
    board.run(2)

    assert board.result == {"result": "successful"}
    assert board.restarts == 1
    assert [said["version"] for said in board.payloads("req_otastatus")] == ["0.1", "0.2-as-built"]
    assert board.board.updates.version == "0.2-as-built"


def test_a_board_says_at_its_start_what_it_is() -> None:
    assert line(model="esp32").payloads("req_otastatus") == [
        {"version": "0.1", "model": "esp32", "path": "mqtt", "signed": 1}
    ]


OTHER = LocalSigner()
EXPIRED = TrustedKeys(KEYS.keys, lambda: 1001.0)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (announce(GOOD, "0.2", signature="", key=""), "not signed"),
        (announce(GOOD, "0.2", signature=""), "wrong signature"),
        (announce(GOOD, "0.2", OTHER), "unknown key"),
        (announce(GOOD, "0.2", OTHER, key=SIGNER.key), "wrong signature"),
        (announce(GOOD, "0.2", signature="!"), "wrong signature"),
        (announce(GOOD, "0.2") | {"version": "0.3"}, "wrong signature"),
        (announce(GOOD, "0.2", size=5), "wrong signature"),
        (announce(GOOD, "0.1"), "downgrade"),
        (announce(GOOD, "0.0.9"), "downgrade"),
    ],
)
def test_a_board_does_not_even_fetch_what_it_does_not_trust(told: dict[str, Any], reason: str) -> None:
    board = line()

    board.tell("beg_ota", told)

    assert board.result == {"result": "failed", "reason": reason}
    assert (board.payloads("req_firmware"), board.restarts) == ([], 0)


def test_a_board_refuses_a_key_whose_time_is_over() -> None:
    board = line(firmware_keys=EXPIRED)
    board.tell("beg_ota", announce(GOOD, "0.2"))
    assert board.result == {"result": "failed", "reason": "expired key"}


def test_a_board_goes_to_an_older_version_when_its_owner_forces_it() -> None:
    board = line(make_image(1000, "0.0.9"))
    board.tell("beg_ota", announce(board.image, "0.0.9", force=1))
    board.run(2)
    assert (board.result["result"], board.board.updates.version) == ("successful", "0.0.9")


@pytest.mark.parametrize(
    ("misbehaviour", "reason"), [("truncate", "size 500"), ("corrupt", "checksum"), ("crash", "crashed at boot")]
)
def test_a_board_that_misbehaves_stays_what_it_was_and_says_why(misbehaviour: str, reason: str) -> None:
    board = line(misbehaviour=misbehaviour)
    board.tell("beg_ota", announce(GOOD, "0.2"))
    board.run(2)
    assert board.result == {"result": "failed", "reason": reason}
    assert board.board.updates.version == "0.1"


def test_a_board_that_vanishes_says_nothing() -> None:
    board = line(misbehaviour="vanish")
    board.tell("beg_ota", announce(GOOD, "0.2"))
    board.run(600)
    assert (board.payloads("req_firmware"), board.payloads("end_ota")) == ([], [])


def test_a_board_that_lies_says_so_and_runs_what_it_ran() -> None:
    board = line(misbehaviour="lie")
    board.tell("beg_ota", announce(GOOD, "0.2"))
    assert (board.result, board.board.updates.version) == ({"result": "successful"}, "0.1")


def test_a_board_comes_back_from_an_image_that_crashes_and_tells_which() -> None:
    board = line(make_image(1000, "0.2", boots=False))
    board.tell("beg_ota", announce(board.image, "0.2"))
    board.run(2)
    assert board.result == {"result": "failed", "reason": "crashed at boot"}
    assert board.payloads("req_otastatus")[-1] | {"path": ""} == {
        "version": "0.1", "model": "ft900", "path": "", "signed": 1, "failed": "0.2", "reason": "crashed at boot"
    }  # fmt: skip


def test_a_board_comes_back_from_an_image_that_does_not_reach_the_server() -> None:
    board = line(make_image(1000, "0.2", connects=False))
    board.tell("beg_ota", announce(board.image, "0.2"))
    board.run(CONTACT_SECONDS - 2)
    assert board.payloads("end_ota") == []
    board.run(10)
    assert board.result == {"result": "failed", "reason": "no contact"}
    assert board.board.updates.version == "0.1"


def test_a_board_comes_back_when_the_server_is_away_after_the_restart() -> None:
    board = line()
    connect = board.connect
    board.connect = lambda: None  # type: ignore[method-assign]

    board.tell("beg_ota", announce(GOOD, "0.2"))
    assert (board.restarts, board.board.updates.version) == (1, "0.2")
    board.connect = connect  # type: ignore[method-assign]
    board.run(CONTACT_SECONDS + 2)

    assert (board.result, board.board.updates.version) == ({"result": "failed", "reason": "no contact"}, "0.1")


@pytest.mark.parametrize("parts", range(10))
def test_after_a_cut_at_most_one_part_is_fetched_twice(parts: int) -> None:
    board = line()
    board.parts_left = parts
    board.tell("beg_ota", announce(GOOD, "0.2"))
    board.disconnect()
    board.run(3600)
    board.parts_left = 1000
    board.connect()
    board.run(2)

    offsets = [asked["offset"] for asked in board.payloads("req_firmware")]
    assert board.result == {"result": "successful"}
    assert len(offsets) - len(set(offsets)) <= 1
    assert sorted(set(offsets)) == list(range(0, 1000, 100))


def test_an_image_that_is_none_does_not_boot() -> None:
    board = line(bytes(1000))
    board.tell("beg_ota", announce(board.image, "0.2"))
    board.run(2)
    assert board.result["reason"] == "crashed at boot"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]\n", b'{"version": 5}\n', b"\xff", b"[" * 5000])
def test_what_is_no_image_is_none(data: bytes) -> None:
    assert Image.read(data) is None


@pytest.mark.parametrize("text", ["", "{}", "[5]", '{"key": "x", "public_key": "!"}', '{"key": "x"}'])
def test_what_is_no_list_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        TrustedKeys.read(text)


def test_versions_are_ranked() -> None:
    ranked = ["x", "0.1", "0.2-rc", "0.2", "0.10", "1"]
    assert sorted(ranked, key=version_key) == ranked
