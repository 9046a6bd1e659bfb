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
TEXTS = {"name": "After a visit", "question": "Would you?", "comment_question": "Why?", "thanks": "Thanks!"}


@pytest.fixture
def survey(db: None) -> Survey:
    return factories.survey(name="Relationship")


# ---- Making and changing ----


@pytest.mark.parametrize("who", ["manager", "administrator"])
def test_managers_make_surveys(login: Login, request: pytest.FixtureRequest, who: str) -> None:
    browser = login(request.getfixturevalue(who))

    assert browser.get(reverse("survey_new")).status_code == 200
    response = browser.post(reverse("survey_new"), {**TEXTS, "is_active": "on"})

    made = Survey.objects.get()
    assert response.headers["Location"] == reverse("survey", args=[made.pk])
    assert (made.name, made.question, made.thanks, made.is_active) == ("After a visit", "Would you?", "Thanks!", True)


def test_managers_change_surveys(survey: Survey, manager: User, login: Login) -> None:
    login(manager).post(reverse("survey_edit", args=[survey.pk]), TEXTS)

    survey.refresh_from_db()
    assert (survey.name, survey.is_active) == ("After a visit", False)


@pytest.mark.parametrize("who", ["owner", "teammate", "outsider"])
def test_staff_only_read_surveys(survey: Survey, login: Login, request: pytest.FixtureRequest, who: str) -> None:
    browser = login(request.getfixturevalue(who))

    assert browser.get(reverse("survey", args=[survey.pk])).status_code == 200
    for url in (reverse("survey_new"), reverse("survey_edit", args=[survey.pk])):
        assert browser.get(url).status_code == 403
        assert browser.post(url, TEXTS).status_code == 403
    assert Survey.objects.get().name == "Relationship"


@pytest.mark.parametrize("field", ["name", "question", "comment_question", "thanks"])
@pytest.mark.parametrize("value", ["", "x" * 5000, "\x00"])
def test_a_bad_text_is_refused_at_its_field_and_the_others_are_kept(
    survey: Survey, manager: User, login: Login, field: str, value: str
) -> None:
    response = login(manager).post(reverse("survey_edit", args=[survey.pk]), {**TEXTS, field: value})

    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    page = response.content.decode()
    assert all(text in page for name, text in TEXTS.items() if name != field)
    assert Survey.objects.get().name == "Relationship"


def test_a_post_without_anything_is_refused(manager: User, login: Login) -> None:
    assert login(manager).post(reverse("survey_new")).status_code == 422


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
