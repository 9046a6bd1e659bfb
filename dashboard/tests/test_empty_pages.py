"""Every page of an empty company says what belongs there, and offers a first step where there is one."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from accounts.models import User
from tests import factories
from tests.access import PUBLIC, TABLE

type Login = Callable[[User], Client]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("this_morning")]

# Lists, and what the first step on each leads to; in the head of the page or in the words.
LISTS = {
    "today": "import_new",
    "customers": "customer_new",
    "customer_new": "segment_new",
    "bulk_changes": "customers",
    "imports": "import_new",
    "import_new": "segment_new",
    "portfolio": "imports",
    "losses": "customers",
    "left_behind": "portfolio",
    "kindness": "customers",
    "promises": "customers",
    "complaints": "customers",
    "wishes": "customers",
    "response_times": "customers",
    "consistency": "customers",
    "check_in_questions": "check_in_question_new",
    "brief": "customers",
    "list_quality": "portfolio",
    "portfolio_week": "portfolio",
    "portfolio_people": "customers",
    "retention_figures": "customers",
    "plans": "customers",
    "save_odds": "plays",
    "alert_rules": "notifications",
    "my_alerts": "notifications",
    "renewals": "customers",
    "expected_orders": "customers",
    "perks": "customers",
    "referrals": "customers",
    "messages": "customers",
    "tomorrow": "customers",
    "notices": "notice_new",
    "surveys": "survey_new",
    "survey_follow_ups": "surveys",
    "themes": "theme_new",
    "tags": "customers",
    "custom_fields": "custom_field_new",
    "segments": "segment_new",
    "people": "person_new",
    "teams": "team_new",
    "plays": "play_new",
}
# Pages that are no lists: forms, settings, and what fills only when something failed.
OTHERS = {
    *("app_manifest", "approvals", "calendar_address", "company_settings", "custom_field_new", "find", "find_notes"),
    *("first_steps", "log", "notice_find", "notice_new", "offline", "password_change", "password_change_done"),
    *("person_new", "profile", "saved_view_new", "segment_new", "sending", "service_worker", "settings"),
    *("notifications", "notifications_count", "notification_ways", "trash", "duplicates"),
    *("suppression", "survey_new", "team_new", "unknown", "wordings", "bulk_new", "sample_remove", "mailbox"),
    *("plan_rules", "play_new", "perks_grant", "list_rules", "care_rules", "check_in_question_new", "theme_new"),
}


def openable() -> set[str]:
    """The names of all pages behind the login whose address has nothing to fill in."""
    found = set()
    for line in TABLE:
        try:
            reverse(line.name)
        except NoReverseMatch:
            continue
        if "GET" in line.methods and line.name not in PUBLIC:
            found.add(line.name)
    return found


def test_no_page_is_forgotten() -> None:
    assert get_resolver().reverse_dict
    assert openable() - LISTS.keys() - OTHERS == set()


@pytest.mark.parametrize(("name", "step"), LISTS.items(), ids=LISTS)
def test_a_list_without_rows_offers_the_first_step(login: Login, name: str, step: str) -> None:
    response = login(factories.user("administrator")).get(reverse(name))

    html = response.content.decode()
    content = html[html.index('<main id="main"') : html.index("</main>")]
    assert response.status_code == 200
    assert f'href="{reverse(step)}"' in content
    if name != "people":
        assert 'class="empty-state"' in content
        words = re.search(r'class="empty-state".*?<p>\s*(.*?)\s*</p>', content, re.DOTALL)
        assert words and len(words[1]) > 40


@pytest.mark.parametrize("role", ["staff", "manager", "administrator"])
def test_no_page_of_an_empty_company_is_an_error(login: Login, role: str) -> None:
    browser = login(factories.user(role))

    for name in sorted(openable()):
        assert browser.get(reverse(name)).status_code in {200, 302, 403, 404}, name


def test_a_customer_can_not_be_added_before_there_is_a_segment(login: Login, manager: User) -> None:
    html = login(manager).get(reverse("customer_new")).content.decode()
    assert "First a segment" in html
    assert "Add a segment" not in html

    factories.segment()
    assert "First a segment" not in login(manager).get(reverse("customer_new")).content.decode()
