"""The one door to customer data: `visible_to` and `editable_by`, on every model that has a customer."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from accounts.models import Company, User, Visibility
from customers.models import (
    ConsentChange,
    Contact,
    Customer,
    CustomerDataQuerySet,
    FormerKey,
    Merge,
    OwnerChange,
    PreferenceChange,
    StageChange,
)
from dashboard.models import BulkChange, BulkRow
from interactions.models import CheckInAnswer, CheckInQuestion, Guest
from outreach.models import AgreedVersion, Message, MessageKind, ReaderFormat, RecapStyle
from retention.models import CustomerRisk, HealthChange
from retention.planning import open_plan_of
from surveys.models import Begun, Theme, ThemeChoice
from tests import factories


def own_models() -> list[type[models.Model]]:
    ours = {"accounts", "customers", "interactions", "surveys", "outreach", "retention", "dashboard"}
    return [model for model in apps.get_models() if model._meta.app_label in ours]


def has_door(model: type[models.Model]) -> bool:
    return isinstance(model._default_manager.get_queryset(), CustomerDataQuerySet)


def guarded_models() -> list[type[models.Model]]:
    return [model for model in own_models() if has_door(model)]


def models_of_a_customer() -> Iterator[type[models.Model]]:
    for model in own_models():
        targets = {field.related_model for field in model._meta.get_fields() if field.concrete and field.is_relation}
        if model is Customer or targets & {Customer, Contact}:
            yield model


def begun(of: Customer) -> Begun:
    invitation = factories.invitation(factories.contact(of))
    version = invitation.survey.published
    assert version is not None
    return Begun.objects.create(invitation=invitation, version=version, changed_at=factories.NOW)


def make(model: type[models.Model], of: Customer) -> models.Model:
    """A row of that model for this customer; a model without an entry here needs one."""
    makers: dict[str, Any] = {
        "Customer": lambda: of,
        "Contact": lambda: factories.contact(of),
        "ConsentChange": lambda: ConsentChange.objects.create(
            contact=factories.contact(of), kind="surveys", granted=False, source="staff", changed_at=factories.NOW
        ),
        "ContactDetail": lambda: factories.detail(factories.contact(of)),
        "DatedEvent": lambda: factories.dated_event(factories.contact(of)),
        "FormerKey": lambda: FormerKey.objects.create(customer=of, key=f"import:shop:{of.pk}"),
        "Merge": lambda: Merge.objects.create(
            customer=of, former_pk=of.pk + 1000, former_name="Before", merged_by=of.owner, merged_at=factories.NOW
        ),
        "Trashed": lambda: factories.trashed(of),
        "OwnerChange": lambda: OwnerChange.objects.create(
            customer=of, former=of.owner, owner=of.owner, changed_at=factories.NOW
        ),
        "StageChange": lambda: StageChange.objects.create(
            customer=of, former="acquaintance", stage="friend", changed_at=factories.NOW
        ),
        "Document": lambda: factories.document(factories.interaction(of)),
        "PreferenceChange": lambda: PreferenceChange.objects.create(
            contact=factories.contact(of), what="channel", chosen="phone", changed_at=factories.NOW
        ),
        "Interaction": lambda: factories.interaction(of),
        "Meeting": lambda: factories.meeting(of),
        "Guest": lambda: Guest.objects.create(meeting=factories.meeting(of), contact=factories.contact(of)),
        "Correction": lambda: factories.correction(factories.contact(of)),
        "AgreedVersion": lambda: AgreedVersion.objects.create(
            customer=of,
            interaction=factories.interaction(of),
            number=2,
            text="In blue.",
            agreed_by=of.owner,
            agreed_at=factories.NOW,
        ),
        "RecapStyle": lambda: RecapStyle.objects.create(customer=of),
        "ReaderFormat": lambda: ReaderFormat.objects.create(contact=factories.contact(of), format="pdf"),
        "FollowUp": lambda: factories.follow_up(of),
        "Complaint": lambda: factories.complaint(of),
        "Wish": lambda: factories.wish(of),
        "PlayTurn": lambda: factories.play_turn(of),
        "Judgement": lambda: factories.judgement(of),
        "HealthChange": lambda: HealthChange.objects.create(
            customer=of, changed_at=factories.NOW, band="watch", former_band="healthy"
        ),
        "Perk": lambda: factories.perk(of),
        "Renewal": lambda: factories.renewal(of),
        "Expectation": lambda: factories.expectation(of),
        "Loss": lambda: factories.loss(of),
        "RetentionPlan": lambda: factories.plan(of),
        "PlanStep": lambda: factories.plan_step(open_plan_of(of) or factories.plan(of)),
        "NoticeFor": lambda: factories.notice_for(of),
        "Invitation": lambda: factories.invitation(factories.contact(of)),
        "Response": lambda: factories.response(factories.invitation(factories.contact(of))),
        "Begun": lambda: begun(of),
        "ThemeChoice": lambda: ThemeChoice.objects.create(
            response=factories.response(factories.invitation(factories.contact(of))),
            theme=Theme.objects.get_or_create(name="Delivery")[0],
            is_on=True,
        ),
        "Queued": lambda: factories.queued(factories.contact(of)),
        "Answer": lambda: factories.response(factories.invitation(factories.contact(of))).answers.get(),
        "Message": lambda: Message.objects.create(
            occasion=f"test:{of.pk}",
            kind=MessageKind.BIRTHDAY,
            customer=of,
            due_at=factories.NOW,
            expires_at=factories.NOW,
            dated_at=factories.NOW,
        ),
        "CheckInAnswer": lambda: CheckInAnswer.objects.create(
            interaction=factories.interaction(of), question=CheckInQuestion.objects.create(text="Why?"), text="So"
        ),
        "Notification": lambda: factories.notification(of.owner, of),
        "BulkRow": lambda: BulkRow.objects.create(
            customer=of,
            change=BulkChange.objects.create(action="owner", words="Given", by=of.owner, made_at=factories.NOW),
        ),
        "RiskSnapshot": lambda: factories.snapshot(of),
        "CustomerRisk": lambda: CustomerRisk.objects.create(customer=of),
    }
    row: models.Model = makers[model.__name__]()
    return row


def ids(rows: Any) -> set[Any]:
    return set(rows.values_list("pk", flat=True))


each_guarded_model = pytest.mark.parametrize("model", guarded_models(), ids=lambda model: model.__name__)


@pytest.mark.parametrize("model", list(models_of_a_customer()), ids=lambda model: model.__name__)
def test_every_model_of_a_customer_has_the_door(model: type[models.Model]) -> None:
    assert has_door(model), f"{model.__name__} needs a manager made from a CustomerDataQuerySet"


@each_guarded_model
def test_staff_see_and_change_their_own_and_their_teams(
    model: type[models.Model], company: Company, owner: User, teammate: User, outsider: User
) -> None:
    ours = make(model, factories.customer(owner))
    theirs = make(model, factories.customer(outsider))
    rows: Any = model._default_manager

    for person, mine, foreign in ((owner, ours, theirs), (teammate, ours, theirs), (outsider, theirs, ours)):
        for allowed in (rows.visible_to(person), rows.editable_by(person)):
            assert mine.pk in ids(allowed)
            assert foreign.pk not in ids(allowed)


@each_guarded_model
def test_managers_and_administrators_see_and_change_all(
    model: type[models.Model], company: Company, outsider: User, manager: User, administrator: User
) -> None:
    theirs = make(model, factories.customer(outsider))
    rows: Any = model._default_manager

    for person in (manager, administrator):
        assert theirs.pk in ids(rows.visible_to(person))
        assert theirs.pk in ids(rows.editable_by(person))


@each_guarded_model
def test_a_company_that_shares_everything_lets_staff_read_but_not_change(
    model: type[models.Model], company: Company, owner: User, outsider: User
) -> None:
    Company.objects.update(visibility=Visibility.COMPANY)
    ours = make(model, factories.customer(owner))
    rows: Any = model._default_manager

    assert ours.pk in ids(rows.visible_to(outsider))
    assert ours.pk not in ids(rows.editable_by(outsider))


@each_guarded_model
def test_two_people_without_a_team_are_not_teammates(model: type[models.Model], company: Company) -> None:
    alone, other = factories.user(), factories.user()
    mine = make(model, factories.customer(alone))
    rows: Any = model._default_manager

    assert mine.pk in ids(rows.visible_to(alone))
    assert mine.pk not in ids(rows.visible_to(other))


@each_guarded_model
def test_who_changes_the_team_loses_the_old_teams_rows(
    model: type[models.Model], company: Company, owner: User, teammate: User, outsider: User
) -> None:
    ours = make(model, factories.customer(owner))
    teammate.team = outsider.team
    teammate.save()
    rows: Any = model._default_manager

    assert ours.pk not in ids(rows.visible_to(teammate))
    assert ours.pk not in ids(rows.editable_by(teammate))
