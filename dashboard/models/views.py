"""What people keep of the pages they look at."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from retention_crm.lib.fields import LineField


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> Self:
        """Their own, those of their team, and those of the whole company."""
        return self.filter(
            Q(owner=user)
            | Q(shared_with=SavedView.Sharing.COMPANY)
            | Q(shared_with=SavedView.Sharing.TEAM, owner__team__isnull=False, owner__team=user.team_id)
        )


class SavedView(models.Model):
    """A list of customers somebody comes back to: filters, order and columns under a name.

    Whoever opens it sees their own customers by it; sharing it shows nobody a customer they could not see.
    """

    class Sharing(models.TextChoices):
        NOBODY = "nobody", _("Only me")
        TEAM = "team", _("My team")
        COMPANY = "company", _("Everybody")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = LineField(_("name"), max_length=60)
    query = models.TextField(editable=False, help_text="What follows the question mark in the address of the list.")
    shared_with = models.CharField(_("who sees it"), max_length=8, choices=Sharing.choices, default=Sharing.NOBODY)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def address_query(self) -> str:
        """What the address of the list has after the question mark, with the view that it shows."""
        query = QueryDict(self.query, mutable=True)
        query["view"] = str(self.pk)
        return query.urlencode()

    def may_be_changed_by(self, user: User) -> bool:
        """Its owner, and an administrator what is shared with everybody."""
        is_common = self.shared_with != self.Sharing.NOBODY
        return self.owner_id == user.pk or (is_common and user.is_administrator)


class FirstView(models.Model):
    """The view with which somebody's list of customers opens."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="first_view"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user}: {self.view}"
