"""The product's own phrases: whole in every language customers are written to."""

from datetime import date

import pytest

from customers.models import CallEvery, Channel, ConsentKind, Language, Tone
from outreach.phrases import phrases_in


@pytest.mark.parametrize("language", Language)
def test_every_language_has_every_phrase(language: str) -> None:
    phrases = phrases_in(language)
    assert phrases.language == language
    assert phrases.direction == ("rtl" if language == "ar" else "ltr")
    for sentences in (phrases.unsubscribe, phrases.page.ask, phrases.page.stopped, phrases.page.kept):
        assert set(sentences) == set(ConsentKind)
        assert all(sentences.values())
    assert "{company}" in phrases.why
    assert "{company}" in phrases.page.title
    assert "{address}" in phrases.page.about
    assert "{score}" in phrases.scale.score
    assert "{days}" in phrases.preferences.every
    assert set(phrases.preferences.kinds) == set(phrases.preferences.sentences) == set(ConsentKind)
    assert set(phrases.preferences.cadences) == {every.name.lower() for every in CallEvery}
    assert set(phrases.preferences.channels) == set(Channel)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("tone", Tone)
def test_every_language_can_say_what_a_thank_you_is_for(language: str, tone: str) -> None:
    phrases = phrases_in(language)
    assert "{" not in phrases.purchase(date(2026, 11, 24), tone)
    assert "24" in phrases.purchase(date(2026, 11, 24), tone)
    assert all(phrases.thanked(what, tone) for what in ("trust", "referral", "recovery"))


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "24 November"),
        ("de", "24. November"),
        ("fr", "24 novembre"),
        ("es", "24 de noviembre"),
        ("sv", "24 november"),
        ("ar", "24 نوفمبر"),
        ("ja", "11月24日"),
    ],
)
def test_days_are_written_as_the_language_writes_them(language: str, written: str) -> None:
    assert phrases_in(language).day_of(date(2026, 11, 24)).lower() == written.lower()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("number", [1, 2, 3, 10, 11, 25, 100, 103])
def test_every_language_can_say_for_how_long(language: str, number: int) -> None:
    words = phrases_in(language).years_of(number)
    assert words
    assert "{" not in words
    assert str(number) in words or number < 3


@pytest.mark.parametrize(("number", "words"), [(1, "سنة واحدة"), (2, "سنتان"), (5, "5 سنوات"), (11, "11 سنة")])
def test_arabic_counts_years_in_its_own_way(number: int, words: str) -> None:
    assert phrases_in("ar").years_of(number) == words


@pytest.mark.parametrize("language", ["", "xx", "../en", "EN"])
def test_a_language_the_product_does_not_speak_is_english(language: str) -> None:
    assert phrases_in(language).language == "en"
