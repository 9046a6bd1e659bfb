"""A worker that kills itself at a chosen point of a hand-over, as often as there are tokens for it.

FAULT_POINT names the point, FAULT_VICTIM is `child` or `tree`, FAULT_TOKENS a directory: each kill takes a file out of
it, and when none is left the worker is like any other. The kill is SIGKILL: nothing of the process runs after it.
FAULT_CLAIM is how many messages a worker claims at once at most.
"""

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from outreach import claiming
from outreach.delivery import Run
from outreach.transport import ACCEPTED, Transport

# Passed so often at most before it strikes, so that it strikes at the beginning of a batch and in its middle.
_MOST_PASSES = {"planned": 1, "claimed": 1, "connected": 1, "after the last commit": 1}

type Function = Callable[..., Any]


class Strike:
    """Kills where `passes` has been counted down, if there is a token left."""

    def __init__(self, point: str, victim: str, tokens: Path) -> None:
        self.point, self.victim, self.tokens = point, victim, tokens
        self.most = _MOST_PASSES.get(point, 6)
        self.owner, self.passes = 0, 0

    def __call__(self) -> None:
        if self.owner != os.getpid():
            # A new child of the pool has the memory of its parent.
            self.owner, self.passes = os.getpid(), random.SystemRandom().randint(1, self.most)
        self.passes -= 1
        if self.passes > 0 or not self._take():
            return
        if self.victim == "tree":
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def _take(self) -> bool:
        for token in self.tokens.iterdir():
            try:
                token.unlink()
            except FileNotFoundError:
                continue
            return True
        return False


def _before(owner: Any, name: str, strike: Strike) -> None:
    real = getattr(owner, name)

    def struck(*args: Any, **options: Any) -> Any:
        strike()
        return real(*args, **options)

    setattr(owner, name, struck)


def _after(owner: Any, name: str, strike: Strike, only: Function = lambda found, **_options: True) -> None:
    """`only` is told what was returned and the named arguments."""
    real = getattr(owner, name)

    def struck(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        if only(found, **options):
            strike()
        return found

    setattr(owner, name, struck)


def claim_few(most: int) -> None:
    real = claiming.claim
    claiming.claim = lambda *, at, limit: real(at=at, limit=min(limit, most))


_PLACES: dict[str, Callable[[Strike], None]] = {
    "planned": lambda strike: _before(claiming, "claim", strike),
    "claimed": lambda strike: _after(claiming, "claim", strike, lambda found, **_options: bool(found)),
    "connected": lambda strike: _after(Transport, "open", strike),
    "before the marker": lambda strike: _before(claiming, "begin_submitting", strike),
    "after the marker": lambda strike: _after(claiming, "begin_submitting", strike, lambda found, **_options: found),
    "after the 250": lambda strike: _after(Transport, "answer", strike, lambda found: found is ACCEPTED),
    # Of an outcome together with the marker of the next message.
    "after commit": lambda strike: _after(
        claiming, "begin_submitting", strike, lambda found, after, **_options: found and after is not None
    ),
    # Of an outcome behind which nothing is due.
    "after the last commit": lambda strike: _after(Run, "_come_to_rest", strike, lambda found: found),
}
POINTS = tuple(_PLACES)


def arm(strike: Strike) -> None:
    """Puts the strike at its point."""
    _PLACES[strike.point](strike)


def arm_from_environment() -> None:
    """Arms this process if the environment says so."""
    if most := os.environ.get("FAULT_CLAIM"):
        claim_few(int(most))
    if point := os.environ.get("FAULT_POINT"):
        arm(Strike(point, os.environ["FAULT_VICTIM"], Path(os.environ["FAULT_TOKENS"])))
