"""Logs without keys and passwords: whoever has the path of a public page could answer in a customer's name."""

import logging
import re

# The public pages whose address has a token: survey answers, with and without an invitation, the choice of mails,
# all wishes, tests, answers to recaps and about promises, and calendars.
_TOKEN = re.compile(r"(/(?:[krstupq]|calendar)/)[^/\s?\"']{16,}")

# What stands before the host in an address: the user and the password.
_CREDENTIALS = re.compile(r"(://)[^/\s:@]*:[^/\s@]+@")


def mask(line: str) -> str:
    """The line with the token of every public address in it, and each password, replaced by an ellipsis."""
    return _CREDENTIALS.sub(r"\1…@", _TOKEN.sub(r"\1…", line))


class MaskingFormatter(logging.Formatter):
    """Masks the whole line, traceback and arguments included."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))
