"""What a spreadsheet would take for a formula is a text, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention_crm.lib.spreadsheets import guarded, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+46 8", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_gets_a_sign_in_front(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Amira", "'n Sync", "a=b", "1-2", "''"])
def test_other_texts_stay_as_they_are(cell: str) -> None:
    assert guarded(cell) == unguarded(cell) == cell


@given(st.text(alphabet="=+-@\t'a1 ", max_size=6).filter(lambda cell: not cell.startswith("'")))
def test_every_text_is_read_back_as_it_was(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
