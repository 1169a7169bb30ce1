"""What a shopper reads of an order that has ended, in the cases that are hard to bring about."""

from dataclasses import replace

import pytest

from orders.queries.progress import Facts, failed_at, steps

ENDED = Facts(
    order="cancelled",
    reason="payment_overdue",
    cancelling=False,
    was_confirmed=False,
    reserved=False,
    payment="cancelled",
    was_captured=False,
    parcel="",
    all_returned=False,
)


def money(facts: Facts) -> tuple[str, str]:
    """How the payment stands, and what is said of it."""
    (step,) = (step for step in steps(facts) if step.key == "payment")
    return step.state, step.sentence


def test_a_payment_that_never_came_is_said_to_have_charged_nothing() -> None:
    assert money(ENDED) == ("failed", "The payment did not go through. Nothing was charged.")


@pytest.mark.parametrize(
    ("payment", "told"),
    [
        ("captured", ("undoing", "Giving your money back…")),
        ("cancelled", ("undone", "Your money has been given back.")),
    ],
)
def test_money_that_came_too_late_is_not_said_never_to_have_been_charged(
    payment: str, told: tuple[str, str]
) -> None:
    assert money(replace(ENDED, was_captured=True, payment=payment)) == told


@pytest.mark.parametrize(
    ("reason", "step"),
    [
        ("out_of_stock", "stock"),
        ("shortfall", "stock"),
        ("payment_overdue", "payment"),
        ("card_declined", "payment"),
        ("shipping_overdue", "shipping"),
        ("cancelled_on_request", ""),
    ],
)
def test_an_ending_belongs_to_the_step_that_failed(reason: str, step: str) -> None:
    assert failed_at(reason) == step
