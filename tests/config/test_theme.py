"""Light or dark: what the reader chose holds on every page, and leads nowhere but back."""

import pytest
from django.test import Client


@pytest.mark.parametrize("_theme", ["light", "dark"])
def test_a_chosen_theme_holds_until_the_system_is_to_choose_again(_theme: str, bus: None) -> None:
    shopper = Client()
    assert b"data-theme" not in shopper.get("/").content

    answer = shopper.post("/theme/", {"theme": _theme, "next": "/search/?q=mug"})
    assert (answer.status_code, answer["Location"]) == (302, "/search/?q=mug")
    assert f'<html lang="en-GB" data-theme="{_theme}">' in shopper.get("/").content.decode()

    shopper.post("/theme/", {"theme": "", "next": "/"})
    assert b"data-theme" not in shopper.get("/").content


@pytest.mark.parametrize(
    "_next", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""]
)
def test_the_switch_leads_nowhere_else(_next: str) -> None:
    answer = Client().post("/theme/", {"theme": "dark", "next": _next})

    assert answer["Location"] == "/"


def test_a_forged_cookie_writes_nothing_into_the_page(bus: None) -> None:
    shopper = Client()
    shopper.cookies["theme"] = '"><script>'

    page = shopper.get("/").content.decode()

    assert "data-theme" not in page
    assert '"><script>' not in page


def test_the_switch_wants_the_shops_own_form() -> None:
    assert Client(enforce_csrf_checks=True).post("/theme/", {"theme": "dark"}).status_code == 403
