from pathlib import Path

import pytest

from retention_crm.embedded import install

pytestmark = [pytest.mark.processes, pytest.mark.slow]


def test_an_environment_is_made_once_and_known_when_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv, requirements = tmp_path / "a project" / ".venv", tmp_path / "requirements.txt"
    venv.parent.mkdir()
    requirements.write_text("# nothing yet\n")
    monkeypatch.setattr(install, "VENV", venv)
    monkeypatch.delenv("PYTHON", raising=False)

    install.install(requirements)
    stamp = venv / "installed-requirements"
    before = stamp.stat().st_mtime_ns
    install.install(requirements)
    assert stamp.stat().st_mtime_ns == before

    (venv / "bin" / "python").unlink()
    assert install.venv_version() is None


def test_what_cannot_be_installed_is_not_stamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "make_venv", lambda: (3, 12, 0))
    monkeypatch.setattr(install, "VENV", tmp_path)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("unhashed-package==1\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/false")
    with pytest.raises(SystemExit, match=r"requirements\.txt could not be installed"):
        install.install(requirements)
    assert not (tmp_path / "installed-requirements").exists()
