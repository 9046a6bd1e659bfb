import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from retention_crm.embedded.servers import Servers

from .launching import Memory


def _open_dir() -> Path:
    path = Path(tempfile.mkdtemp(prefix="retention crm "))
    path.chmod(0o755)
    return path


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory that every account can reach, with a space in its name; pytest's own are private."""
    path = _open_dir()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def new_data_dir(open_dir: Path) -> Path:
    """Where nothing has run yet."""
    return open_dir / ".data"


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """Where the servers have run before; shared, for making it takes a second. Leave it whole."""
    path = _open_dir()
    with Servers(path / ".data", environ={}):
        pass
    yield path / ".data"
    shutil.rmtree(path)


@pytest.fixture
def memory() -> Memory:
    return Memory()
