"""Shoppers at the split shop: `python -m tests.acceptance.split.buying`.

Each line of the input is `order CARD POSTCODE` (with a dash), answered by the order's id and link; `card LINK
CARD`, to pay with another card; or `paid LINK`, the page that a bank sends its shopper to.
"""

import sys
from collections.abc import Callable

import django
from django.test.utils import setup_test_environment

if __name__ == "__main__":
    django.setup()
    setup_test_environment()

from orders.queries import order_by_token
from tests.chaos.shelves import PLENTY
from tests.journeys.shopper import Shopper


def order(card: str, postcode: str) -> str:
    """Fill a basket and send the checkout."""
    shopper = Shopper()
    shopper.pick(PLENTY[0])
    page = shopper.order(card_number=card, postcode=postcode.replace("-", " "))
    assert shopper.status == 200, page
    token = shopper.address.split("/")[2]
    return f"{order_by_token(token)} {token}"


def another_card(token: str, card: str) -> str:
    """Give the first card up for this one."""
    shopper = Shopper()
    shopper.send(f"/orders/{token}/card/", card_number=card, expiry="12/39", cvc="123")
    return str(shopper.status)


def back_from_the_bank(token: str) -> str:
    """Come back to the shop."""
    shopper = Shopper()
    shopper.see(f"/orders/{token}/paid/")
    return str(shopper.status)


if __name__ == "__main__":
    acts: dict[str, Callable[..., str]] = {"order": order, "card": another_card, "paid": back_from_the_bank}
    for line in sys.stdin:
        act, *words = line.split()
        print(acts[act](*words), flush=True)
