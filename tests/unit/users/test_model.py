"""Names and passwords."""

import pytest

from iotcloud.users.model import FullName, Tokens, is_guessable, normal_username


@pytest.mark.parametrize(
    ("text", "given", "family"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Ada King Lovelace", "Ada King", "Lovelace"),
        ("Ada", "Ada", "NONE"),
        ("  Ada   Lovelace ", "Ada", "Lovelace"),
        ("張 偉", "張", "偉"),
    ],
)
def test_split_takes_the_last_word_for_the_family_name(text: str, given: str, family: str) -> None:
    assert FullName.split(text) == FullName(given, family)


def test_display_hides_the_missing_family_name() -> None:
    assert FullName.split("Ada").display() == "Ada"


def test_display_joins_both_names() -> None:
    assert FullName.split("Ada King Lovelace").display() == "Ada King Lovelace"


def test_display_leaves_out_the_family_name_of_a_provider_that_gives_whole_names() -> None:
    assert FullName("Ada Lovelace", "Lovelace").display("LoginWithAmazon") == "Ada Lovelace"
    assert FullName("Ada", "Lovelace").display("Facebook") == "Ada Lovelace"


def test_display_of_a_name_without_given_name_has_no_leading_space() -> None:
    assert FullName("", "Lovelace").display() == "Lovelace"


def test_normal_username_is_one_spelling_for_all_cases() -> None:
    assert normal_username(" Ada@Example.COM ") == "ada@example.com"


@pytest.mark.parametrize("password", ["Password1", "aaaaaaaa", "ada@example.com", "ADA", "12345678"])
def test_is_guessable_knows_what_is_tried_first(password: str) -> None:
    assert is_guessable(password, "ada@example.com")


def test_is_guessable_lets_other_passwords_through() -> None:
    assert not is_guessable("correct horse", "ada@example.com")


def test_tokens_do_not_show_in_a_representation() -> None:
    assert "secret" not in repr(Tokens("secret-a", "secret-b", "secret-c"))
