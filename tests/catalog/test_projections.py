"""The listing, as it is folded from what catalog and inventory announce."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from catalog import services
from catalog.models import CatalogListingRow, CatalogWordRow, trigrams_of, words_of
from catalog.projections import CatalogListing, CatalogWords
from catalog.queries import Listing, listing, listings_by_sku
from eventbus import backdated
from eventbus.testing import assert_rebuilds, drain
from inventory import services as stock
from inventory.events import StockLine
from inventory.queries import stock_of
from payments.money import Money
from tests.catalog.builders import a_product, offered

pytestmark = pytest.mark.django_db(transaction=True)


def lines(**quantities: int) -> list[StockLine]:
    return [StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]


def test_a_listing_shows_product_and_price_as_last_announced() -> None:
    offered(a_product())
    services.change_price(sku="MUG", price=Money(999, "GBP"))
    services.describe_product(sku="MUG", name="Big mug", description="A pint.", picture="big.svg")
    services.move_product(sku="MUG", category_slug="garden")
    drain()

    mug = listing("stoneware-mug")
    assert mug is not None
    assert (mug.name, mug.description, mug.picture) == ("Big mug", "A pint.", "big.svg")
    assert (mug.category_slug, mug.category_name, mug.price) == ("garden", "Garden", Money(999, "GBP"))
    assert_rebuilds(CatalogListing)


def test_a_listing_shows_what_tells_a_product_apart_as_last_announced() -> None:
    offered(a_product(colour="green", material="ash"), a_product("BOWL", "Bowl"))
    drain()
    first = listings_by_sku(["MUG", "BOWL"])
    services.change_attributes(sku="MUG", attributes={"colour": "blue"})
    drain()

    assert (first["MUG"].attributes, first["BOWL"].attributes) == ({"colour": "green", "material": "ash"}, {})
    assert listings_by_sku(["MUG"])["MUG"].attributes == {"colour": "blue"}
    assert CatalogListingRow.objects.get(sku="MUG").traits == ["colour:blue"]
    assert_rebuilds(CatalogListing)


def test_free_and_sold_units_follow_the_stock() -> None:
    shipped, released = uuid4(), uuid4()
    offered(a_product(), a_product("BOWL", "Bowl"))
    stock.receive_many(lines=lines(MUG=20, BOWL=10), reason="opening stock")
    stock.adjust_stock(sku="MUG", quantity=-1, reason="broken")
    stock.reserve_stock(order_id=shipped, lines=lines(MUG=3, BOWL=2))
    stock.reserve_stock(order_id=released, lines=lines(MUG=5))
    stock.release_stock(order_id=released)
    stock.ship_stock(order_id=shipped)
    stock.return_stock(return_id=uuid4(), lines=lines(MUG=1), reason="chipped")
    drain()

    found = listings_by_sku(["MUG", "BOWL"])
    assert (found["MUG"].available, found["MUG"].units_sold) == (17, 3)
    assert (found["BOWL"].available, found["BOWL"].units_sold) == (8, 2)
    assert {sku: level.available for sku, level in stock_of(["MUG", "BOWL"]).items()} == {
        "MUG": 17,
        "BOWL": 8,
    }
    assert_rebuilds(CatalogListing)


def test_units_whose_hold_ran_out_are_free_again_and_those_taken_once_more_are_not() -> None:
    order_id, again = uuid4(), uuid4()
    offered(a_product())
    stock.receive_many(lines=lines(MUG=20), reason="opening stock")
    for each in (order_id, again):
        stock.reserve_stock(order_id=each, lines=lines(MUG=3), hold_seconds=60)
    stock.expire_reservations(now=timezone.now() + timedelta(minutes=2))
    drain()
    freed = listings_by_sku(["MUG"])["MUG"].available
    stock.reserve_stock(order_id=again, lines=lines(MUG=3))
    drain()

    assert (freed, listings_by_sku(["MUG"])["MUG"].available) == (20, 17)
    assert stock_of(["MUG"])["MUG"].available == 17
    assert_rebuilds(CatalogListing)


def test_a_withdrawn_product_is_out_of_sight_until_it_is_offered_again() -> None:
    offered(a_product())
    services.withdraw_product(sku="MUG")
    drain()
    hidden = listing("stoneware-mug")
    services.relist_product(sku="MUG")
    drain()

    assert hidden is None
    assert listing("stoneware-mug") is not None


def test_stock_that_arrives_before_its_product_is_counted_but_not_shown() -> None:
    stock.receive_stock(sku="MUG", quantity=4, reason="opening stock")
    drain()
    unseen = listings_by_sku(["MUG"])
    offered(a_product())
    drain()

    assert unseen == {}
    assert listings_by_sku(["MUG"])["MUG"].available == 4


def test_trigrams_are_those_of_every_word_with_its_edges() -> None:
    assert words_of("Gardener's mug, 2-pint") == ["gardeners", "mug", "2", "pint"]
    assert trigrams_of("Mug mug") == ["  m", " mu", "mug", "ug "]


def test_the_words_of_products_and_categories_are_known_with_their_trigrams() -> None:
    offered(a_product(name="Mug"))
    services.describe_product(sku="MUG", name="Green mug", description="Dishwasher proof.", picture="")
    services.move_product(sku="MUG", category_slug="garden")
    drain()

    known = {row.word: row.trigrams for row in CatalogWordRow.objects.all()}
    assert known == {word: trigrams_of(word) for word in ("mug", "kitchen", "green", "garden")}
    assert_rebuilds(CatalogWords)


class TestWhatAPriceWas:
    """ "Was" is the lowest price of the thirty days before, and only where it was asked for a week."""

    @staticmethod
    def priced(*steps: tuple[int, int]) -> Listing:
        """Each step: on which day, how many pounds. The first is the day the product came."""
        start = timezone.now() - timedelta(days=90)
        (came, first), *changes = steps
        with backdated(start + timedelta(days=came)):
            offered(a_product(pounds=first))
        for day, pounds in changes:
            with backdated(start + timedelta(days=day)):
                services.change_price(sku="MUG", price=Money(pounds * 100, "GBP"))
        drain()
        assert_rebuilds(CatalogListing)
        mug = listing("stoneware-mug")
        assert mug
        return mug

    @pytest.mark.parametrize(
        ("steps", "was"),
        [
            (((0, 20), (80, 15)), 20),
            (((0, 20), (80, 25)), None),
            # A rise the day before makes no bargain.
            (((0, 20), (79, 40), (80, 18)), 20),
            (((0, 20), (79, 40), (80, 20)), None),
            # A fall within a fall: from the lower.
            (((0, 20), (75, 18), (80, 15)), 18),
            # What was asked longer ago than a month counts no more, what began then and lasted does.
            (((0, 10), (30, 20), (80, 15)), 20),
            (((0, 10), (60, 20), (80, 15)), None),
            # Asked for six days.
            (((74, 20), (80, 15)), None),
            (((73, 20), (80, 15)), 20),
            # It fell more than a month ago.
            (((0, 20), (59, 15)), None),
        ],
    )
    def test_it_is_honest(self, steps: tuple[tuple[int, int], ...], was: int | None) -> None:
        assert self.priced(*steps).was == (was and Money(was * 100, "GBP"))

    def test_another_currency_begins_anew(self) -> None:
        with backdated(timezone.now() - timedelta(days=60)):
            offered(a_product(pounds=20))
        services.change_price(sku="MUG", price=Money(1500, "EUR"))
        drain()

        mug = listing("stoneware-mug")
        assert mug
        assert (mug.price, mug.was) == (Money(1500, "EUR"), None)
