"""Everything of the product in one terminal: what `make run` does once the packages are installed."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from .console import Console
from .errors import EmbeddedError
from .modes import demo_environment
from .places import PROJECT
from .servers import Servers
from .supervision import Job, Supervisor

FIRST_PORT, LAST_PORT = 8000, 8099
UP_SECONDS = 60.0
WORKER_STOP_SECONDS = 60.0
DEMO_LOGINS = (
    ("sales@example.com", "a member of staff"),
    ("manager@example.com", "a manager"),
    ("admin@example.com", "an administrator"),
)
DEMO_PASSWORD = "demo"  # noqa: S105 - printed on purpose, and refused outside the demo


# Right in production and noise here: the demo may be run by root, and serves its static files uncollected.
EXPECTED_WARNINGS = ("You're running the worker with superuser privileges", "No directory at")


@dataclass(frozen=True)
class Doors:
    """The sockets that stay open while the processes behind them are started again."""

    web: socket.socket
    mail: socket.socket | None

    @property
    def web_address(self) -> str:
        host, port = self.web.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self) -> None:
        for door in (self.web, self.mail):
            if door is not None:
                door.close()


def run() -> int:
    """Run everything until Ctrl-C or SIGTERM; return the exit status."""
    console = Console()
    environ = dict(os.environ)
    is_demo = environ.get("RETENTION_MODE", "demo") == "demo"
    if is_demo:
        environ["RETENTION_MODE"] = "demo"
        environ |= demo_environment(environ)
    console.line("run", "starting the servers")
    with Servers(borrow=False) as servers, contextlib.closing(open_doors(environ, mailbox=is_demo)) as doors:
        announced = addresses(environ, doors)
        servers.announce(announced)
        environ |= announced | servers.environment
        os.chdir(PROJECT)
        return asyncio.run(_run(console, environ, doors, servers, is_demo=is_demo))


def open_doors(environ: Mapping[str, str], *, mailbox: bool) -> Doors:
    """Bind the web's port, and one for mail unless mail goes elsewhere; EmbeddedError when none is free."""
    mail = None
    if mailbox and not environ.get("EMAIL_URL") and not environ.get("EMAIL_PROVIDER"):
        mail = socket.create_server(("127.0.0.1", 0))
    host, wanted = environ.get("HOST") or "127.0.0.1", environ.get("PORT")
    if wanted and not (wanted.isascii() and wanted.isdigit() and int(wanted) < 65536):
        raise EmbeddedError(f"PORT is {wanted!r}; set it to a number from 1 to 65535.")
    candidates = [int(wanted)] if wanted else range(FIRST_PORT, LAST_PORT + 1)
    reason = ""
    for port in candidates:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            return Doors(socket.create_server((host, port), family=family, backlog=2048), mail)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    shown = wanted or f"{FIRST_PORT} to {LAST_PORT}"
    raise EmbeddedError(f"No web server can listen on {host}, port {shown} ({reason}). Set PORT or HOST to another.")


def addresses(environ: Mapping[str, str], doors: Doors) -> dict[str, str]:
    """What the product and other commands must know of the open doors."""
    known = {name: environ[name] for name in ("RETENTION_MODE", "MAILBOX_DIR", "EMAIL_URL") if environ.get(name)}
    known["SITE_URL"] = environ.get("SITE_URL") or doors.web_address
    if doors.mail is not None:
        known["EMAIL_URL"] = f"smtp://127.0.0.1:{doors.mail.getsockname()[1]}"
    return known


def jobs(environ: Mapping[str, str], doors: Doors) -> list[Job]:
    """The processes of a running product."""
    python = (sys.executable, *(f"-Wignore:{text}" for text in EXPECTED_WARNINGS))
    celery = (*python, "-m", "celery", "-q", "-A", "retention_crm.celery")
    web, mail = doors.web.fileno(), doors.mail
    gunicorn = (*python, "-m", "gunicorn", "retention_crm.wsgi:application", "--bind", f"fd://{web}")
    options = ("--workers", "1", "--threads", "4", "--keep-alive", "30", "--no-control-socket")
    logger = ("--logger-class", "retention_crm.access_log.Logger", "--log-level", "warning")
    log = ("--access-logfile", "-", "--access-logformat", "%(m)s %(U)s %(s)s %(M)s ms")
    worker = ("worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
    beat = ("beat", "--pidfile=", "--loglevel", "WARNING")
    wanted = [
        Job("web", (*gunicorn, *options, *logger, *log), pass_fds=(web,)),
        Job("worker", (*celery, *worker), stop_seconds=WORKER_STOP_SECONDS),
        Job("beat", (*celery, *beat)),
    ]
    if mail is not None:
        sink = ("-m", "retention_crm.embedded.mailbox", "--directory", environ["MAILBOX_DIR"])
        command = (sys.executable, *sink, "--fd", str(mail.fileno()))
        wanted.append(Job("mailbox", command, pass_fds=(mail.fileno(),), outlasts=True))
    return wanted


async def _run(console: Console, environ: dict[str, str], doors: Doors, servers: Servers, *, is_demo: bool) -> int:
    environ["PYTHONUNBUFFERED"] = "1"
    supervisor = Supervisor(console, environ, servers.running)
    supervisor.listen()
    manage = (sys.executable, str(PROJECT / "manage.py"))
    steps = [Job("migrate", (*manage, "migrate", "--no-input", "--verbosity", "1"))]
    if is_demo:
        steps.append(Job("seed", (*manage, "seed_demo", "--if-empty")))
    else:
        steps.append(Job("static", (*manage, "collectstatic", "--no-input")))
    for step in steps:
        if await supervisor.once(step) != 0:
            if not supervisor.is_stopping():
                console.line("run", f"{step.name} failed; its messages are above")
            return 1
    greeting = asyncio.create_task(_greet(console, doors, environ, supervisor))
    status = await supervisor.keep(jobs(environ, doors))
    greeting.cancel()
    return status


async def _greet(console: Console, doors: Doors, environ: Mapping[str, str], supervisor: Supervisor) -> None:
    """Print where to go once the web process answers."""
    deadline = time.monotonic() + UP_SECONDS
    while not supervisor.is_stopping() and not await _answers(doors.web):
        if time.monotonic() > deadline:
            supervisor.fail(f"the web process did not answer within {UP_SECONDS:.0f} s")
        await asyncio.sleep(0.2)
    if supervisor.is_stopping():
        return
    site = environ["SITE_URL"]
    lines = ["", "=" * 72, f"  Retention CRM is running at  {site}"]
    if environ["RETENTION_MODE"] == "demo":
        if doors.mail is not None:
            lines.append(f"  The mail it sends is at      {site}/mailbox/")
        lines += ["", f"  Log in with the password `{DEMO_PASSWORD}` as"]
        lines += [f"    {address:<22} {who}" for address, who in DEMO_LOGINS]
    lines += ["", "  Ctrl-C stops everything.", "=" * 72, ""]
    console.plain("\n".join(lines))


async def _answers(web: socket.socket) -> bool:
    host, port = web.getsockname()[:2]
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(5), 30)
        writer.close()
    except (OSError, TimeoutError):
        return False
    return answer.startswith(b"HTTP")
