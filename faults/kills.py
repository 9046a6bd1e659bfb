"""kill -9 of a worker's child, and of a worker with all its children, at each point of a hand-over."""

import time
from collections.abc import Callable
from functools import partial

from faults.stage import PATIENCE, Result, Stage
from faults.striking import POINTS

KILLS = 30
# A batch is 50; what the dead had taken is back only when their leases end, so there must be enough for all.
_EACH = 51


def kill(stage: Stage, victim: str, point: str, *, kills: int = KILLS) -> Result:
    tokens = stage.home / "tokens"
    tokens.mkdir(exist_ok=True)
    stage.greetings(kills * _EACH)
    for number in range(kills):
        (tokens / str(number)).touch()
    stage.start(workers=2 if victim == "child" else 4, FAULT_POINT=point, FAULT_VICTIM=victim, FAULT_TOKENS=str(tokens))

    def struck() -> bool:
        stage.tick()
        return not any(tokens.iterdir())

    if stage.wait(struck, patience=kills * 10.0) >= kills * 10.0:
        done = kills - len(list(tokens.iterdir()))
        result = stage.finish("", faults=done, recovery=PATIENCE)
        result.complaints.append(f"only {done} of {kills} kills came about")
        return result
    began = time.monotonic()
    stage.wait(stage.settled)
    # Killed once the marker was written, a message may have gone out; before it can not have.
    may_be_unknown = kills if point in {"after the marker", "after the 250", "before the marker", "claimed"} else 0
    return stage.finish("", faults=kills, recovery=time.monotonic() - began, unknown=may_be_unknown)


CASES: dict[str, Callable[[Stage], Result]] = {
    f"kill {victim}, {point}": partial(kill, victim=victim, point=point)
    for point in POINTS
    for victim in ("child", "tree")
}
SHORT: dict[str, Callable[[Stage], Result]] = {
    "kill child, after the 250": partial(kill, victim="child", point="after the 250", kills=3),
    "kill tree, after the marker": partial(kill, victim="tree", point="after the marker", kills=2),
}
