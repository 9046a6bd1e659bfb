"""Published versions with their questions, remembered by each process: once published they never change."""

import copy
from datetime import datetime
from functools import lru_cache

from retention_crm.lib import text
from surveys.models import Survey, Version

REMEMBERED = 64


def with_questions(version: Version) -> Version:
    """The same published version with its questions at hand; one's own copy, which may be changed."""
    assert version.published_at is not None
    return copy.copy(_read(version.pk, version.published_at))


def version_opened(survey: Survey, opened: str) -> Version | None:
    """The version whose page was opened, as the page itself says; None if it does not, or says nonsense."""
    pk = text.row_id(opened)
    if pk is None or (survey.published is not None and survey.published.pk == pk):
        return survey.published if pk else None
    return Version.objects.filter(pk=pk, survey=survey, published_at__isnull=False).first()


# The moment beside the key: a database that was put back may have another version under it.
@lru_cache(maxsize=REMEMBERED)
def _read(pk: int, published_at: datetime) -> Version:
    version = Version.objects.prefetch_related("questions").get(pk=pk, published_at=published_at)
    # Worked out here once instead of by each reader.
    assert version.asked is not None
    return version
