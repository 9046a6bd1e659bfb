"""kill -9 of a worker's child, and of a worker with all its children, at each point of a hand-over."""

import time
from collections.abc import Callable
from functools import partial

from faults.stage import PATIENCE, Result, Stage
from faults.striking import POINTS

KILLS = 30
# A batch is 50; what the dead had taken is back only when their leases end, so there must be enough for all.
_EACH = 51
# For the workers that are not killed at that moment.
_MORE = 200
_SHORTEST = 90.0
LONGEST = 90.0


def kill(stage: Stage, victim: str, point: str, *, kills: int = KILLS) -> Result:
    tokens = stage.home / "tokens"
    tokens.mkdir(exist_ok=True)
    stage.greetings(kills * _EACH + _MORE)
    for number in range(kills):
        (tokens / str(number)).touch()
    stage.start(workers=2 if victim == "child" else 4, FAULT_POINT=point, FAULT_VICTIM=victim, FAULT_TOKENS=str(tokens))

    def struck() -> bool:
        stage.tick()
        # An outcome is committed by itself only when nothing more is due, so there must be an end again and again.
        if stage.hurry or point == "after commit":
            is_settled = stage.settled()
            if is_settled and point == "after commit" and any(tokens.iterdir()):
                stage.greetings(_EACH)
        return not any(tokens.iterdir())

    # A tree has to start again each time, which takes some seconds on a busy machine.
    patience = max(_SHORTEST, kills * (30.0 if victim == "tree" else 15.0))
    if stage.wait(struck, patience=patience) >= patience:
        done = kills - len(list(tokens.iterdir()))
        result = stage.finish("", faults=done, recovery=PATIENCE)
        result.complaints.append(f"only {done} of {kills} kills came about")
        return result
    began = time.monotonic()
    stage.wait(stage.settled)
    recovery = time.monotonic() - began
    # Each process that dies may leave one of which nobody knows; with a tree die two.
    result = stage.finish("", faults=kills, recovery=recovery, unknown=kills * (2 if victim == "tree" else 1))
    if recovery > LONGEST:
        result.complaints.append(f"it took {recovery:.0f} s, longer than {LONGEST:.0f}")
    return result


CASES: dict[str, Callable[[Stage], Result]] = {
    f"kill {victim}, {point}": partial(kill, victim=victim, point=point)
    for point in POINTS
    for victim in ("child", "tree")
}
SHORT: dict[str, Callable[[Stage], Result]] = {
    "kill child, after the 250": partial(kill, victim="child", point="after the 250", kills=3),
    "kill tree, after the marker": partial(kill, victim="tree", point="after the marker", kills=2),
}
