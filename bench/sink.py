"""Two mail servers that accept everything and keep nothing: `python -m bench.sink` prints their ports.

The first only says yes, as quickly as Python can; the second is aiosmtpd. `XCOUNT` is answered with the numbers of
mails and of their bytes since the last `XCOUNT`.
"""

import asyncio

from aiosmtpd.smtp import SMTP, Envelope, Session

END = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": b"250-sink\r\n250-SIZE 33554432\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink(asyncio.Protocol):
    """One connection; counts for all of them."""

    mails = 0
    octets = 0

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._mail() if self._in_mail else self._line():
            pass

    def _mail(self) -> bool:
        end = self._buffer.find(END)
        if end < 0:
            return False
        Sink.mails += 1
        Sink.octets += end
        del self._buffer[: end + len(END)]
        self._in_mail = False
        self._transport.write(b"250 kept\r\n")
        return True

    def _line(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        verb = bytes(self._buffer[:4]).upper()
        is_count = bytes(self._buffer[:end]).upper() == b"XCOUNT"
        del self._buffer[: end + 2]
        if is_count:
            self._transport.write(b"250 %d %d\r\n" % (Sink.mails, Sink.octets))
            Sink.mails = Sink.octets = 0
            return True
        self._in_mail = verb == b"DATA"
        self._transport.write(REPLIES.get(verb, b"250 fine\r\n"))
        if verb == b"QUIT":
            self._transport.close()
        return True


class Counting:
    """The handler of aiosmtpd, a mail server as one would write it: with all its checks and states.

    It takes commands in one go, as all common servers do, but does not say so by itself.
    """

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        Sink.mails += 1
        Sink.octets += len(envelope.content or b"")
        return "250 kept"


class Complete(SMTP):
    """aiosmtpd, with the same question."""

    async def smtp_XCOUNT(self, _argument: str) -> None:  # noqa: N802
        await self.push(f"250 {Sink.mails} {Sink.octets}")
        Sink.mails = Sink.octets = 0


async def serve() -> None:
    """Until the process is ended: the quick sink, and aiosmtpd, each on a port of its own."""
    loop = asyncio.get_running_loop()
    quick = await loop.create_server(Sink, "127.0.0.1", 0)
    complete = await loop.create_server(lambda: Complete(Counting(), loop=loop), "127.0.0.1", 0)
    print(quick.sockets[0].getsockname()[1], complete.sockets[0].getsockname()[1], flush=True)
    await asyncio.gather(quick.serve_forever(), complete.serve_forever())


if __name__ == "__main__":
    asyncio.run(serve())
