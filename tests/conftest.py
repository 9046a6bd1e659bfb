"""A real browser on the running site, for tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests import browser


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    """The browser's driver runs an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch, browser.running() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield running


@pytest.fixture
def chromium(started: Browser) -> Iterator[Browser]:
    """The one that was started for all tests; nothing of a test stays open in it."""
    yield started
    for context in started.contexts:
        context.close()


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> str:
    settings.SITE_URL = live_server.url
    return str(live_server.url)
