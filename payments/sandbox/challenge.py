"""The page of the shopper's bank: it shows what is to be paid, and asks to confirm or refuse it."""

from html import escape
from typing import Any
from urllib.parse import parse_qs

from payments.money import Money
from payments.sandbox import processor
from payments.sandbox.answers import Answer, Problem
from payments.sandbox.store import Store

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem; }}
button {{ font: inherit; padding: .6rem 1.4rem; margin-right: .6rem; cursor: pointer; }}
</style>
<h1>{title}</h1>
{content}
</html>
"""
_QUESTION = """<p>A shop wants to take <strong>{amount}</strong> from your card.</p>
<form method="post">
<button name="answer" value="confirm">Confirm</button>
<button name="answer" value="refuse">Refuse</button>
</form>
<p><small>This is the sandbox. No bank is asked, and no money moves.</small></p>"""


def show_challenge(store: Store, body: bytes, reference: str) -> Answer:
    """The question, or that it has been answered."""
    with store.transaction() as db:
        charge = processor.challenged_charge(db, reference)
    if charge["status"] == "challenge":
        return Answer(200, page=_page("Confirm your payment", _QUESTION.format(amount=_amount(charge))))
    return Answer(200, page=_page("There is nothing left to confirm", _way_back(charge["return_url"])))


def answer_challenge(store: Store, body: bytes, reference: str) -> Answer:
    """Take the shopper's answer, and send them back to where the shop wants them."""
    answers = parse_qs(body.decode("ascii", "replace")).get("answer", [])
    if answers not in (["confirm"], ["refuse"]):
        raise Problem(422, "invalid_request", "Say answer=confirm or answer=refuse.")
    with store.transaction() as db:
        charge = processor.challenged_charge(db, reference)
        processor.meet_challenge(db, charge, confirmed=answers == ["confirm"])
    if charge["return_url"]:
        return Answer(303, location=charge["return_url"])
    return Answer(200, page=_page("Thank you", _way_back("")))


def _page(title: str, content: str) -> str:
    return _PAGE.format(title=title, content=content)


def _way_back(url: str) -> str:
    if not url:
        return "<p>You may close this window.</p>"
    return f'<p><a href="{escape(url)}">Back to the shop</a></p>'


def _amount(charge: Any) -> str:
    return escape(str(Money(charge["amount"], charge["currency"])))
