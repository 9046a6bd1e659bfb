"""What stands in the log about public pages."""

import logging
from typing import Any

import pytest
from django.conf import settings

from retention_crm.lib import tokens
from retention_crm.lib.masking import MaskingFormatter, mask

TOKEN = tokens.make("survey", 4711, "n")


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (f"Not Found: /s/{TOKEN}/", "Not Found: /s/…/"),
        (f"Not Found: /u/{TOKEN}/", "Not Found: /u/…/"),
        (f"POST /p/{TOKEN}/ 200", "POST /p/…/ 200"),
        (f"GET https://crm.example.com/s/{TOKEN}/?score=3 200", "GET https://crm.example.com/s/…/?score=3 200"),
        (f"<WSGIRequest: POST '/s/{TOKEN}'>", "<WSGIRequest: POST '/s/…'>"),
        (f"/s/{TOKEN}/ and /s/{TOKEN}/", "/s/…/ and /s/…/"),
        (f"/s/{TOKEN[:-1]}/", "/s/…/"),
        ("GET /surveys/3/ 200", "GET /surveys/3/ 200"),
        ("GET /static/css/survey.css", "GET /static/css/survey.css"),
        ("/s/short/", "/s/short/"),
        (
            "wrong signature (for url 'https://events:a-se:cret@x.example/')",
            "wrong signature (for url 'https://…@x.example/')",
        ),
        ("imaps://u:p@mail.example/INBOX", "imaps://…@mail.example/INBOX"),
        ("see http://x.example:8000/a@b", "see http://x.example:8000/a@b"),
    ],
)
def test_tokens_of_public_pages_are_masked(line: str, masked: str) -> None:
    assert mask(line) == masked


def test_the_arguments_and_the_traceback_are_masked_too() -> None:
    formatter = MaskingFormatter("%(levelname)s %(message)s")
    try:
        raise ValueError(f"/s/{TOKEN}/")
    except ValueError as error:
        information = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Error at %s", (f"/s/{TOKEN}/",), information)

    text = formatter.format(record)

    assert TOKEN not in text
    assert "Error at /s/…/" in text
    assert "ValueError: /s/…/" in text


def test_every_handler_of_the_product_masks() -> None:
    configured: dict[str, Any] = settings.LOGGING

    for handler in configured["handlers"].values():
        formatter = configured["formatters"][handler["formatter"]]
        assert formatter["class"] == "retention_crm.lib.masking.MaskingFormatter"
