"""Read models of orders: for lists and figures, rebuilt from the log at any time."""

from orders.projections.days import CardPulse, ShopDays
from orders.projections.history import OrderHistory
from orders.projections.sales import ProductDemand, SalesByDay, SalesByHour

__all__ = ["CardPulse", "OrderHistory", "ProductDemand", "SalesByDay", "SalesByHour", "ShopDays"]
