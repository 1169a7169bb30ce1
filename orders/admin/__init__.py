"""What staff read about orders, and the rules they set; orders themselves change through their services."""

from orders.admin import orders, rules, staff

__all__ = ["orders", "rules", "staff"]
