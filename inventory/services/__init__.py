"""The verbs of inventory. Stock rows are touched last in each transaction: they are where orders meet."""

from inventory.services.holding import (
    expire_reservations,
    keep_stock,
    release_stock,
    reserve_stock,
    ship_stock,
)
from inventory.services.shelf import (
    adjust_stock,
    receive_many,
    receive_stock,
    return_stock,
    serve_alone,
    set_alert,
)

__all__ = [
    "adjust_stock",
    "expire_reservations",
    "keep_stock",
    "receive_many",
    "receive_stock",
    "release_stock",
    "reserve_stock",
    "return_stock",
    "serve_alone",
    "set_alert",
    "ship_stock",
]
