"""The figures as tables that fit a terminal."""

from collections.abc import Sequence
from typing import Any

PAGE_AIM, PLANNING_AIM, DELIVERY_AIM = 3.0, 2.0, 0.5
# Seconds for a hundred thousand lines, and megabytes more for a file ten times as large.
IMPORT_AIM, MEMORY_AIM = 120, 30
# Milliseconds within which 95 of 100 answers are taken, on two cores.
ANSWER_AIM = 1500
_FIRST_TIME = ("upload", "read", "check", "write")

Figures = dict[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [_line(head, widths), "  ".join("-" * width for width in widths)]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *rest]).rstrip()


def report(runs: Sequence[Figures]) -> str:
    """All tables; with several sizes, the small ones first, the last one is held against the aims."""
    parts = [_sizes(runs), _pages(runs), _planning(runs), _answering(runs), _delivery(runs), _importing(runs)]
    return "\n\n".join(parts)


def is_sound(runs: Sequence[Figures]) -> bool:
    """Whether all came out as it should, every page and every imported line: the time of an error says nothing."""
    answered = all(status < 400 for run in runs for page in run["pages"] for status in page["statuses"])
    taken = all(_is_taken(run["answering"]) for run in runs)
    return answered and taken and all(_is_whole(run["importing"]) for run in runs)


def _is_whole(importing: Figures) -> bool:
    return (importing["created"], importing["unchanged"], importing["kept"]) == (importing["rows"],) * 2 + (0,)


def _sizes(runs: Sequence[Figures]) -> str:
    rows = [
        [f"{run['customers']:,}", f"{run['interactions']:,}", f"{run['ledger']:,}", f"{run['seeding']:.0f} s"]
        for run in runs
    ]
    return table(["customers", "interactions", "ledger", "seeded in"], rows)


def _pages(runs: Sequence[Figures]) -> str:
    head = [f"page, aim {PAGE_AIM:.0f} times bare", "queries", "kB"]
    for run in runs:
        head += [f"{run['customers']:,}: median", "p95", "bare", "times"]
    # By their place: a name may hold a number of the data.
    rows = [_page_row(pages) for pages in zip(*(run["pages"] for run in runs), strict=True)]
    return table([*head, ""], rows)


def _page_row(of_runs: Sequence[Figures]) -> list[str]:
    page = of_runs[-1]
    counts = sorted({count for figures in of_runs for count in (figures["queries"], figures["most_queries"])})
    row = [page["name"], "-".join(str(count) for count in counts), f"{page['size'] / 1000:.0f}"]
    for figures in of_runs:
        times = [f"{figures['median']:.1f} ms", f"{figures['p95']:.1f}", f"{figures['bare']:.1f}"]
        row += [*times, f"{_times(figures):.1f}"]
    errors = [status for status in page["statuses"] if status >= 400]
    row.append(f"ANSWERED {errors}" if errors else "" if _times(page) <= PAGE_AIM else "over")
    return row


def _times(page: Figures) -> float:
    return float(page["median"]) / float(page["bare"])


def _planning(runs: Sequence[Figures]) -> str:
    rows = []
    for run in runs:
        planning = run["planning"]
        times = planning["milliseconds"] / planning["bare_milliseconds"]
        rows.append(
            [
                f"{run['customers']:,}",
                f"{sum(planning['planned'].values()):,}",
                f"{planning['invitations']:,}",
                f"{planning['milliseconds']:.0f} ms",
                f"{planning['first_milliseconds']:.0f} ms",
                f"{planning['bare_milliseconds']:.0f} ms",
                f"{times:.1f}",
                f"{planning['idle_milliseconds']:.0f} ms",
                "" if times <= PLANNING_AIM else "over",
            ]
        )
    head = ["planning a day", "messages", "invitations", "median", "first", "bare insert", "times", "idle tick", ""]
    kinds = ", ".join(f"{kind} {number:,}" for kind, number in runs[-1]["planning"]["planned"].items())
    return f"{table(head, rows)}\nAim: {PLANNING_AIM:.0f} times the bare insert. Planned: {kinds}."


