"""Everybody has the pages in their language, with dates as they write them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

type Login = Callable[[User], Client]
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}


def typed(person: User, **changes: Any) -> dict[str, Any]:
    return {"name": person.name, "time_zone": person.time_zone, "working_days": ["0", "1"], **changes}


def save(browser: Client, person: User, **changes: Any) -> Any:
    return browser.post(reverse("profile"), typed(person, **changes))


def shown(browser: Client, **headers: str) -> str:
    return browser.get(reverse("profile"), **headers).content.decode()  # type: ignore[arg-type]


def test_a_person_chooses_language_dates_and_week(login: Login, owner: User) -> None:
    browser = login(owner)
    assert save(browser, owner, language="de", day_format="Y-m-d", week_start="6").status_code == 302
    owner.refresh_from_db()
    assert (owner.language, owner.day_format, owner.week_start) == ("de", "Y-m-d", 6)
    html = shown(browser)
    assert '<html lang="de"' in html
    assert "Mein Profil" in html


def test_what_was_chosen_can_be_given_back_to_the_browser(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(language="de", day_format="d.m.Y", week_start=0)
    save(login(owner), owner, language="", day_format="", week_start="")
    owner.refresh_from_db()
    assert (owner.language, owner.day_format, owner.week_start) == ("", "", None)


@pytest.mark.parametrize(
    ("field", "value"), [("language", "xx"), ("day_format", "m.Y"), ("week_start", "3"), ("week_start", "x")]
)
def test_what_is_not_offered_is_refused_at_its_field(login: Login, owner: User, field: str, value: str) -> None:
    response = save(login(owner), owner, **{field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]


def test_the_browser_decides_for_whoever_chose_nothing(login: Login, owner: User, client: Client) -> None:
    assert "Mein Profil" in shown(login(owner), **GERMAN)
    assert "My profile" in shown(login(owner))
    assert "Anmelden" in client.get(reverse("login"), **GERMAN).content.decode()  # type: ignore[arg-type]


def test_what_the_person_chose_goes_before_what_the_browser_says(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(language="en")
    response = login(owner).get(reverse("profile"), **GERMAN)  # type: ignore[arg-type]
    assert "My profile" in response.content.decode()
    assert response.headers["Content-Language"] == "en"


def test_a_language_that_is_no_longer_offered_harms_nothing(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(language="xx")
    assert "My profile" in shown(login(owner))


def test_languages_are_called_as_they_call_themselves(login: Login, owner: User) -> None:
    html = shown(login(owner))
    assert '<option value="de">Deutsch</option>' in html
    assert '<option value="en">English</option>' in html


def test_the_days_of_the_week_stand_in_its_order(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(week_start=5)
    html = shown(login(owner))
    days = [html.index(f'value="{day}"', html.index("working_days")) for day in (5, 6, 0, 4)]
    assert days == sorted(days)


def test_dates_on_pages_are_written_as_chosen(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(day_format="d/m/Y")
    browser = login(owner)
    day = "2026-12-24"
    browser.post(reverse("person_absences", args=[owner.pk]), {"first_day": day, "last_day": "2027-01-06"})
    assert "24/12/2026 – 06/01/2027" in browser.get(reverse("person_absences", args=[owner.pk])).content.decode()


def test_countries_are_named_in_the_language_of_the_page(login: Login, administrator: User) -> None:
    User.objects.filter(pk=administrator.pk).update(language="de")
    html = login(administrator).get(reverse("company_settings")).content.decode()
    assert '<option value="SE">Schweden</option>' in html
    assert html.index(">Österreich<") < html.index(">Polen<")
