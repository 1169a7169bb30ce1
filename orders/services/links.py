"""Links by which a guest opens their own order."""

from uuid import UUID

from django.conf import settings
from django.core import signing

from orders.models import LINK_SALT


def order_token(order_id: UUID) -> str:
    """A token for the link to an order; only this shop can write one."""
    return signing.Signer(salt=LINK_SALT).sign(order_id.hex)


def order_link(order_id: UUID) -> str:
    """The full address of the order's status page, for a mail."""
    site = getattr(settings, "SITE_URL", "http://127.0.0.1:8000")
    return f"{site}/orders/{order_token(order_id)}/"


def bank_return_link(order_id: UUID) -> str:
    """The full address to which a bank sends the shopper back after they have confirmed a payment."""
    return f"{order_link(order_id)}paid/"
