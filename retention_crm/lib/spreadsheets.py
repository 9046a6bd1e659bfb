"""Text in files that people open with a spreadsheet, which takes some of it for a formula."""

import re

# With white space in front it is one as well. Who writes the sign themselves gets a second one, so that theirs stays.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """With a sign in front of what would be a formula; `unguarded` takes it off again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Without the sign that was put before what would have been a formula."""
    return cell[1:] if _GUARDED.match(cell) else cell
