"""Two carts that become one when somebody logs in, and are taken apart again."""

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders import services
from orders.errors import CartAlreadyOrdered, UnionNotFound, UnionOutdated
from orders.models import Cart, CartLine, CartUnion
from tests.orders.builders import a_cart, an_article, an_order

pytestmark = pytest.mark.usefixtures("bus")
ADA, EVE = 7, 8


@pytest.fixture(autouse=True)
def _shelf() -> None:
    for sku in ("MUG-RED", "POT", "JUG"):
        an_article(sku)


def own(**quantities: int) -> UUID:
    """Ada's cart."""
    cart_id = services.create_cart(customer_id=ADA)
    fill(cart_id, quantities)
    return cart_id


def guests(**quantities: int) -> UUID:
    """A cart of a visit."""
    cart_id = services.create_cart()
    fill(cart_id, quantities)
    return cart_id


def fill(cart_id: UUID, quantities: dict[str, int]) -> None:
    """Put so many of each into it."""
    for sku, quantity in quantities.items():
        services.add_to_cart(cart_id=cart_id, sku=sku.replace("_", "-"), quantity=quantity, customer_id=ADA)


def lines(cart_id: UUID) -> list[tuple[object, ...]]:
    """All that is kept of a cart's lines, in their order."""
    kept = ("sku", "title", "quantity", "seen_amount", "currency")
    return list(CartLine.objects.filter(cart_id=cart_id).values_list(*kept))


def picked(cart_id: UUID) -> dict[str, int]:
    """How many of what."""
    return dict(CartLine.objects.filter(cart_id=cart_id).values_list("sku", "quantity"))


def test_of_each_article_the_larger_quantity_is_kept() -> None:
    mine, visit = own(MUG_RED=1, POT=5), guests(MUG_RED=3, POT=2, JUG=4)

    united = services.unite_carts(customer_id=ADA, cart_id=visit)

    assert united.cart_id == mine
    assert picked(mine) == {"MUG-RED": 3, "POT": 5, "JUG": 4}
    assert united.changes == ("The JUG: 4 came from this visit.", "The MUG-RED: 3 instead of 1.")


def test_the_most_that_a_line_may_hold_is_not_exceeded() -> None:
    mine, visit = own(MUG_RED=99), guests(MUG_RED=99)

    services.unite_carts(customer_id=ADA, cart_id=visit)

    assert picked(mine) == {"MUG-RED": 99}


def test_no_more_articles_are_brought_than_a_basket_holds() -> None:
    mine, visit = own(MUG_RED=1), guests(MUG_RED=3, POT=2, JUG=4)
    article = {"title": "x", "quantity": 1, "seen_amount": 1, "currency": "GBP"}
    CartLine.objects.bulk_create(CartLine(cart_id=mine, sku=f"N{n}", **article) for n in range(98))

    united = services.unite_carts(customer_id=ADA, cart_id=visit)

    assert united.changes == ("The POT: 2 came from this visit.", "The MUG-RED: 3 instead of 1.")
    assert len(lines(mine)) == 100


def test_undoing_gives_both_back_exactly() -> None:
    mine, visit = own(POT=5, MUG_RED=1), guests(MUG_RED=3, JUG=4)
    before = lines(mine), lines(visit)
    united = services.unite_carts(customer_id=ADA, cart_id=visit)
    assert united.union_id

    for _ in range(2):
        assert services.take_carts_apart(customer_id=ADA, union_id=united.union_id) == visit

    assert (lines(mine), lines(visit)) == before
    assert dict(Cart.objects.values_list("pk", "customer_id")) == {mine: ADA, visit: None}


def test_what_was_undone_can_be_done_again() -> None:
    mine, visit = own(POT=5), guests(JUG=4)
    first = services.unite_carts(customer_id=ADA, cart_id=visit)
    assert first.union_id
    services.take_carts_apart(customer_id=ADA, union_id=first.union_id)

    services.unite_carts(customer_id=ADA, cart_id=visit)

    assert picked(mine) == {"POT": 5, "JUG": 4}


def test_a_visits_cart_becomes_the_accounts_where_that_has_none() -> None:
    visit = guests(JUG=4)

    united = services.unite_carts(customer_id=ADA, cart_id=visit)

    assert united == services.United(visit)
    assert Cart.objects.get().customer_id == ADA


def test_the_accounts_cart_comes_back_where_the_visit_has_none() -> None:
    mine = own(JUG=4)

    assert services.unite_carts(customer_id=ADA, cart_id=None) == services.United(mine)
    assert services.unite_carts(customer_id=ADA, cart_id=guests()) == services.United(mine)
    assert CartUnion.objects.count() == 0


def test_there_is_nothing_to_tell_where_nothing_changes() -> None:
    mine = own(JUG=4)

    assert services.unite_carts(customer_id=ADA, cart_id=guests(JUG=2)) == services.United(mine)
    assert services.unite_carts(customer_id=ADA, cart_id=mine) == services.United(mine)


def test_an_ordered_cart_is_left_alone() -> None:
    visit, mine = a_cart("MUG-RED"), own(JUG=1)
    an_order(visit)

    assert services.unite_carts(customer_id=ADA, cart_id=visit) == services.United(mine)
    assert picked(mine) == {"JUG": 1}


def test_another_accounts_cart_is_left_alone() -> None:
    eves = services.create_cart(customer_id=EVE)
    services.add_to_cart(cart_id=eves, sku="JUG", customer_id=EVE)

    assert services.unite_carts(customer_id=ADA, cart_id=eves) == services.United(None)
    assert Cart.objects.get().customer_id == EVE


def test_what_costs_another_currency_stays_out() -> None:
    mine, visit = own(POT=1), guests(JUG=1, MUG_RED=1)
    CartLine.objects.filter(cart_id=visit, sku="JUG").update(currency="EUR")

    services.unite_carts(customer_id=ADA, cart_id=visit)

    assert picked(mine) == {"POT": 1, "MUG-RED": 1}


def test_a_cart_that_has_changed_since_is_not_taken_apart() -> None:
    mine, visit = own(POT=5), guests(JUG=4)
    united = services.unite_carts(customer_id=ADA, cart_id=visit)
    services.change_quantity(cart_id=mine, sku="POT", quantity=1, customer_id=ADA)
    assert united.union_id

    with pytest.raises(UnionOutdated):
        services.take_carts_apart(customer_id=ADA, union_id=united.union_id)

    assert picked(mine) == {"POT": 1, "JUG": 4}


def test_a_cart_that_was_ordered_since_is_not_taken_apart() -> None:
    mine, visit = own(POT=5), guests(JUG=4)
    united = services.unite_carts(customer_id=ADA, cart_id=visit)
    an_order(mine, customer_id=ADA)
    assert united.union_id

    with pytest.raises(CartAlreadyOrdered):
        services.take_carts_apart(customer_id=ADA, union_id=united.union_id)


def test_nobody_elses_carts_are_taken_apart() -> None:
    own(POT=5)
    united = services.unite_carts(customer_id=ADA, cart_id=guests(JUG=4))
    assert united.union_id

    with pytest.raises(UnionNotFound):
        services.take_carts_apart(customer_id=EVE, union_id=united.union_id)


def test_it_takes_few_statements() -> None:
    own(POT=5)
    visit = guests(JUG=4)

    with CaptureQueriesContext(connection) as asked:
        services.unite_carts(customer_id=ADA, cart_id=visit)

    assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) == 10
