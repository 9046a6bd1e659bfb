"""The frame around every page, and the promise that its colours can be read."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User

Login = Callable[[User], Client]
STATIC = Path(settings.BASE_DIR) / "static"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
READABLE = 4.5


def html(browser: Client, name: str = "today") -> str:
    return browser.get(reverse(name)).content.decode()


@pytest.mark.django_db
def test_the_portfolio_is_offered_to_managers_only(owner: User, manager: User, login: Login) -> None:
    link = f'href="{reverse("portfolio")}"'

    assert link in html(login(manager))
    assert link not in html(login(owner))


@pytest.mark.django_db
def test_the_part_one_is_in_is_marked_once(owner: User, login: Login) -> None:
    shown = html(login(owner), "customers")
    rail = shown[shown.index('class="rail"') : shown.index("</nav>")]

    assert rail.count("aria-current") == 1
    assert re.search(rf'href="{reverse("customers")}"\s+aria-current', rail)


@pytest.mark.django_db
def test_the_mailbox_is_offered_where_there_is_one(owner: User, login: Login, settings: object) -> None:
    for directory, offered in (("", False), ("/tmp/mail", True)):
        settings.MAILBOX_DIR = directory  # type: ignore[attr-defined]
        assert ("Mailbox of the demo" in html(login(owner))) is offered


@pytest.mark.django_db
def test_scripts_and_styles_come_from_here_only(owner: User, login: Login) -> None:
    response = login(owner).get(reverse("today"))
    shown = response.content.decode()

    assert not re.search(r'(?:src|href)="(?:https?:)?//', shown)
    assert " style=" not in shown and "<style" not in shown
    assert not re.search(r"\son[a-z]+=", shown)
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce and shown.count(f'nonce="{nonce[1]}"') == shown.count("<script")


@pytest.mark.django_db
def test_a_page_names_itself_and_can_be_read_from_its_middle(owner: User, login: Login) -> None:
    shown = html(login(owner))

    assert re.search(r"<title>\s*Today\s*· Retention CRM</title>", shown)
    assert shown.count("<h1") == 1
    assert 'href="#main"' in shown and 'id="main"' in shown


def test_no_page_brings_styles_or_handlers_of_its_own() -> None:
    """Mails, and the previews of them, have no frame and follow other rules."""
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text()
        if "{% extends" not in source and not path.is_relative_to(TEMPLATES / "includes"):
            continue
        assert not re.search(r'\sstyle="|<style|\son(?:click|load|error|submit|change)=|javascript:', source), path


def test_what_is_not_ours_has_its_licence_and_no_map() -> None:
    folders = [folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir()]

    assert folders
    for folder in folders:
        assert re.search(r"-\d+\.\d+\.\d+$", folder.name)
        assert (folder / "LICENSE").is_file()
        assert not [path for path in folder.iterdir() if b"sourceMappingURL" in path.read_bytes()]


def test_every_icon_asked_for_is_in_the_sprite() -> None:
    sprite = (STATIC / "vendor/bootstrap-icons-1.13.2/sprite.svg").read_text()
    there = set(re.findall(r'id="([^"]+)"', sprite))
    asked: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        asked |= set(re.findall(r'(?:{% icon |icons?\.html" with name=|icon=)"([^"]+)"', path.read_text()))

    assert asked and asked <= there


# ---- Colours ----


def colours() -> dict[str, tuple[str, str]]:
    """Each colour of the one file: for light and for dark."""
    source = (STATIC / "css/app.css").read_text()
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", source)
    return {name: (light, dark) for name, light, dark in pairs}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """As the WCAG reckon it, from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "grounds"),
    [
        ("text", ("ground", "surface", "surface-2", "brand-soft")),
        ("text-muted", ("ground", "surface", "surface-2")),
        ("brand", ("ground", "surface", "surface-2")),
        ("brand-strong", ("ground", "surface", "brand-soft")),
        ("on-brand", ("brand", "brand-strong")),
        ("risk", ("ground", "surface", "surface-2", "risk-soft")),
        ("watch", ("ground", "surface", "surface-2", "watch-soft")),
        ("well", ("ground", "surface", "surface-2", "well-soft")),
    ],
)
def test_every_text_can_be_read_on_every_ground(text: str, grounds: tuple[str, ...], theme: int) -> None:
    known = colours()
    for ground in grounds:
        assert contrast(known[text][theme], known[ground][theme]) >= READABLE, f"{text} on {ground}"


def test_contrast_is_reckoned_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
