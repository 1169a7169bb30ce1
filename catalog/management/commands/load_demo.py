"""Fill the shop with the demo catalogue and its opening stock."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from catalog import services
from catalog.management.demo import CURRENCY, DemoProduct, DemoShop, demo_shop
from catalog.queries import known_skus
from eventbus import backdated, current_time
from inventory.events import StockLine
from inventory.services import receive_many
from payments.money import Money

# The demo has a past, so that prices can honestly have fallen and some things are new.
OPENED, REDUCED, LATELY = timedelta(days=90), timedelta(days=9), timedelta(days=4)


class Command(BaseCommand):
    """Harmless when the shop is filled already: what is known is left as it is."""

    help = "Offer the demo products, with opening stock. Run again, it adds only what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is missing, and say how much that was."""
        added = _load(demo_shop())
        self.stdout.write(f"{added} demo products added." if added else "The demo products are there.")


@transaction.atomic
def _load(shop: DemoShop) -> int:
    known = known_skus(product.sku for product in shop.products)
    for position, category in enumerate(shop.categories, start=1):
        services.add_category(slug=category.slug, name=category.name, position=position)
    missing = {
        product.sku: (product, category.slug)
        for category in shop.categories
        for product in category.products
        if product.sku not in known
    }
    now = current_time()
    for came, are_new in ((now - OPENED, False), (now - LATELY, True)):
        with backdated(came):
            services.add_products([p.offered_in(slug) for p, slug in missing.values() if p.new == are_new])
    with backdated(now - REDUCED):
        for product in (product for product, _ in missing.values() if product.was):
            services.change_price(sku=product.sku, price=Money.parse(product.price, CURRENCY))
    receive_many(lines=_opening(product for product, _ in missing.values()), reason="opening stock")
    return len(missing)


def _opening(products: Iterable[DemoProduct]) -> list[StockLine]:
    return [StockLine(sku=product.sku, quantity=product.stock) for product in products if product.stock]
