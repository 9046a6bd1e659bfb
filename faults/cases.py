"""The cases by name, and the table of what they found."""

from collections.abc import Callable, Iterable
from datetime import date

from faults import clocks, hosts, kills, mail_servers, meanwhile, races, servers
from faults.stage import Result, Stage

type Case = Callable[[Stage], Result]

CASES: dict[str, Case] = {
    **kills.CASES,
    **mail_servers.CASES,
    **servers.CASES,
    **races.CASES,
    **hosts.CASES,
    **meanwhile.CASES,
    **clocks.CASES,
}
SHORT: dict[str, Case] = {**kills.SHORT, **mail_servers.SHORT, **servers.SHORT}
HEADS = ("case", "faults", "messages", "sent", "unknown", "failed", "other", "taken", "twice", "recovery", "")


def chosen(names: list[str], *, short: bool) -> list[tuple[str, Case]]:
    """The cases whose names begin with one of the given; all without any."""
    cases = SHORT if short else CASES
    return [(name, case) for name, case in cases.items() if not names or name.startswith(tuple(names))]


def run(stage: Stage, case: tuple[str, Case]) -> Result:
    name, play = case
    stage.reset()
    result = play(stage)
    result.case = name
    print(" · ".join(_cells(result)), flush=True)
    for complaint in result.complaints:
        print(f"    {complaint}", flush=True)
    return result


def table(results: Iterable[Result], *, on: date) -> str:
    """As Markdown, for the document."""
    lines = [f"| {' | '.join(HEADS)} |", "|---|" + "---:|" * (len(HEADS) - 2) + "---|"]
    lines += [f"| {' | '.join(_cells(result))} |" for result in results]
    return f"\nMeasured on {on:%d %B %Y}.\n\n" + "\n".join(lines)


def _cells(result: Result) -> list[str]:
    states = result.states
    known = [states[name] for name in ("sent", "unknown", "failed")]
    numbers = (result.faults, result.messages, *known, result.messages - sum(known), result.taken)
    good = "balances" if not result.complaints else "FAILS"
    return [result.case, *map(str, numbers), str(result.duplicates), f"{result.recovery:.0f} s", good]
