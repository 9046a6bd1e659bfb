"""Taking back what was decided, or doing it otherwise, together with the mails that would have told of it."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import User
from interactions.logging import record
from interactions.models import FollowUp, How, Interaction, Notice, NoticeFor, Wish, WishQuerySet
from outreach.cancelling import STOPPABLE, cancel
from outreach.models import Message, MessageQuerySet, Sentence, State
from outreach.planning import one_at_a_time
from surveys.models import Invitation

# What did not go out and will not by itself: deciding the same again brings it back.
NOT_GONE = (*STOPPABLE, State.HELD, State.CANCELLED, State.EXPIRED)


def reopen(wish: Wish, *, at: datetime) -> bool:
    """The wish is open again and nobody is told that it is closed; false if they were told, or may have been."""
    _number, told = reopen_all(Wish.objects.filter(pk=wish.pk), at=at)
    wish.refresh_from_db()
    return not told


def reopen_all(wishes: WishQuerySet, *, at: datetime) -> tuple[int, int]:
    """The same for many; returns how many are open again, and of how many of these somebody has heard, or may have."""
    with transaction.atomic():
        rows = Wish.objects.filter(pk__in=list(wishes.order_by().values_list("pk", flat=True)))
        answers = Message.objects.filter(wish__in=rows)
        number = rows.reopen()
        cancel(answers, reason="opened_again", why=Sentence("wish_opened"), at=at, states=NOT_GONE)
        return number, answers.exclude(state=State.CANCELLED).count()


def tell_in_person(row: NoticeFor, interaction: Interaction, *, by: User, at: datetime) -> None:
    """They were told in this conversation: it is logged, the task is done, and no mail goes out."""
    with transaction.atomic():
        record(interaction, at=at)
        if row.follow_up is not None:
            row.follow_up.finish(by, at)
        row.told_in = interaction
        row.save(update_fields=["told_in"])
        _call_off(Message.objects.filter(notice_for=row), Sentence("told_in_person"), at)


def tell_otherwise(row: NoticeFor, how: How, *, at: datetime) -> None:
    """Another way is chosen for one customer; a mail that waits is called off, or planned anew."""
    with transaction.atomic():
        row.how, row.how_since = how, at
        row.save(update_fields=["how", "how_since"])
        if how != How.MAIL:
            _call_off(Message.objects.filter(notice_for=row), Sentence("to_be_told_in_person"), at)


def withdraw(notice: Notice, *, at: datetime) -> None:
    """The news is not true any more: nobody else is told, and the tasks are gone. Who was told stays known."""
    with transaction.atomic():
        Notice.objects.filter(pk=notice.pk, withdrawn_at__isnull=True).update(withdrawn_at=at)
        FollowUp.objects.open().filter(notice_for__notice=notice).delete()
        _call_off(Message.objects.filter(notice_for__notice=notice), Sentence("notice_withdrawn"), at)
    notice.refresh_from_db()


def ask_no_more(invitations: Collection[int], *, at: datetime) -> set[int]:
    """Takes back those of the invitations that have not gone out, and returns their ids: nobody was asked by them.

    The cool-down they began is over with them.
    """
    with transaction.atomic():
        # A planner may be writing their messages.
        one_at_a_time()
        asked = Message.objects.filter(invitation__in=invitations)
        cancel(asked, reason="taken_back", why=Sentence("invitation_taken_back"), at=at, states=NOT_GONE)
        gone = set(asked.exclude(state=State.CANCELLED).values_list("invitation_id", flat=True))
        unheard = Invitation.objects.filter(pk__in=set(invitations) - gone)
        back = set(unheard.values_list("pk", flat=True))
        unheard.delete()
        return back


def _call_off(notices: MessageQuerySet, why: Sentence, at: datetime) -> None:
    cancel(notices, reason="told_otherwise", why=why, at=at, states=NOT_GONE)
