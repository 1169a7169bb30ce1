"""The page of the shopper's bank, as a browser sees it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fixtures.sandbox import Sandbox

BACK = 'https://shop.example/back/?order=1&why="<b>"'


@pytest.fixture
def charge(sandbox: Sandbox) -> dict[str, Any]:
    """A charge that waits for its shopper."""
    fields = {"id": str(uuid4()), "amount": 1234, "currency": "GBP", "card": "tok_challenge"}
    waiting: dict[str, Any] = sandbox.post("/v1/charges", **fields, return_url=BACK)["charge"]
    return waiting


def see(url: str) -> httpx.Response:
    """Open the page."""
    return httpx.get(url, trust_env=False)


def press(url: str, button: str) -> httpx.Response:
    """Send the form."""
    return httpx.post(url, data={"answer": button}, trust_env=False)


def test_it_asks_for_the_amount_with_two_buttons(charge: dict[str, Any]) -> None:
    page = see(charge["challenge_url"])

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<strong>£12.34</strong>" in page.text
    assert '<button name="answer" value="confirm">Confirm</button>' in page.text
    assert '<button name="answer" value="refuse">Refuse</button>' in page.text


@pytest.mark.parametrize(("button", "status"), [("confirm", "authorised"), ("refuse", "declined")])
def test_an_answer_counts_and_leads_back_to_the_shop(
    sandbox: Sandbox, charge: dict[str, Any], button: str, status: str
) -> None:
    answer = press(charge["challenge_url"], button)

    assert (answer.status_code, answer.headers["location"]) == (303, BACK)
    assert sandbox.get(f"/v1/charges/{charge['id']}")["charge"]["status"] == status


def test_a_second_answer_changes_nothing_and_leads_back_too(sandbox: Sandbox, charge: dict[str, Any]) -> None:
    press(charge["challenge_url"], "refuse")

    assert press(charge["challenge_url"], "confirm").headers["location"] == BACK
    assert sandbox.get(f"/v1/charges/{charge['id']}")["charge"]["status"] == "declined"


def test_an_answered_page_only_shows_the_way_back(charge: dict[str, Any]) -> None:
    press(charge["challenge_url"], "confirm")

    page = see(charge["challenge_url"]).text

    assert "nothing left to confirm" in page
    assert 'href="https://shop.example/back/?order=1&amp;why=&quot;&lt;b&gt;&quot;"' in page
    assert "<button" not in page


def test_without_a_way_back_the_page_says_thank_you(sandbox: Sandbox) -> None:
    fields = {"id": str(uuid4()), "amount": 1234, "currency": "GBP", "card": "tok_challenge"}
    url = sandbox.post("/v1/charges", **fields)["charge"]["challenge_url"]

    answer = press(url, "confirm")

    assert (answer.status_code, "Thank you" in answer.text) == (200, True)


@pytest.mark.parametrize("form", ["", "answer=maybe", "answer=confirm&answer=refuse", "\xff"])
def test_any_other_answer_is_refused(sandbox: Sandbox, charge: dict[str, Any], form: str) -> None:
    answer = httpx.post(charge["challenge_url"], content=form.encode("latin-1"), trust_env=False)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert sandbox.get(f"/v1/charges/{charge['id']}")["charge"]["status"] == "challenge"


def test_only_a_challenged_charge_has_a_page(sandbox: Sandbox) -> None:
    fields = {"id": str(uuid4()), "amount": 1234, "currency": "GBP", "card": "tok_visa"}
    reference = sandbox.post("/v1/charges", **fields)["charge"]["reference"]

    for path in (f"/challenge/{reference}", "/challenge/ch_none"):
        assert sandbox.get(path)["error"]["code"] == "unknown_challenge"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/back/", "ftp://shop.example/"])
def test_the_way_back_is_a_web_address(sandbox: Sandbox, url: str) -> None:
    fields = {"id": str(uuid4()), "amount": 1234, "currency": "GBP", "card": "tok_challenge"}

    assert sandbox.post("/v1/charges", **fields, return_url=url)["error"]["code"] == "invalid_request"
