"""Addresses nothing is sent to."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from retention_crm.lib import tokens
from retention_crm.lib.fields import LineField


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def among(self, addresses: list[str]) -> set[str]:
        """Those of the given addresses nothing may be sent to."""
        digests = {address: tokens.address_digests(address) for address in addresses if address}
        wanted = {digest for own in digests.values() for digest in own}
        found = set(self.filter(digest__in=wanted).values_list("digest", flat=True))
        return {address for address, own in digests.items() if not found.isdisjoint(own)}

    def of(self, address: str) -> Self:
        """The one row of an address, if it is suppressed."""
        return self.filter(digest__in=tokens.address_digests(address))

    def suppress(self, address: str, reason: str, at: datetime) -> None:
        """Nothing more is sent to that address; the first reason stands."""
        if not self.of(address).exists():
            digest = tokens.address_digest(address)
            self.get_or_create(digest=digest, defaults={"reason": reason[:300], "created_at": at})


class Suppression(models.Model):
    """A mail address that does not exist or whose owner complained; kept as a keyed hash only."""

    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()

    objects = SuppressionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.digest[:12]


class SuppressionDecision(models.Model):
    """A person added or lifted the suppression of an address; like it, kept without the address itself."""

    digest = models.CharField(max_length=64, db_index=True)
    is_suppressed = models.BooleanField()
    reason = LineField(_("why"), max_length=300)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.digest[:12]}: {self.is_suppressed}"
