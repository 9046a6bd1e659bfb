"""Doing something several times at the same moment."""

import threading
from collections.abc import Callable

from django.db import connection


def at_once[T](work: Callable[[], T], number: int) -> list[T]:
    """Runs the work in threads that start together, each with a database connection of its own."""
    barrier = threading.Barrier(number)
    results: list[T] = []

    def run() -> None:
        barrier.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == number
    return results
