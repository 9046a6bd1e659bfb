"""Who may see and change what belongs to a customer."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Self

from django.db import models

from accounts.models import User


class CustomerDataQuerySet[M: models.Model](models.QuerySet[M]):
    """The door to every model that belongs to a customer; `customer_path` leads from the model to it."""

    customer_path = "customer__"

    def visible_to(self, user: User) -> Self:
        """Rows the user may read: managers all; staff their own and their team's, or all by the company's setting."""
        return self if user.reads_everything else self.filter(self._belongs_to(user))

    def editable_by(self, user: User) -> Self:
        """Rows the user may change: managers all; staff their own and their team's."""
        return self if user.sees_everything else self.filter(self._belongs_to(user))

    def pks_editable_by(self, user: User, pks: Collection[int]) -> set[int]:
        """Those of the given ids whose rows the user may change."""
        return set(self.editable_by(user).filter(pk__in=pks).values_list("pk", flat=True))

    def _belongs_to(self, user: User) -> models.Q:
        # The ids themselves, so that the database knows how many rows to expect and begins at the right end.
        return models.Q(**{f"{self.customer_path}owner_id__in": user.team_ids})


class OneOpenQuerySet[M: models.Model](CustomerDataQuerySet[M]):
    """The door to a model of which each customer has one row that is open at most, and any number that ended.

    When two customers are merged, `customers.merging` ends what would be one too many.
    """

    def open(self) -> Self:
        raise NotImplementedError

    def doubled(self, kept: Any, lost: Any) -> Self:
        """Those that end when the second customer becomes the first; asked before anything is moved."""
        theirs = self.open().filter(customer=lost)
        return theirs if self.open().filter(customer=kept).exists() else theirs.none()

    def end_as_merged(self, *, on: date, at: datetime) -> int:
        raise NotImplementedError
