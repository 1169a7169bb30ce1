"""What is asked for a product, and what was asked before."""

from django.db import transaction

from catalog.errors import InvalidPrice
from catalog.events import PriceChanged
from catalog.models import PriceChange
from catalog.services.holding import product_to_change
from eventbus import current_time, publish
from payments.money import Money


@transaction.atomic
def change_price(*, sku: str, price: Money, by: str = "") -> None:
    """Ask another price from here on; the history keeps when, from what to what, and who did it."""
    if price.amount < 0:
        raise InvalidPrice(sku, price)
    product = product_to_change(sku)
    if product.price == price:
        return
    PriceChange.objects.create(
        product=product,
        changed_at=current_time(),
        old_amount=product.price_amount,
        old_currency=product.currency,
        new_amount=price.amount,
        new_currency=price.currency,
        by=by,
    )
    product.price_amount, product.currency = price.amount, price.currency
    product.save(update_fields=["price_amount", "currency"])
    publish(PriceChanged(sku=sku, price=price))
