"""A worker that kills itself at a chosen point of a hand-over, as often as there are tokens for it.

FAULT_POINT names the point, FAULT_VICTIM is `child` or `tree`, FAULT_TOKENS a directory: each kill takes a file out of
it, and when none is left the worker is like any other. The kill is SIGKILL: nothing of the process runs after it.
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

POINTS = ("planned", "claimed", "connected", "before the marker", "after the marker", "after the 250", "after commit")
# Passed so often at most before it strikes, so that it strikes at the beginning of a batch and in its middle.
_MOST_PASSES = {"planned": 1, "claimed": 1, "connected": 1, "after commit": 1}

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


def _around(owner: Any, name: str, strike: Strike, *, before: bool, only: Function = lambda found: True) -> None:
    real = getattr(owner, name)

    def struck(*args: Any, **options: Any) -> Any:
        if before:
            strike()
        found = real(*args, **options)
        if not before and only(found):
            strike()
        return found

    setattr(owner, name, struck)


def arm(strike: Strike) -> None:
    """Puts the strike at its point."""
    match strike.point:
        case "planned":
            _around(claiming, "claim", strike, before=True)
        case "claimed":
            _around(claiming, "claim", strike, before=False, only=bool)
        case "connected":
            _around(Transport, "open", strike, before=False)
        case "before the marker":
            _around(claiming, "begin_submitting", strike, before=True)
        case "after the marker":
            _around(claiming, "begin_submitting", strike, before=False, only=bool)
        case "after the 250":
            _around(Transport, "answer", strike, before=False, only=lambda found: found is ACCEPTED)
        case "after commit":
            _around(Run, "_come_to_rest", strike, before=False, only=bool)


def arm_from_environment() -> None:
    """Arms this process if the environment says so."""
    if point := os.environ.get("FAULT_POINT"):
        arm(Strike(point, os.environ["FAULT_VICTIM"], Path(os.environ["FAULT_TOKENS"])))
