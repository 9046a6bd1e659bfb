"""Starts servers of its own, loads the demo company in two sizes, measures, and prints tables."""

import argparse
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench import tables
from retention_crm.embedded.errors import EmbeddedError
from retention_crm.embedded.servers import Servers

SMALL, LARGE = 10_000, 100_000
ZONE = ZoneInfo("Europe/Stockholm")


def main() -> int:
    """The exit status: 0 if all pages answered, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--small", action="store_true", help=f"only {SMALL:,} customers (some two minutes)")
    parser.add_argument("--customers", type=int, help="only that many customers")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    options = parser.parse_args()
    sizes = [options.customers] if options.customers else [SMALL] if options.small else [SMALL, LARGE]
    with directory() as home, Servers(home / "data", environ={}) as servers, sinks() as ports:
        environ = environment(servers.environment, ports)
        manage(environ, "migrate", "--verbosity", "0")
        on = last_workday(datetime.now(ZONE).date())
        runs = [run(environ, home / "figures.json", customers, on) for customers in sizes]
    print(tables.report(runs))
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1))
    return 0 if tables.is_sound(runs) else 1


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    """A directory that the account of the servers may enter, and that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="retention-crm-bench-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@contextlib.contextmanager
def sinks() -> Iterator[dict[str, str]]:
    """The mail servers in a process of their own; where they are, for the settings."""
    process = subprocess.Popen([sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        quick, complete = process.stdout.readline().split()
        yield {"QUICK_SINK": quick, "AIOSMTPD_SINK": complete, "EMAIL_URL": f"smtp://127.0.0.1:{complete}"}
    finally:
        process.terminate()
        process.wait()


def environment(urls: dict[str, str], mail: dict[str, str]) -> dict[str, str]:
    """As the demo runs: nothing is debugged, nothing needs HTTPS; mail goes to the sinks."""
    own = {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "RETENTION_MODE": "demo",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "LOG_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
    }
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return inherited | urls | mail | own


def manage(environ: dict[str, str], *command: str) -> None:
    """Runs a management command; its failure ends the bench."""
    subprocess.run([sys.executable, "-m", "django", *command], env=environ, check=True, stdout=sys.stderr)


def last_workday(day: date) -> date:
    """The day itself or the Friday before: pages show the present, and there is no digest to plan on a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def run(environ: dict[str, str], out: Path, customers: int, on: date) -> dict[str, Any]:
    """Loads a company of that size and measures it, then brings as many lines from a file as it has customers."""
    began = time.monotonic()
    manage(environ, "seed_demo", "--replace", "--customers", str(customers), "--on", on.isoformat())
    seeding = time.monotonic() - began
    manage(environ, "measure", str(out), "--on", on.isoformat())
    figures: dict[str, Any] = json.loads(out.read_text())
    manage(environ, "measure_import", str(out), str(customers))
    return figures | {"seeding": seeding, "importing": json.loads(out.read_text())}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (EmbeddedError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
