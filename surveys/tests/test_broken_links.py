"""Links that do not work, or not any more."""

from urllib.parse import quote

import pytest
from django.test import Client

from accounts.models import Company
from retention_crm.lib import tokens
from surveys.tests import snapshot
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present")


def broken_links() -> dict[str, str]:
    """A link of each kind that does not work, by its kind."""
    good = factories.invitation().token
    gone = factories.invitation()
    deleted = gone.token
    gone.delete()
    return {
        "expired": factories.invitation(expires_at=NOW).token,
        "expired after an answer": factories.response(factories.invitation(expires_at=NOW)).invitation.token,
        "revoked": factories.invitation(revoked_at=NOW).token,
        "deleted": deleted,
        "tampered": ("A" if good[0] != "A" else "B") + good[1:],
        "cut": good[:-1],
        "lengthened": good + "A",
        "other purpose": tokens.make("unsubscribe", 1, ""),
        "unknown": tokens.make("survey", 999_999_999, ""),
        "past the column": tokens.make("survey", 2**64 - 1, ""),
        "malformed": "hello",
        "foreign letters": quote("ключ"),
        "null": "%00%00",
        "broken bytes": "%ed%a0%80",
        "long": "A" * 3000,
        "script": quote("<script>alert(1)<script>"),
    }


def test_all_links_that_do_not_work_look_the_same(company: Company, browser: Client) -> None:
    links = broken_links()
    for data in (None, {"score": "3"}, {"score": "99", "comment": "x" * 6000}):
        seen = set()
        for token in links.values():
            url = f"/s/{token}/"
            response = browser.get(url) if data is None else browser.post(url, data)
            seen.add((response.status_code, response.content, tuple(sorted(response.headers.items()))))
        assert len(seen) == 1
        status, page, _headers = seen.pop()
        assert status == 404
        assert b"This link does not work" in page
        assert b"<form" not in page


def test_a_link_that_does_not_work_records_nothing(company: Company, browser: Client) -> None:
    links = broken_links()
    before = snapshot.database()

    for token in links.values():
        browser.post(f"/s/{token}/", {"score": "3"})

    assert snapshot.database() == before


def test_the_page_of_a_broken_link_does_not_repeat_the_query(company: Company, browser: Client) -> None:
    response = browser.get("/s/hello/", {"score": "<b>7</b>"})

    assert b"hello" not in response.content
    assert b"<b>7" not in response.content
