"""Ticks of the worker. Each may run twice, late or on two machines at once."""

from celery import shared_task

from interactions.attaching import forget_removed
from interactions.learning_words import learn_words_if_due
from retention_crm.lib import clock


@shared_task(name="interactions.forget_removed_documents")
def forget_removed_documents() -> int:
    return forget_removed(clock.now())


@shared_task(name="interactions.learn_words")
def learn_words() -> int:
    """Learns the words of notes once a day; returns how many, or nothing if that was done."""
    return learn_words_if_due(at=clock.now())
