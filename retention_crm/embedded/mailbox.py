"""The mailbox of the demo: an SMTP server on loopback that keeps every mail in a Maildir and sends none on."""

import argparse
import asyncio
import mailbox
import signal
import socket
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST_MAIL = 25 * 1024 * 1024


class Inbox:
    """Keeps mails; the envelope goes into Return-Path and Delivered-To, one for each recipient."""

    def __init__(self, directory: Path) -> None:
        directory.parent.mkdir(parents=True, exist_ok=True)
        self._maildir = mailbox.Maildir(directory, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        recipients = ", ".join(envelope.rcpt_tos)
        head = [f"Return-Path: <{envelope.mail_from}>", *(f"Delivered-To: {to}" for to in envelope.rcpt_tos)]
        text = "\r\n".join([*head, ""]).encode(errors="replace") + content
        key = self._maildir.add(text.replace(b"\r\n", b"\n"))
        subject = BytesHeaderParser(policy=policy.default).parsebytes(content).get("Subject", "")
        print(f"to {recipients}: {subject}", flush=True)
        return f"250 2.0.0 kept as {key}"


async def serve(directory: Path, listener: socket.socket) -> None:
    """Take mail until SIGTERM."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    inbox = Inbox(directory)

    def protocol() -> SMTP:
        return SMTP(inbox, hostname="localhost", enable_SMTPUTF8=True, data_size_limit=LARGEST_MAIL, loop=loop)

    server = await loop.create_server(protocol, sock=listener)
    await stopping.wait()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="the Maildir, made when missing")
    parser.add_argument("--fd", type=int, required=True, help="a listening socket, inherited")
    options = parser.parse_args()
    asyncio.run(serve(options.directory, socket.socket(fileno=options.fd)))


if __name__ == "__main__":
    main()
