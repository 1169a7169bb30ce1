"""What staff read about orders, and the rules they set; orders themselves change through their services."""

from orders.admin import order_list, records, rules, staff

__all__ = ["order_list", "records", "rules", "staff"]
