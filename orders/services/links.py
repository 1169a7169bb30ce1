"""Links by which a guest opens their own order: each names its second, and can be cut off."""

from time import time
from uuid import UUID

from django.conf import settings
from django.core import signing

from orders.models import LINK_SALT, LinkCut


def order_token(order_id: UUID, *, second: int | None = None) -> str:
    """A token for the link to an order; only this shop can write one. Good for ORDERS_LINK_DAYS."""
    return signing.Signer(salt=LINK_SALT).sign(f"{order_id.hex}.{second or int(time())}")


def order_link(order_id: UUID) -> str:
    """The full address of the order's status page, for a mail."""
    site = getattr(settings, "SITE_URL", "http://127.0.0.1:8000")
    return f"{site}/orders/{order_token(order_id)}/"


def bank_return_link(order_id: UUID) -> str:
    """The full address to which a bank sends the shopper back after they have confirmed a payment."""
    return f"{order_link(order_id)}paid/"


def cut_links(order_id: UUID) -> str:
    """Let no link to the order that was written before open it any more; answers with a new token."""
    now = int(time())
    LinkCut.objects.update_or_create(order_id=order_id, defaults={"until_second": now})
    return order_token(order_id, second=now + 1)
