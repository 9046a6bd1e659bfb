"""Making and changing surveys, and withdrawing links."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, User, Visibility
from customers.models import Customer
from surveys.models import Invitation, Survey
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.usefixtures("present", "company")
Login = Callable[[User], Client]


@pytest.fixture
def survey(db: None) -> Survey:
    return factories.survey(name="Relationship")


# ---- Making and changing ----


@pytest.mark.parametrize("who", ["manager", "administrator"])
@pytest.mark.parametrize("ready", ["", "relationship", "purchase", "meeting", "complaint", "onboarding", "leaving"])
def test_managers_make_surveys_and_nobody_is_asked_yet(
    login: Login, request: pytest.FixtureRequest, who: str, ready: str
) -> None:
    browser = login(request.getfixturevalue(who))

    assert browser.get(reverse("survey_new")).status_code == 200
    response = browser.post(reverse("survey_new"), {"name": "After a visit", "language": "en", "ready": ready})

    made = Survey.objects.get()
    assert response.headers["Location"] == reverse("survey_edit", args=[made.pk])
    assert (made.name, made.published) == ("After a visit", None)
    assert bool(made.versions.get().asked) is bool(ready)
    assert not Survey.objects.asking().exists()


def test_managers_name_surveys_and_take_them_out_of_use(survey: Survey, manager: User, login: Login) -> None:
    login(manager).post(
        reverse("survey_settings", args=[survey.pk]),
        {"name": "After a visit", "language": "de", "follow_up_hours": "8"},
    )

    survey.refresh_from_db()
    assert (survey.name, survey.language, survey.is_active) == ("After a visit", "de", False)


@pytest.mark.parametrize("who", ["owner", "teammate", "outsider"])
def test_staff_only_read_surveys(survey: Survey, login: Login, request: pytest.FixtureRequest, who: str) -> None:
    browser = login(request.getfixturevalue(who))

    assert browser.get(reverse("survey", args=[survey.pk])).status_code == 200
    assert browser.get(reverse("survey_results", args=[survey.pk])).status_code == 200
    for url in (reverse("survey_new"), reverse("survey_settings", args=[survey.pk])):
        assert browser.get(url).status_code == 403
        assert browser.post(url, {"name": "Mine", "language": "en"}).status_code == 403
    assert Survey.objects.get().name == "Relationship"


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("survey_settings", "name", ""),
        ("survey_settings", "name", "x" * 121),
        ("survey_settings", "name", "\x00"),
        ("survey_settings", "language", "xx"),
        ("survey_thanks", "thanks", ""),
        ("survey_thanks", "thanks_promoter", "x" * 1001),
    ],
)
def test_a_bad_text_is_refused_at_its_field_and_the_others_are_kept(
    survey: Survey, manager: User, login: Login, page: str, field: str, value: str
) -> None:
    texts = (
        {"name": "New name", "language": "en", "follow_up_hours": "24"}
        if page == "survey_settings"
        else {"thanks": "Thanks!"}
    )
    response = login(manager).post(reverse(page, args=[survey.pk]), {**texts, field: value})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert all(text in response.content.decode() for name, text in texts.items() if name != field)
    assert Survey.objects.get().name == "Relationship"
    assert survey.versions.count() == 1


@pytest.mark.parametrize("data", [{}, {"name": "x", "language": "en", "ready": "no such"}])
def test_a_post_without_a_survey_in_it_is_refused(manager: User, login: Login, data: dict[str, str]) -> None:
    assert login(manager).post(reverse("survey_new"), data).status_code == 422
    assert not Survey.objects.exists()


@pytest.mark.parametrize("name", ["survey", "survey_edit"])
@pytest.mark.parametrize("pk", [999_999, 2**63, 10**30])
def test_a_survey_nobody_has_is_not_found(manager: User, login: Login, name: str, pk: int) -> None:
    assert login(manager).get(reverse(name, args=[pk])).status_code == 404


# ---- Withdrawing a link ----


@pytest.mark.parametrize(
    ("who", "status", "revoked"),
    [
        ("owner", 302, True),
        ("teammate", 302, True),
        ("manager", 302, True),
        ("administrator", 302, True),
        ("outsider", 404, False),
    ],
)
def test_who_may_change_the_customer_withdraws_its_links(
    customer: Customer, login: Login, request: pytest.FixtureRequest, who: str, status: int, revoked: bool
) -> None:
    invitation = factories.invitation(factories.contact(customer))

    response = login(request.getfixturevalue(who)).post(reverse("invitation_revoke", args=[invitation.pk]))

    invitation.refresh_from_db()
    assert response.status_code == status
    assert (invitation.revoked_at == NOW) is revoked
    assert Client().get(reverse("survey_answer", args=[invitation.token])).status_code == (404 if revoked else 200)


def test_who_may_only_read_does_not_withdraw(customer: Customer, outsider: User, login: Login) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    invitation = factories.invitation(factories.contact(customer))

    assert login(outsider).post(reverse("invitation_revoke", args=[invitation.pk])).status_code == 403
    invitation.refresh_from_db()
    assert invitation.revoked_at is None


def test_withdrawing_leads_back_to_the_list_and_says_what_happened(
    customer: Customer, owner: User, login: Login
) -> None:
    invitation = factories.invitation(factories.contact(customer, name="Amira Haddad"))

    response = login(owner).post(reverse("invitation_revoke", args=[invitation.pk]), follow=True)

    assert response.context["waiting"] == []
    assert "The survey link of Amira Haddad no longer works." in response.content.decode()


def test_withdrawing_keeps_an_answer(customer: Customer, owner: User, login: Login) -> None:
    invitation = factories.invitation(factories.contact(customer))
    factories.response(invitation, score=3)
    login(owner).post(reverse("invitation_revoke", args=[invitation.pk]))

    assert Invitation.objects.get().response.score == 3


def test_a_link_is_withdrawn_by_post_only(customer: Customer, owner: User, login: Login) -> None:
    invitation = factories.invitation(factories.contact(customer))

    assert login(owner).get(reverse("invitation_revoke", args=[invitation.pk])).status_code == 405
    invitation.refresh_from_db()
    assert invitation.revoked_at is None
