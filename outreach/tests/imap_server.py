"""A small IMAP server on this machine that speaks TLS and knows the few verbs that reading bounces needs."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# A key for tests only, for the name localhost.
CERTIFICATE = Path(__file__).parent / "bounces" / "localhost.pem"
USER, PASSWORD, FOLDER = "bounces@example.com", 'a "secret" \\ word', "Returned mail"


@dataclass
class Mails:
    """What lies in the folder, and everything that was said to the server."""

    raw: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    # Drops the line when this verb is said for the n-th time.
    drops_at: tuple[str, int] = ("", 0)
    port: int = 0

    def add(self, raw: bytes) -> int:
        uid = max(self.raw, default=100) + 1
        self.raw[uid], self.flags[uid] = raw, set()
        return uid


class _Handler(socketserver.StreamRequestHandler):
    mails: Mails

    def handle(self) -> None:
        self._write("* OK ready")
        while line := self.rfile.readline():
            tag, _space, said = line.decode().rstrip("\r\n").partition(" ")
            verb = said.removeprefix("UID ").split(" ")[0].upper()
            self.mails.said.append(verb)
            if self.mails.drops_at == (verb, self.mails.said.count(verb)):
                return
            answer = getattr(self, f"do_{verb.lower()}", lambda _said: "BAD unknown")(said)
            self._write(f"{tag} {answer}")
            if verb == "LOGOUT":
                return

    def _write(self, line: str, raw: bytes = b"") -> None:
        self.wfile.write(line.encode() + raw + (b")" if raw else b"") + b"\r\n")
        self.wfile.flush()

    def do_capability(self, _said: str) -> str:
        self._write("* CAPABILITY IMAP4rev1")
        return "OK done"

    def do_login(self, said: str) -> str:
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        return "OK welcome" if said.endswith(f'LOGIN {USER} "{quoted}"') else "NO who are you"

    def do_select(self, said: str) -> str:
        if said != f'SELECT "{FOLDER}"':
            return "NO there is no such folder"
        self._write(f"* {len(self.mails.raw)} EXISTS")
        return "OK [READ-WRITE] selected"

    def do_search(self, said: str) -> str:
        assert said == "UID SEARCH UNSEEN UNFLAGGED"
        found = [uid for uid, flags in self.mails.flags.items() if not flags & {"\\Seen", "\\Flagged"}]
        self._write("* SEARCH " + " ".join(map(str, found)))
        return "OK done"

    def do_fetch(self, said: str) -> str:
        asked = re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", said)
        assert asked is not None, said
        raw = self.mails.raw.get(int(asked[1]), b"")[: int(asked[2])]
        if raw:
            self._write(f"* 1 FETCH (UID {asked[1]} BODY[]<0> {{{len(raw)}}}\r\n", raw)
        return "OK done"

    def do_store(self, said: str) -> str:
        asked = re.fullmatch(r"UID STORE (\d+) \+FLAGS \((.+)\)", said)
        assert asked is not None, said
        self.mails.flags[int(asked[1])].add(asked[2])
        return "OK done"

    def do_logout(self, _said: str) -> str:
        self._write("* BYE")
        return "OK bye"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def get_request(self) -> tuple[Any, Any]:
        plain, address = super().get_request()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        return context.wrap_socket(plain, server_side=True), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def serving() -> Iterator[Mails]:
    mails = Mails()
    handler = type("Handler", (_Handler,), {"mails": mails})
    with _Server(("127.0.0.1", 0), handler) as server:
        mails.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield mails
        finally:
            server.shutdown()
            thread.join(10)
