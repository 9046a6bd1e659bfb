"""What is kept of a text, and how names are sorted."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_crm.lib import text

ANY_TEXT = st.text(st.characters(), max_size=200)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("plain", "plain"),
        ("a\x00b\x07c", "abc"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("tab\tstays", "tab\tstays"),
        ("lone \ud800 half", "lone \ufffd half"),
        ("e\u0301", "é"),
        ("👩\u200d🌾 שלום", "👩\u200d🌾 שלום"),
    ],
)
def test_a_text_keeps_what_people_wrote_and_nothing_that_breaks(written: str, kept: str) -> None:
    assert text.clean(written) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ann \n  Lee\t", "Ann Lee"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("\u2067שלום\u2069", "שלום"),
        ("\u200fשלום", "\u200fשלום"),
        (" \u00a0\u2003 ", ""),
    ],
)
def test_a_line_has_no_breaks_and_no_turned_direction(written: str, kept: str) -> None:
    assert text.clean_line(written) == kept


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(written: str) -> None:
    assert text.clean(text.clean(written)) == text.clean(written)
    assert text.clean_line(text.clean_line(written)) == text.clean_line(written)


@given(ANY_TEXT)
def test_clean_text_can_be_stored_and_sent(written: str) -> None:
    kept = text.clean(written)

    assert "\x00" not in kept and "\r" not in kept
    assert kept == unicodedata.normalize("NFC", kept)
    kept.encode("utf-8")


def test_names_sort_without_accents_and_case() -> None:
    assert sorted(["Zoë", "emilia", "Åke", "Émile", "Ada"], key=text.sort_key) == [
        "Ada",
        "Åke",
        "Émile",
        "emilia",
        "Zoë",
    ]
    assert sorted(["Fire", "ﬁne"], key=text.sort_key) == ["ﬁne", "Fire"]


@given(ANY_TEXT)
def test_the_sort_key_does_not_depend_on_case_or_composition(name: str) -> None:
    assert text.sort_key(unicodedata.normalize("NFD", name)) == text.sort_key(name)
    assert text.sort_key(text.clean_line(name)) == text.sort_key(name)


@given(st.text(st.characters(codec="ascii"), max_size=50))
def test_the_sort_key_of_latin_names_ignores_capitals(name: str) -> None:
    assert text.sort_key(name.upper()) == text.sort_key(name.lower())


def test_an_excerpt_ends_at_a_word() -> None:
    assert text.excerpt("Nobody called back, though they had promised to.", 21) == "Nobody called back…"
    assert text.excerpt("short", 20) == "short"
    assert text.excerpt("x" * 50, 10) == "x" * 9 + "…"


@given(ANY_TEXT, st.integers(2, 80))
def test_an_excerpt_is_one_line_of_at_most_that_length(written: str, length: int) -> None:
    assert len(text.excerpt(written, length)) <= length
    assert "\n" not in text.excerpt(written, length)
