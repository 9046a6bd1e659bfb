"""Text in files that people open with a spreadsheet, which takes some of it for a formula."""

import re

# With white space in front it is one as well.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_GUARDED = re.compile(f"'(?={_FORMULA.pattern})")


def guarded(cell: str) -> str:
    """With a sign in front of what would be a formula; `unguarded` takes it off again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Without the sign that was put before what would have been a formula."""
    return _GUARDED.sub("", cell, count=1) if cell.startswith("'") else cell
