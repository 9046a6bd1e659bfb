"""Keyed tokens: what they prove, and that nothing else does."""

import base64
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pytest_django import Settings

from retention_crm.lib import tokens

ALPHABET = string.ascii_letters + string.digits + "-_"
OLD_KEY = "the-key-of-last-year-0123456789-0123456789-0123456789-0123456789"
ids = st.integers(min_value=0, max_value=2**63 - 1)
nonces = st.text(alphabet=string.hexdigits, max_size=32)
purposes = st.sampled_from(["survey", "unsubscribe", "greeting"])


@given(purpose=purposes, pk=ids, nonce=nonces)
@example(purpose="survey", pk=0, nonce="")
@example(purpose="survey", pk=255, nonce="")
@example(purpose="survey", pk=256, nonce="")
@example(purpose="survey", pk=2**63 - 1, nonce="")
def test_a_token_names_and_proves_its_row(purpose: str, pk: int, nonce: str) -> None:
    token = tokens.make(purpose, pk, nonce)

    assert tokens.claimed_pk(token) == pk
    assert tokens.proves(token, purpose, pk, nonce)


@given(pk=ids, nonce=nonces)
def test_a_token_fits_into_a_path_as_it_is(pk: int, nonce: str) -> None:
    token = tokens.make("survey", pk, nonce)

    assert set(token) <= set(ALPHABET)
    assert len(token) <= 38


@given(pk=ids, nonce=nonces, place=st.integers(min_value=0), letter=st.sampled_from(ALPHABET))
def test_a_token_with_any_character_changed_proves_nothing(pk: int, nonce: str, place: int, letter: str) -> None:
    token = tokens.make("survey", pk, nonce)
    place %= len(token)
    assume(token[place] != letter)
    forged = token[:place] + letter + token[place + 1 :]

    claimed = tokens.claimed_pk(forged)
    assert not tokens.proves(forged, "survey", pk, nonce)
    assert claimed is None or not tokens.proves(forged, "survey", claimed, nonce)


def test_every_single_change_of_one_token_fails() -> None:
    token = tokens.make("survey", 4711, "abcdef")

    for place, right in enumerate(token):
        for letter in ALPHABET:
            forged = token[:place] + letter + token[place + 1 :]
            assert tokens.proves(forged, "survey", 4711, "abcdef") is (letter == right)


@given(pk=ids, other=ids, nonce=nonces)
def test_a_token_proves_no_other_row(pk: int, other: int, nonce: str) -> None:
    assume(pk != other)

    assert not tokens.proves(tokens.make("survey", pk, nonce), "survey", other, nonce)


@given(pk=ids, nonce=nonces, other=nonces)
def test_a_new_nonce_ends_the_old_token(pk: int, nonce: str, other: str) -> None:
    assume(nonce != other)

    assert not tokens.proves(tokens.make("survey", pk, nonce), "survey", pk, other)


@given(pk=ids, nonce=nonces)
def test_a_token_for_one_purpose_serves_no_other(pk: int, nonce: str) -> None:
    assert not tokens.proves(tokens.make("unsubscribe", pk, nonce), "survey", pk, nonce)


def test_the_parts_of_a_token_cannot_be_shifted_into_each_other() -> None:
    assert tokens.make("survey", 12, "3") != tokens.make("survey", 1, "23")
    assert tokens.make("survey1", 2, "") != tokens.make("survey", 12, "")


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "a",
        "=",
        "====",
        "not a token",
        "é" * 28,
        "９" * 28,
        "\x00" * 28,
        "\ud800" * 28,
        "a" * 61,
        "A" * 100_000,
        "AAAA",
        base64.urlsafe_b64encode(b"x" * 20).decode(),
        "%2e%2e",
        "../../etc/passwd",
        "' OR 1=1 --",
    ],
)
def test_malformed_tokens_name_nobody(malformed: str) -> None:
    assert tokens.claimed_pk(malformed) is None


def test_an_id_past_the_end_of_the_column_names_nobody() -> None:
    raw = b"x" * 20 + (2**63).to_bytes(8, "big")

    assert tokens.claimed_pk(base64.urlsafe_b64encode(raw).rstrip(b"=").decode()) is None


@given(st.text(max_size=70))
def test_no_text_is_an_error(anything: str) -> None:
    claimed = tokens.claimed_pk(anything)

    assert claimed is None or 0 <= claimed < 2**63


@given(st.text(max_size=70))
def test_asking_for_a_proof_of_any_text_is_no_error(anything: str) -> None:
    assert not tokens.proves(anything, "survey", 1, "n")


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{} ", "{}\n", "{}A", "\t{}"])
def test_a_token_spelled_differently_proves_nothing(spelling: str) -> None:
    token = spelling.format(tokens.make("survey", 7, "n"))

    assert not tokens.proves(token, "survey", 7, "n")


def test_links_made_before_the_key_was_changed_still_work(settings: Settings) -> None:
    current = settings.SECRET_KEY
    settings.SECRET_KEY = OLD_KEY
    old = tokens.make("survey", 7, "n")
    settings.SECRET_KEY = current
    assert not tokens.proves(old, "survey", 7, "n")

    settings.SECRET_KEY_FALLBACKS = [OLD_KEY]
    assert tokens.proves(old, "survey", 7, "n")
    assert tokens.make("survey", 7, "n") != old


def test_an_address_is_hashed_alike_however_it_is_written() -> None:
    assert tokens.address_digest(" Amira@Example.COM ") == tokens.address_digest("amira@example.com")


def test_the_hash_of_an_address_depends_on_the_key(settings: Settings) -> None:
    before = tokens.address_digest("amira@example.com")
    settings.SECRET_KEY = OLD_KEY

    assert len(before) == 64
    assert tokens.address_digest("amira@example.com") != before
