"""The hub, the company's settings and the own profile."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from accounts.forms import CompanyForm
from accounts.models import Company, User
from tests import factories

type Login = Callable[[User], Client]


def typed(company: Company, **changes: Any) -> dict[str, Any]:
    """What the page of the company sends: an unticked box is not sent."""
    told = model_to_dict(company).items()
    data = {name: "" if value is None else value for name, value in told if value is not False}
    hours = {"greeting_time": "09:00", "digest_time": "07:30", "quiet_from": "20:00", "quiet_until": "08:00"}
    return {**data, **hours, **changes}


def save(browser: Client, company: Company, **changes: Any) -> Any:
    return browser.post(reverse("company_settings"), typed(company, **changes))


def links(browser: Client) -> str:
    return browser.get(reverse("settings")).content.decode()


def test_the_hub_lists_what_each_role_may_open(login: Login, owner: User, manager: User, administrator: User) -> None:
    mine, staff, company = (reverse(name) for name in ("profile", "people", "company_settings"))
    seen = {person.role: links(login(person)) for person in (owner, manager, administrator)}

    assert all(f'href="{mine}"' in page for page in seen.values())
    assert [f'href="{staff}"' in page for page in seen.values()] == [False, True, True]
    assert [f'href="{company}"' in page for page in seen.values()] == [False, False, True]


def test_every_setting_of_the_company_can_be_changed(company: Company) -> None:
    fields = {field.name for field in Company._meta.concrete_fields if field.editable and not field.primary_key}

    assert set(CompanyForm(instance=company).fields) == fields
    shown = CompanyForm(instance=company).helper.layout.get_field_names()
    assert {pointer.name for pointer in shown} == fields


def test_administrators_change_the_company(login: Login, administrator: User, company: Company) -> None:
    response = save(
        login(administrator),
        company,
        name="Südlicht GmbH",
        currency="sek",
        greeting_time="10:15",
        visibility="company",
        leap_day="march",
        survey_cooldown_days="30",
    )

    assert response.status_code == 302
    found = Company.current()
    assert (found.name, found.currency, found.greeting_time) == ("Südlicht GmbH", "SEK", time(10, 15))
    assert (found.visibility, found.leap_day_on_march_1, found.survey_cooldown_days) == ("company", True, 30)


def test_the_hours_and_days_of_mail_to_customers_can_be_set(
    login: Login, administrator: User, company: Company
) -> None:
    changes = {"quiet_from": "19:30", "quiet_until": "07:15", "budget_days": "14", "detractor_rest_days": "0"}
    changes |= {"greeting_gap_days": "3", "thanks_gap_days": "0", "survey_gap_days": "365"}

    assert save(login(administrator), company, country="JP", **changes).status_code == 302

    found = Company.current()
    assert (found.country, found.quiet_from, found.quiet_until) == ("JP", time(19, 30), time(7, 15))
    assert (found.budget_days, found.detractor_rest_days) == (14, 0)
    assert (found.greeting_gap_days, found.thanks_gap_days, found.survey_gap_days) == (3, 0, 365)


@pytest.mark.parametrize(
    ("begins", "ends", "hour", "fits"),
    [
        ("20:00", "08:00", "08:00", True),
        ("20:00", "08:00", "19:59", True),
        ("09:00", "10:00", "09:30", False),
        ("09:00", "10:00", "10:00", True),
        ("00:00", "00:00", "03:00", True),
    ],
)
def test_greetings_are_not_due_at_an_hour_at_which_nothing_goes_out(
    login: Login, administrator: User, company: Company, begins: str, ends: str, hour: str, fits: bool
) -> None:
    response = save(login(administrator), company, quiet_from=begins, quiet_until=ends, greeting_time=hour)

    assert (response.status_code == 302) is fits


def test_boxes_can_be_unticked(login: Login, administrator: User, company: Company) -> None:
    data = typed(company)
    for name in ("thank_purchases", "thank_referrals"):
        del data[name]

    login(administrator).post(reverse("company_settings"), data)

    found = Company.current()
    assert (found.thank_new_customers, found.thank_purchases, found.thank_referrals) == (True, False, False)


def test_an_installation_without_settings_gets_its_one_row(login: Login, administrator: User) -> None:
    Company.objects.all().delete()

    assert save(login(administrator), Company(pk=1)).status_code == 302
    assert Company.objects.get().pk == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("", "\x00", "a" * 151)),
        *(("postal_address", value) for value in ("a" * 501, "\x00", "word " * 200_000)),
        *(("time_zone", value) for value in ("", "Mars/Olympus")),
        *(("currency", value) for value in ("", "€", "EU", "EURO", "12E", "ßßß", "\x00")),
        *(("greeting_time", value) for value in ("", "25:00", "nine", "\x00")),
        *(("survey_reminder_days", value) for value in ("-1", "61", "9" * 5000, "x")),
        *(("survey_cooldown_days", value) for value in ("0", "99999")),
        ("survey_valid_days", "0"),
        ("visibility", "all"),
        ("leap_day", "april"),
        *(("country", value) for value in ("XX", "se", "Sweden", "\x00")),
        *(("quiet_from", value) for value in ("", "24:00", "late")),
        *(("greeting_time", value) for value in ("07:59", "20:00", "00:00")),
        *(("budget_days", value) for value in ("-1", "366", "x", "")),
        *((f"{kind}_gap_days", value) for kind in ("greeting", "thanks", "survey") for value in ("-1", "366", "")),
        *(("detractor_rest_days", value) for value in ("-1", "366")),
        *(("mails_per_minute", value) for value in ("-1", "many")),
    ],
    ids=range(55),
)
def test_bad_settings_get_a_message_at_the_field_and_change_nothing(
    login: Login, administrator: User, company: Company, field: str, value: str
) -> None:
    response = save(login(administrator), company, **{field: value})

    form = response.context["form"]
    assert set(form.errors) == {field}
    assert form[field].value() == value
    assert model_to_dict(Company.current()) == model_to_dict(company)


def test_only_administrators_change_the_company(login: Login, owner: User, manager: User, company: Company) -> None:
    for person in (owner, manager):
        assert login(person).get(reverse("company_settings")).status_code == 403
        assert save(login(person), company, name="Mine").status_code == 403
    assert Company.current().name == "Nordlicht AB"


def test_people_change_their_own_name_time_zone_and_working_days(login: Login, owner: User) -> None:
    data = {"name": "Mia Berg-Lind", "time_zone": "Asia/Kolkata", "working_days": ["0", "2", "6"]}

    response = login(owner).post(reverse("profile"), data)

    assert response.status_code == 302
    owner.refresh_from_db()
    assert (owner.name, owner.time_zone, owner.working_days) == ("Mia Berg-Lind", "Asia/Kolkata", [0, 2, 6])


def test_a_profile_changes_nothing_else(login: Login, owner: User) -> None:
    data = {"name": "Mia", "time_zone": "UTC", "role": "administrator", "email": "x@example.com", "is_active": ""}

    login(owner).post(reverse("profile"), data)

    owner.refresh_from_db()
    assert (owner.role, owner.email, owner.is_active) == ("staff", "mia@example.com", True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", value) for value in ("", "\x00", "a" * 151, "a" * 1_000_000)),
        *(("time_zone", value) for value in ("", "Nowhere", "\x00")),
        *(("working_days", value) for value in (["7"], ["x"], ["\x00"], ["-1"], ["9" * 5000])),
    ],
    ids=range(12),
)
def test_a_bad_profile_gets_a_message_and_does_not_show_in_the_frame(
    login: Login, owner: User, field: str, value: Any
) -> None:
    data = {"name": "Mia Berg", "time_zone": "Europe/Stockholm", "working_days": ["0"], field: value}

    response = login(owner).post(reverse("profile"), data)

    assert set(response.context["form"].errors) == {field}
    assert "Menu of Mia Berg" in response.content.decode()
    owner.refresh_from_db()
    assert owner.name == "Mia Berg"


def test_a_select_of_time_zones_offers_all_and_marks_the_own(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="America/New_York")

    html = login(owner).get(reverse("profile")).content.decode()

    assert '<option value="America/New_York" selected>America/New York</option>' in html
    assert html.count("<option") > 400
    zones = html[html.index('name="time_zone"') :]
    assert zones[: zones.index("</select>")].count(" selected>") == 1


def test_a_time_zone_that_is_no_longer_known_asks_for_a_choice(login: Login, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="Atlantis/Capital")

    html = login(owner).get(reverse("profile")).content.decode()

    assert '<option value="" selected></option>' in html


def test_names_are_text_wherever_they_show(login: Login, administrator: User) -> None:
    factories.user(name="<i>Bobby</i> {{ 7 }}")

    html = login(administrator).get(reverse("people")).content.decode()

    assert "<i>Bobby" not in html
    assert "&lt;i&gt;Bobby&lt;/i&gt; {{ 7 }}" in html


@pytest.mark.parametrize(("one_in", "is_fine"), [("0", True), ("1", False), ("2", True), ("100", True), ("101", False)])
def test_a_part_goes_without_greetings_and_never_everybody(
    login: Login, administrator: User, company: Company, one_in: str, is_fine: bool
) -> None:
    response = save(login(administrator), company, greetings_held_out_every=one_in)
    assert (response.status_code == 302) is is_fine
    if not is_fine:
        assert list(response.context["form"].errors) == ["greetings_held_out_every"]
