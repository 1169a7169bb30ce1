"""What docs/payments.md says of the cards and of the events is what the code does."""

import re
from pathlib import Path

from eventbus import Event
from payments.models import PaymentState
from payments.sandbox.cards import CARDS
from payments.services import tokenise
from tests.docs.examples import blocks

PAGE = (Path(__file__).parents[2] / "docs" / "payments.md").read_text()


def test_every_card_of_the_sandbox_is_listed_once() -> None:
    numbers = re.findall(r"^\| (\d{4} \d{4} \d{4} \d{4}) \|", PAGE, re.MULTILINE)

    assert sorted(tokenise(number) for number in numbers) == sorted(CARDS)


def test_every_event_about_a_payment_is_explained() -> None:
    published = {kind.__name__ for kind in Event.__subclasses__() if kind.__module__ == "payments.events"}

    assert {name for name in published if f"`{name}`" not in PAGE} == {"AccountCredited"}


def test_the_states_that_are_drawn_are_those_there_are_and_none_goes_back() -> None:
    (drawn,) = blocks("docs/payments.md", "mermaid")
    steps = re.findall(r"^ +(\w+) --> (\w+)", drawn.code, re.MULTILINE)

    assert {state for step in steps for state in step} == set(PaymentState.values)
    assert [step for step in steps if PaymentState(step[0]).rank >= PaymentState(step[1]).rank] == []
