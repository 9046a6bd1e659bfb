"""Which messages wait for a person's approval: kinds by segments."""

from collections.abc import Iterable

from django.db import transaction

from customers.models import Segment
from outreach.models import CUSTOMER_KINDS, Approval

# A kind of message and the segment's id; None stands for all segments.
type Cell = tuple[str, int | None]


def asked_for() -> set[Cell]:
    """All that waits for approval by the settings as they are."""
    return set(Approval.objects.values_list("kind", "segment_id"))


def ask_for(cells: Iterable[Cell]) -> None:
    """Makes these, and no others, wait for approval from the next planning on; unknown kinds and segments are left out.

    What is planned already stays as it was planned.
    """
    segments = {None, *Segment.objects.values_list("pk", flat=True)}
    wanted = {(kind, pk) for kind, pk in cells if kind in CUSTOMER_KINDS and pk in segments}
    with transaction.atomic():
        for row in Approval.objects.select_for_update():
            if (row.kind, row.segment_id) not in wanted:
                row.delete()
        Approval.objects.bulk_create([Approval(kind=kind, segment_id=pk) for kind, pk in wanted], ignore_conflicts=True)
