"""What a product has cost."""

from dataclasses import dataclass
from datetime import datetime

from catalog.models import PriceChange
from payments.money import Money


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A product cost something else from then on."""

    changed_at: datetime
    old: Money
    new: Money
    by: str


def price_history(sku: str, *, limit: int = 12) -> list[PriceStep]:
    """The latest changes of a product's price, newest first."""
    changes = PriceChange.objects.filter(product__sku=sku)[:limit]
    return [PriceStep(change.changed_at, change.old, change.new, change.by) for change in changes]
