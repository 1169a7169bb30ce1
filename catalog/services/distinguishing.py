"""What tells products apart: attributes such as colour, material and size, one value each."""

from collections.abc import Mapping

from django.db import transaction

from catalog.errors import InvalidAttributes
from catalog.events import AttributesChanged
from catalog.services.holding import product_to_change
from eventbus import publish

MOST, LONGEST_NAME, LONGEST_VALUE = 8, 30, 60


@transaction.atomic
def change_attributes(*, sku: str, attributes: Mapping[str, str]) -> None:
    """Give a product these attributes and no others; raises InvalidAttributes."""
    wanted = tidy(attributes)
    product = product_to_change(sku)
    if product.attributes == wanted:
        return
    product.attributes = wanted
    product.save(update_fields=["attributes"])
    publish(AttributesChanged(sku=sku, attributes=wanted))


def tidy(attributes: Mapping[str, str]) -> dict[str, str]:
    """Names and values in lower case and without needless blanks, so that what is the same counts as one."""
    found = {_plain(name): _plain(value) for name, value in attributes.items()}
    if len(found) > MOST:
        raise InvalidAttributes(f"A product has {MOST} attributes at most.")
    for name, value in found.items():
        if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and ":" not in name):
            raise InvalidAttributes(
                f"An attribute has a name of 1 to {LONGEST_NAME} characters, without a colon."
            )
        if not (0 < len(value) <= LONGEST_VALUE and value.isprintable()):
            raise InvalidAttributes(f"The {name} of a product has 1 to {LONGEST_VALUE} characters.")
    return found


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
