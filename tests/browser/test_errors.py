"""The pages that nobody wants to see let everybody in, too."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.views.defaults import server_error
from playwright.sync_api import Page, expect

Look = Callable[[Page], None]
Keep = Callable[..., None]


def test_a_page_that_is_not_there(browser_page: Page, screenshot: Keep, axe: Look) -> None:
    answer = browser_page.goto("/nowhere/")

    assert answer
    assert answer.status == 404
    screenshot("error-404")
    axe(browser_page)


def test_a_form_without_its_cookie(browser_page: Page, screenshot: Keep, axe: Look) -> None:
    browser_page.goto("/account/log-in/")
    browser_page.context.clear_cookies()

    browser_page.get_by_label("E-mail").fill("ada@example.com")
    browser_page.get_by_label("Password").fill("not needed")
    with browser_page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        browser_page.get_by_role("button", name="Log in").click()

    assert posted.value.status == 403
    expect(browser_page.get_by_role("heading", level=1)).to_be_visible()
    screenshot("error-csrf")
    axe(browser_page)


@pytest.mark.parametrize("name", ["403", "429", "500"])
def test_a_refusal_and_an_accident(name: str, browser_page: Page, screenshot: Keep, axe: Look) -> None:
    """What Django's own view shows, put in the place of a page of the shop."""
    shown = page_of(name)
    browser_page.route("**/accident/", lambda route: route.fulfill(body=shown, content_type="text/html"))

    browser_page.goto("/accident/")

    expect(browser_page.get_by_role("heading", level=1)).to_be_visible()
    screenshot(f"error-{name}")
    axe(browser_page)


def page_of(name: str) -> bytes:
    """The page as it is rendered: an accident's without any of the request's context."""
    request = RequestFactory().get("/accident/")
    if name == "500":
        return server_error(request).content
    request.user, request.session = AnonymousUser(), SessionStore()
    return render_to_string(f"{name}.html", {"minutes": 5}, request).encode()
