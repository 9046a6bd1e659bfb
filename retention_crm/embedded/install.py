"""Makes the virtual environment and installs the pinned packages into it.

The one module that runs outside that environment, with nothing but Python's own library. It does nothing when the
same requirements are installed already, so that a second `make run` starts at once.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 12)
PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
ASK_VERSION = "import pip, sys; print(*sys.version_info[:3])"


def venv_version() -> tuple[int, ...] | None:
    """The version of the environment's Python; None when there is none that works."""
    try:
        asked = subprocess.run([VENV / "bin" / "python", "-c", ASK_VERSION], capture_output=True, check=False)
    except OSError:
        return None
    return tuple(int(number) for number in asked.stdout.split()) if asked.returncode == 0 else None


def make_venv() -> tuple[int, ...]:
    """Keep a working environment, else make one; a Python named by $PYTHON must be the environment's own."""
    version = venv_version()
    named_another = bool(os.environ.get("PYTHON")) and version is not None and version[:2] != sys.version_info[:2]
    if version is not None and version >= OLDEST_PYTHON and not named_another:
        return version
    print(f"Making {VENV.name} with Python {'.'.join(map(str, sys.version_info[:3]))}", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    version = venv_version()
    if made.returncode != 0 or version is None:
        sys.exit(
            f"{made.stdout}{made.stderr}Python could not make a virtual environment in {VENV}. On Debian and Ubuntu "
            "the package python3-venv is needed."
        )
    return version


def install(requirements: Path) -> None:
    """Install what the file pins, unless exactly that was installed before."""
    version = make_venv()
    wanted = f"{version} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    stamp = VENV / f"installed-{requirements.stem}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {requirements.name}; this takes a minute, once", flush=True)
    options = ["-qq", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    command: list[str | Path] = [VENV / "bin" / "python", "-m", "pip", "install", *options, "-r", requirements]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        sys.exit(f"{requirements.name} could not be installed; what pip says is above.")
    stamp.write_text(wanted)


if __name__ == "__main__":
    install(PROJECT / sys.argv[1])