def _is_taken(answering: Figures) -> bool:
    """Whether each invitation has its one answer, and every request was answered."""
    codes = [int(status) for status in answering["statuses"]]
    is_answered = all(200 <= status < 400 for status in codes)
    return is_answered and answering["responses"] == answering["invitations"]


def _answering(runs: Sequence[Figures]) -> str:
    rows = [_answering_row(run) for run in runs]
    head = ["answers, each sent twice", "posts", "at once", "answers kept", "p95", "rate", "bare insert", "share", ""]
    return f"{table(head, rows)}\nAim: one answer for each invitation, and a 95th percentile of {ANSWER_AIM} ms."


def _answering_row(run: Figures) -> list[str]:
    answering = run["answering"]
    verdict = "" if answering["p95"] <= ANSWER_AIM else "over"
    return [
        f"{run['customers']:,}",
        f"{answering['posts']:,}",
        f"{answering['connections']}",
        f"{answering['responses']:,} of {answering['invitations']:,}",
        f"{answering['p95']:.0f} ms",
        f"{answering['per_second']:.0f}/s",
        f"{answering['bare_per_second']:.0f}/s",
        f"{answering['per_second'] / answering['bare_per_second']:.2f}",
        verdict if _is_taken(answering) else f"ANSWERED {answering['statuses']}",
    ]


def _delivery(runs: Sequence[Figures]) -> str:
    rows = [_delivery_row(run, way) for run in runs for way in run["delivery"]]
    head = ["delivery", "to", "processes", "mails", "size", "rate", "plain smtplib", "share", ""]
    return f"{table(head, rows)}\nAim: a share of {DELIVERY_AIM} of plain smtplib on one line to the same server."


def _delivery_row(run: Figures, way: str) -> list[str]:
    delivery = run["delivery"][way]
    share = delivery["per_second"] / delivery["bare_per_second"]
    return [
        f"{run['customers']:,}",
        delivery["server"],
        str(delivery["processes"]),
        f"{delivery['mails']:,}",
        f"{delivery['size'] / 1000:.1f} kB",
        f"{delivery['per_second']:.0f}/s",
        f"{delivery['bare_per_second']:.0f}/s",
        f"{share:.2f}",
        "" if share >= DELIVERY_AIM else "under",
    ]


def _importing(runs: Sequence[Figures]) -> str:
    least = min(run["importing"]["megabytes"] for run in runs)
    head = ["import of lines", *_FIRST_TIME, "in all", "rate", "rows written", "rate", "bare insert", "again", "undo"]
    rows = [_import_row(run["importing"], least) for run in runs]
    aims = f"Aim: {IMPORT_AIM} s for 100,000 lines, and at most {MEMORY_AIM} MB more memory for the largest file."
    return f"{table([*head, 'memory', ''], rows)}\n{aims}"


def _import_row(importing: Figures, least: int) -> list[str]:
    seconds = importing["seconds"]
    whole = sum(seconds[step] for step in _FIRST_TIME)
    again = seconds["check again"] + seconds["write again"]
    is_over = whole * 100_000 > IMPORT_AIM * importing["rows"] or importing["megabytes"] - least > MEMORY_AIM
    return [
        f"{importing['rows']:,}",
        *(f"{seconds[step]:.1f} s" for step in _FIRST_TIME),
        f"{whole:.0f} s",
        f"{importing['rows'] / whole:,.0f}/s",
        f"{importing['written']:,}",
        f"{importing['written'] / whole:,.0f}/s",
        f"{importing['written'] / seconds['bare']:,.0f}/s",
        f"{again:.0f} s",
        f"{seconds['undo']:.0f} s",
        f"{importing['megabytes_before']}-{importing['megabytes']} MB",
        "" if _is_whole(importing) and not is_over else "over" if is_over else "LINES MISSING",
    ]
