"""The rules of names: one Unicode form, at least one visible character, no invisible ones."""

import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.operations import PATH_PARAMETERS
from api.requests import parse_call
from iotcloud.devices.model import checked_deviceid, checked_devicename
from iotcloud.errors import EmptyParameter, InvalidInput
from iotcloud.names import checked_name, normal_name
from iotcloud.peripherals.model import MAX_SENSORNAME
from iotcloud.schema import MAX_NAME_LENGTH
from iotcloud.sharing.model import checked_email
from tests.unit.api.test_requests import event, operation


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("Barn unit", "Barn unit"),
        ("  Barn\u3000", "Barn"),
        ("Ku\u0308he", "Kühe"),
        ("納屋 3", "納屋 3"),
        ("...a", "...a"),
        ("🐄", "🐄"),
    ],
)
def test_a_name_is_kept_trimmed_and_composed(given_name: str, kept: str) -> None:
    assert checked_name("name", given_name, 64) == kept


@pytest.mark.parametrize("name", [".", "..", " .. ", "....", " ", "\u3000", "\u3164", "\u2800\u2800", "\u0301"])
def test_a_name_that_shows_nothing_or_means_a_folder_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_name("name", name, 64)


@pytest.mark.parametrize(
    "name",
    ["a\u202eb", "a\u200bb", "a\U000e0001", "\ufeffa", "a\u2066", "a\u00ad", "a\x00", "a\n", "\x1ca", "a\ud800", "a/b"],
)
def test_a_name_with_what_cannot_be_seen_or_kept_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        checked_name("name", name, 64, forbidden="/")


def test_an_empty_name_is_an_empty_parameter() -> None:
    with pytest.raises(EmptyParameter):
        checked_name("name", "", 64)


def test_a_name_is_measured_in_the_form_in_which_it_is_kept() -> None:
    assert len(checked_name("name", "e\u0301" * 64, 64)) == 64
    with pytest.raises(InvalidInput):
        checked_name("name", "x" * 65, 64)


@given(st.text(max_size=80))
def test_what_is_kept_is_found_and_kept_again_alike(text: str) -> None:
    try:
        kept = checked_name("name", text, 64)
    except InvalidInput:
        return
    assert normal_name(text) == kept == checked_name("name", kept, 64)
    assert kept.split()
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in kept)


@pytest.mark.parametrize("parameter", ["devicename", "groupname", "sensorname"])
def test_a_path_finds_a_name_in_whatever_form_it_was_typed(parameter: str) -> None:
    assert PATH_PARAMETERS[parameter].check(" Ku\u0308he ") == "Kühe"
    with pytest.raises(InvalidInput):
        PATH_PARAMETERS[parameter].check("  ")


@pytest.mark.parametrize("email", ["a/b@example.com", "x/y/z@example.org", "plain@example.com"])
def test_a_path_names_every_address_that_can_sign_up(email: str) -> None:
    assert PATH_PARAMETERS["email"].check(email) == email


TAKEN: dict[str, Callable[[str], str]] = {
    "devicename": checked_devicename,
    "deviceid": checked_deviceid,
    "email": checked_email,
    "groupname": lambda text: checked_name("groupname", text, MAX_NAME_LENGTH, forbidden="/"),
    "sensorname": lambda text: checked_name("sensorname", text, MAX_SENSORNAME, forbidden="/"),
}
"""Values that operations accept and that a path can contain afterwards."""
NAMES = st.text(max_size=70) | st.text("aZ9._-~%+#?&=:;, /\\'\"@ü🌡\u0308", max_size=20)


@pytest.mark.parametrize("parameter", TAKEN)
@given(NAMES, st.sampled_from(["", "@example.com", "@mail.example.org"]))
def test_what_one_operation_takes_a_path_can_name(parameter: str, text: str, domain: str) -> None:
    try:
        kept = TAKEN[parameter](text + domain if parameter == "email" else text)
    except InvalidInput:
        return
    called = parse_call(operation(), event(pathParameters={parameter: quote(kept, safe="")}))
    assert called.path == {parameter: kept}


@pytest.mark.parametrize("email", ["a@b/c", "a b@example.com", "a\x00@example.com", "@example.com", "a@@example.com"])
def test_a_path_takes_no_other_text_for_an_address(email: str) -> None:
    with pytest.raises(InvalidInput):
        PATH_PARAMETERS["email"].check(email)
