"""A real headless Chromium for tests; skipped with a sentence where there is none."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.models import User
from tests.sessions import session_of

DESK = (1280, 900)
PHONE = (360, 740)
# What htmx says of a search that is given up for a newer one; of what really fails it says more.
REPLACED = ("htmx:afterRequest", "htmx:sendAbort")
# Chromium speaks to its makers' servers unless it is told not to; tests speak to this machine only.
SILENT = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def running() -> Iterator[Browser]:
    """The browser Debian packages as `chromium`, or another of the family."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
    )
    if not found:
        pytest.skip("No Chromium is installed (Debian: apt-get install chromium), so nothing was tried in a browser.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=SILENT)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page whose complaints (script errors, violations of the content policy, failed requests) are kept."""

    def __init__(
        self, browser: Browser, size: tuple[int, int], address: str, *, script: bool = True, strict: bool = True
    ) -> None:
        """`strict=False` lets a tool put scripts of its own into the pages, against their policy."""
        width, height = size
        self.name = "phone" if size == PHONE else "desk"
        context = browser.new_context(
            viewport={"width": width, "height": height},
            base_url=address,
            java_script_enabled=script,
            bypass_csp=not strict,
            is_mobile=size == PHONE,
            has_touch=size == PHONE,
        )
        self.address = address
        self.page: Page = context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda entry: self._keep(entry.text) if entry.type == "error" else None)
        self.page.on("pageerror", lambda error: self._keep(str(error)))

    def sign_in(self, person: User) -> None:
        """Without the login page, which has tests of its own."""
        self.page.context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": self.address}])

    def _keep(self, text: str) -> None:
        if not text.startswith(REPLACED):
            self.complaints.append(text)

    def picture(self, name: str) -> None:
        """Keeps a screenshot where SCREENSHOTS says; also checks that the page is not wider than the screen."""
        # A page that is on its way has no document for a moment.
        self.page.wait_for_load_state()
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{name} is {wider} px wider than the {self.name}"
        directory = os.environ.get("SCREENSHOTS")
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{directory}/{name}-{self.name}.png", full_page=True)


def tap_a_number(page: Page, number: str) -> None:
    """It is dialled by another program, which this machine has not; all else is as on a phone."""
    stay = "(event) => event.target.closest('a[data-call]') && event.preventDefault()"
    page.evaluate(f"document.addEventListener('click', {stay})")
    page.get_by_role("link", name=number).last.click()
