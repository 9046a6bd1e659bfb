"""Doing what imports wait for: a little of each in turn, by one worker at a time, and on from where another stopped."""

import logging
import time
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils.translation import gettext as _

from customers.importing.checking import check
from customers.importing.running import run
from customers.importing.staging import forget_file, read
from customers.importing.tables import UnreadableFile
from customers.importing.undoing import undo
from customers.models import KEPT_FOR, Import, ImportRow, ImportState
from retention_crm.lib import clock
from retention_crm.lib.alone import Job, alone

log = logging.getLogger(__name__)
SLICE_SECONDS = 5.0


def carry_on(*, until: float) -> bool:
    """Works until that moment of the steady clock; whether there is more to do. If another worker is at it, nothing.

    Of imports that write only the oldest goes on: two that bring the same person must not both find nobody.
    """
    with alone(Job.IMPORTS) as is_alone:
        if not is_alone:
            return False
        while time.monotonic() < until:
            waiting = list(Import.objects.working().select_related("created_by"))
            if not waiting:
                return False
            is_written = False
            for intake in waiting:
                if intake.state == ImportState.RUNNING:
                    if is_written:
                        continue
                    is_written = True
                _work(intake)
        return Import.objects.working().exists()


def _work(intake: Import) -> None:
    """A slice of the work; what can not be done is said on the import, so that it holds up no other."""
    until = time.monotonic() + SLICE_SECONDS
    try:
        if intake.state == ImportState.READING:
            read(intake)
        elif intake.state == ImportState.CHECKING:
            check(intake, until=until)
        elif intake.state == ImportState.RUNNING:
            run(intake, until=until)
        else:
            undo(intake, until=until)
    except UnreadableFile as reason:
        _give_up(intake, str(reason))
    except (OperationalError, InterfaceError):
        # The database went away or two were in each other's way: the next tick tries again.
        raise
    except (DatabaseError, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, AssertionError):
        log.exception("Import %s stopped while %s.", intake.pk, intake.state)
        _give_up(intake, _("Something went wrong that should not; it stands in the log of the worker."))


def _give_up(intake: Import, problem: str) -> None:
    frm = (ImportState(intake.state),)
    # Who discards an import that is being read takes the ground from under it: then there is nothing to say.
    intake.move_to(ImportState.FAILED, frm=frm, problem=problem, finished_at=clock.now())
    if intake.began_at is None:
        forget_file(intake)


def forget_old(at: datetime) -> int:
    """Takes out the lines of imports that are a month old, and all of those that never began; how many rows it were."""
    old = Import.objects.filter(created_at__lt=at - KEPT_FOR).exclude(state__in=[ImportState.RUNNING])
    unbegun, _models = old.filter(began_at=None).delete()
    begun, _rows = ImportRow.objects.filter(of__in=old).delete()
    return unbegun + begun
