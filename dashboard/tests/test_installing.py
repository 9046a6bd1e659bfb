"""The product as an app: its manifest, its worker, and the page without a network."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from dashboard import installing

STATIC = Path(settings.BASE_DIR) / "static"
pytestmark = pytest.mark.django_db


def build(client: Client) -> dict[str, object]:
    script = client.get(reverse("service_worker")).content.decode()
    first = script.partition(";\n")[0].removeprefix("const BUILD = ")
    made: dict[str, object] = json.loads(first)
    return made


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height stand in the first block of a PNG."""
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def test_the_manifest_names_the_app_and_its_icons_are_as_large_as_they_say(client: Client) -> None:
    response = client.get(reverse("app_manifest"))
    said = response.json()

    assert response.headers["Content-Type"] == "application/manifest+json"
    assert (said["start_url"], said["scope"], said["display"]) == ("/", "/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in said["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in said["icons"]:
        width, height = size_of(STATIC / icon["src"].removeprefix("/static/"))
        assert icon["sizes"] == f"{width}x{height}"


def test_the_worker_answers_for_all_pages_and_is_never_out_of_date(client: Client) -> None:
    response = client.get(reverse("service_worker"))

    assert reverse("service_worker").count("/") == 1
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert "no-store" in response.headers["Cache-Control"]
    policy = response.headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy and "worker-src 'self'" in policy and "unsafe" not in policy


def test_only_static_files_and_the_page_without_a_network_are_kept(client: Client) -> None:
    made = build(client)

    files = made["files"]
    assert isinstance(files, list) and all(address.startswith("/static/") for address in files)
    assert made["offline"] == reverse("offline")
    assert all(finders.find(path) for path in installing.KEPT)


def test_the_page_without_a_network_asks_for_nothing_else(client: Client) -> None:
    shown = client.get(reverse("offline")).content.decode()
    asked = set(re.findall(r'(?:src|href)="(/[^"#]+)', shown))

    assert asked <= set(map(str, build(client)["files"]))  # type: ignore[call-overload]


def test_that_page_is_the_same_for_everybody(client: Client, owner: object) -> None:
    nonce = re.compile(r'nonce="[^"]+"')
    before = nonce.sub("", client.get(reverse("offline")).content.decode())
    client.force_login(owner)  # type: ignore[arg-type]

    response = client.get(reverse("offline"))
    assert nonce.sub("", response.content.decode()) == before
    assert "csrfmiddlewaretoken" not in before


@pytest.mark.parametrize("changed", ["css/app.css", "js/worker.js"])
def test_another_file_is_another_version(monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    before = installing.worker_version("page")
    assert installing.worker_version("page") == before
    assert installing.worker_version("another page") != before
    real = installing._source
    monkeypatch.setattr(installing, "_source", lambda path: real(path) + (b" " if path == changed else b""))

    assert installing.worker_version("page") != before


def test_every_page_offers_the_app(client: Client, owner: object) -> None:
    client.force_login(owner)  # type: ignore[arg-type]
    shown = client.get(reverse("today")).content.decode()

    assert f'<link rel="manifest" href="{reverse("app_manifest")}">' in shown
    assert f'data-worker="{reverse("service_worker")}"' in shown
