"""Addresses with keys: the ones the pages answer at."""

from typing import Any

import pytest
from django.urls import resolve, reverse

from retention_crm.lib.addresses import keyed_address


@pytest.mark.parametrize("view", ["unsubscribe", "preferences", "survey_answer"])
def test_it_is_where_the_page_is(view: str, settings: Any) -> None:
    for site in ("https://crm.example.com", "https://other.example.com"):
        settings.SITE_URL = site
        address = keyed_address(view, "1-abc_DEF-0")
        assert address == site + reverse(view, args=["1-abc_DEF-0"])
        assert resolve(address.removeprefix(site)).url_name == view
