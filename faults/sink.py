"""A mail server that writes down every mail it takes, and answers, waits or hangs up as it is told.

Like the common ones it takes commands in one go, and answers those behind one that it refused with 503.
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager

DROP = "drop"
# Steps at which an answer may be told: the commands, "." for the end of the content, "content" for its beginning.
OK = {"AUTH": "235 2.7.0 welcome", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", ".": "250 OK"}


class Sink:
    """Takes everything unless told otherwise. What was taken stands in `taken`, by Message-ID."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.port = 0
        self._told: dict[str, deque[tuple[str, float]]] = {step: deque() for step in (*OK, "content")}
        self._always: dict[str, str] = {}

    def url(self, *, login: bool = False) -> str:
        return f"smtp://{'crm:secret@' if login else ''}127.0.0.1:{self.port}"

    def tell(self, step: str, answer: str, *, times: int = 1, after: float = 0.0) -> None:
        """The next so many mails get that answer at that step, after so many seconds; DROP hangs up."""
        self._told[step].extend([(answer, after)] * times)

    def always(self, step: str, answer: str = "") -> None:
        """That answer at that step until it is taken back by an empty one."""
        self._always[step] = answer

    def forget(self) -> None:
        self.taken.clear()
        self._always.clear()
        for waiting in self._told.values():
            waiting.clear()

    @property
    def duplicates(self) -> int:
        return sum(number - 1 for number in self.taken.values())

    def answer_to(self, step: str) -> tuple[str, float]:
        try:
            return self._told[step].popleft()
        except IndexError:
            return self._always.get(step) or OK.get(step, ""), 0.0


class Conversation:
    """One line to a client."""

    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink, self.reader, self.writer = sink, reader, writer
        self._has_refused = False

    async def hold(self) -> None:
        try:
            self._say("220 sink")
            while line := await self.reader.readline():
                if not await self._obey(line.decode(errors="replace").strip()):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self.writer.transport.abort()

    def _say(self, answer: str) -> None:
        self.writer.write(f"{answer}\r\n".encode())

    async def _obey(self, line: str) -> bool:
        command = line.split(" ", 1)[0].upper()
        if command == "EHLO":
            self._say("250-sink\r\n250-PIPELINING\r\n250 AUTH PLAIN")
        elif command in OK:
            return await self._step(command)
        else:
            self._say("221 bye" if command == "QUIT" else "250 OK")
        return command != "QUIT"

    async def _step(self, command: str) -> bool:
        if self._has_refused and command in {"RCPT", "DATA"}:
            self._say("503 5.5.1 not after what was refused")
            return True
        answer, after = self.sink.answer_to(command)
        await asyncio.sleep(after)
        if answer == DROP:
            return False
        self._say(answer)
        self._has_refused = command != "AUTH" and answer[0] not in "23"
        return await self._content() if answer.startswith("354") else not answer.startswith("421")

    async def _content(self) -> bool:
        if self.sink.answer_to("content")[0] == DROP:
            await self.reader.readline()
            return False
        content = await self.reader.readuntil(b"\r\n.\r\n")
        answer, after = self.sink.answer_to(".")
        if answer == DROP or answer.startswith("2"):
            self.sink.taken[_message_id(content)] += 1
        await asyncio.sleep(after)
        if answer == DROP:
            return False
        self._say(answer)
        return not answer.startswith("421")


def _message_id(content: bytes) -> str:
    for line in content.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.split(b":", 1)[1].strip().decode()
    return ""


@contextmanager
def running() -> Iterator[Sink]:
    """A sink on a free loopback port, in a thread of its own."""
    sink, loop = Sink(), asyncio.new_event_loop()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Conversation(sink, reader, writer).hold()

    server = loop.run_until_complete(asyncio.start_server(meet, "127.0.0.1", 0, limit=2**22))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
