"""Runs the product, or only its servers.

run            the whole product in this terminal, until Ctrl-C
servers        the servers alone, until Ctrl-C; prints what to set to use them
lend COMMAND   a command with servers of its own that keep nothing
"""

import argparse
import os
import signal
import subprocess
import sys

from .command import end_on_signals
from .errors import EmbeddedError
from .running import run
from .servers import Servers


def run_servers() -> int:
    with Servers(borrow=False) as servers:
        for name, value in servers.environment.items():
            print(f"{name}={value}", flush=True)
        signal.pause()
    return 0


def lend(command: list[str]) -> int:
    with Servers(ephemeral=True, environ={}) as servers:
        return subprocess.run(command, env=os.environ | servers.environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m retention_crm.embedded",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["run", "servers", "lend"])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if bool(options.command) != (options.what == "lend"):
        parser.error("lend, and only lend, needs a command to run")
    end_on_signals()
    try:
        if options.what == "lend":
            return lend(options.command)
        return run() if options.what == "run" else run_servers()
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
