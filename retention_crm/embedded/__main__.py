"""`python -m retention_crm.embedded run` runs the product; `… servers` runs its servers alone."""

import argparse
import signal
import sys

from .command import end_on_signals
from .errors import EmbeddedError
from .running import run
from .servers import Servers


def run_servers() -> int:
    """Run the servers until Ctrl-C or SIGTERM, after printing what to set to use them."""
    with Servers(borrow=False) as servers:
        for name, value in servers.environment.items():
            print(f"{name}={value}", flush=True)
        signal.pause()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m retention_crm.embedded", description=__doc__)
    parser.add_argument("what", choices=["run", "servers"])
    options = parser.parse_args()
    end_on_signals()
    try:
        return run() if options.what == "run" else run_servers()
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
