"""One terminal for many processes: every line says whose it is."""

import os
import sys
from typing import TextIO

COLOURS = (36, 33, 32, 35, 34)
WIDTH = 8
LONGEST_LINE = 64 * 1024


class Console:
    """Writes whole lines, so that two processes never share one."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colour = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._names: list[str] = []

    def line(self, name: str, text: str) -> None:
        """Write one line of the named process."""
        label = f"{name:<{WIDTH}} |"
        if self._colour:
            if name not in self._names:
                self._names.append(name)
            label = f"\x1b[{COLOURS[self._names.index(name) % len(COLOURS)]}m{label}\x1b[0m"
        self.plain(f"{label} {text}")

    def plain(self, text: str) -> None:
        """Write text as it is, with what the terminal's encoding lacks replaced."""
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()


class LineSplitter:
    """Cuts a stream of bytes into lines of text; a line without end is cut when it gets too long."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[str]:
        """Take the next bytes and return the lines that are complete."""
        *lines, self._rest = (self._rest + chunk).replace(b"\r\n", b"\n").split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace") for line in lines]

    def finish(self) -> list[str]:
        """Return what came after the last end of line."""
        rest, self._rest = self._rest, b""
        return [rest.decode(errors="replace")] if rest else []
