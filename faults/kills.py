"""kill -9 of a worker's child, and of a worker with all its children, at each point of a hand-over."""

import time
from collections.abc import Callable
from functools import partial

from faults.stage import PATIENCE, Result, Stage
from faults.striking import POINTS

KILLS = 30
# What the dead had taken is back only when their leases end, so each takes little, and there is enough for all of them
# and for the others.
_CLAIM = 50
_EACH = _CLAIM + 1
_MORE = 200
_SHORTEST = 90.0
LONGEST = 90.0
# There must be an end again and again, so that there is a last commit.
_AT_THE_END = "after the last commit"


def kill(stage: Stage, victim: str, point: str, *, kills: int = KILLS) -> Result:
    tokens = stage.home / "tokens"
    tokens.mkdir(exist_ok=True)
    stage.greetings(_EACH if point == _AT_THE_END else kills * _EACH + _MORE)
    for number in range(kills):
        (tokens / str(number)).touch()
    environ = {"FAULT_POINT": point, "FAULT_VICTIM": victim, "FAULT_TOKENS": str(tokens), "FAULT_CLAIM": str(_CLAIM)}
    stage.start(workers=2 if victim == "child" else 4, beats=1, processes=2, **environ)

    def struck() -> bool:
        stage.tick()
        is_settled = (stage.hurry or point == _AT_THE_END) and stage.settled()
        is_over = not any(tokens.iterdir())
        if is_settled and not is_over and point == _AT_THE_END:
            stage.greetings(_EACH)
        return is_over

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
