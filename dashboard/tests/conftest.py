"""Pages are asked for on one known morning."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.factories import NOW


@pytest.fixture
def this_morning() -> Iterator[None]:
    """10:00 in Stockholm on Thursday, 26 November 2026."""
    with time_machine.travel(NOW, tick=False):
        yield
