"""The tables of orders: the event-sourced Order, carts, what follows an order, and the read models."""

from orders.models.belonging import ADDRESS_PARTS, MOST_ADDRESSES, CartUnion, LinkCut, SavedAddress
from orders.models.cart import MOST_LINES, MOST_PER_LINE, Cart, CartLine
from orders.models.fulfilment import Notification, ParcelScan, Return, Shipment
from orders.models.importing import SalesImport
from orders.models.numbers import is_number, new_number
from orders.models.order import LINK_SALT, SCHEMA, Order
from orders.models.read_models import (
    CardPulseRow,
    OrderHistoryRow,
    ProductDemandRow,
    SalesByDayRow,
    SalesByHourRow,
    ShopDayRow,
)
from orders.models.rules import ANYWHERE, HOME_COUNTRY, HOME_CURRENCY, ShippingRule, TaxRule
from orders.models.staff import OrderNote, StaffTask, TaskKind
from orders.models.state import OrderEvent, OrderRefund, OrderReturn, OrderState
from orders.models.transitions import STATES, TRANSITIONS, Transition, accept, evolve, fold

__all__ = [
    "ADDRESS_PARTS",
    "ANYWHERE",
    "HOME_COUNTRY",
    "HOME_CURRENCY",
    "LINK_SALT",
    "MOST_ADDRESSES",
    "MOST_LINES",
    "MOST_PER_LINE",
    "SCHEMA",
    "STATES",
    "TRANSITIONS",
    "CardPulseRow",
    "Cart",
    "CartLine",
    "CartUnion",
    "LinkCut",
    "Notification",
    "Order",
    "OrderEvent",
    "OrderHistoryRow",
    "OrderNote",
    "OrderRefund",
    "OrderReturn",
    "OrderState",
    "ParcelScan",
    "ProductDemandRow",
    "Return",
    "SalesByDayRow",
    "SalesByHourRow",
    "SalesImport",
    "SavedAddress",
    "Shipment",
    "ShippingRule",
    "ShopDayRow",
    "StaffTask",
    "TaskKind",
    "TaxRule",
    "Transition",
    "accept",
    "evolve",
    "fold",
    "is_number",
    "new_number",
]
