import contextlib
import socket
from pathlib import Path

import pytest

from retention_crm.embedded import running
from retention_crm.embedded.errors import EmbeddedError
from retention_crm.embedded.running import addresses, jobs, open_doors


def test_the_next_free_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(running, "FIRST_PORT", port)
        monkeypatch.setattr(running, "LAST_PORT", port + 50)
        with contextlib.closing(open_doors({}, mailbox=True)) as doors:
            assert doors.web.getsockname()[1] > port
            assert doors.mail is not None


def test_a_port_asked_for_is_used_or_refused_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(EmbeddedError, match=rf"listen on 127\.0\.0\.1, port {port} \(Address already in use\)"):
            open_doors({"PORT": port}, mailbox=False)
    with contextlib.closing(open_doors({"PORT": port}, mailbox=False)) as doors:
        assert doors.web_address == f"http://127.0.0.1:{port}"
        assert doors.mail is None


@pytest.mark.parametrize("port", ["eighty", "-1", "65536", "٣"])
def test_a_port_that_is_none_is_refused_in_a_sentence(port: str) -> None:
    with pytest.raises(EmbeddedError, match="PORT is"):
        open_doors({"PORT": port}, mailbox=False)


def test_a_host_that_is_not_here_is_refused_in_a_sentence() -> None:
    with pytest.raises(EmbeddedError, match=r"listen on 203\.0\.113\.7"):
        open_doors({"HOST": "203.0.113.7", "PORT": "8123"}, mailbox=False)


def test_every_interface_is_shown_as_loopback() -> None:
    with contextlib.closing(open_doors({"HOST": "0.0.0.0", "PORT": "0"}, mailbox=False)) as doors:
        assert doors.web_address.startswith("http://127.0.0.1:")


def test_mail_goes_to_the_mailbox_unless_it_was_given_a_way() -> None:
    environ = {"PORT": "0", "MAILBOX_DIR": "/data/mailbox", "RETENTION_MODE": "demo"}
    with contextlib.closing(open_doors(environ, mailbox=True)) as doors:
        assert addresses(environ, doors)["EMAIL_URL"].startswith("smtp://127.0.0.1:")
        assert [job.name for job in jobs(environ, doors)] == ["web", "worker", "beat", "mailbox"]
    environ["EMAIL_URL"] = "smtp://mail.example.com"
    with contextlib.closing(open_doors(environ, mailbox=True)) as doors:
        assert addresses(environ, doors)["EMAIL_URL"] == "smtp://mail.example.com"
        assert [job.name for job in jobs(environ, doors)] == ["web", "worker", "beat"]


def test_an_address_of_ones_own_is_told_to_other_commands(tmp_path: Path) -> None:
    environ = {"PORT": "0", "RETENTION_DATA_DIR": str(tmp_path), "SITE_URL": "https://crm.example.com"}
    with contextlib.closing(open_doors(environ, mailbox=False)) as doors:
        assert addresses(environ, doors) == {"SITE_URL": "https://crm.example.com"}
