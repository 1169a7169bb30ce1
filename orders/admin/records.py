"""What follows orders, to look at."""

from django.contrib import admin

from orders.admin.readonly import ReadOnlyAdmin
from orders.models import Notification, OrderHistoryRow, Return, SalesByDayRow, Shipment
from payments.money import Money


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    """Parcels and what the carrier made of them."""

    list_display = ("order_id", "state", "tracking_number", "reason", "requested_at")
    list_filter = ("state",)
    search_fields = ("=order_id", "tracking_number")
    ordering = ("-requested_at",)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Every mail that was sent, as it was sent."""

    list_display = ("sent_at", "recipient", "subject", "template")
    list_filter = ("template",)
    search_fields = ("recipient", "subject", "=order_id")


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    """Goods that came back."""

    list_display = ("number", "customer_reference", "refund", "reason", "returned_at")
    search_fields = ("number", "=customer_reference")
    ordering = ("-returned_at",)

    @admin.display(ordering="refund_amount")
    def refund(self, row: Return) -> str:
        """What was credited."""
        return str(Money(row.refund_amount, row.currency))


@admin.register(OrderHistoryRow)
class OrderHistoryAdmin(ReadOnlyAdmin):
    """The read model behind order lists; may be a moment behind the orders."""

    list_display = ("number", "state", "payment", "customer", "units", "total", "placed_at", "ended_at")
    list_filter = ("state", "payment", "payment_method", "reason")
    search_fields = ("number", "customer")
    ordering = ("-placed_at",)
    show_full_result_count = False

    @admin.display(ordering="total_amount")
    def total(self, row: OrderHistoryRow) -> str:
        """What the customer pays."""
        return str(Money(row.total_amount, row.currency))


@admin.register(SalesByDayRow)
class SalesByDayAdmin(ReadOnlyAdmin):
    """What each day brought; may be a moment behind."""

    list_display = ("day", "orders", "units", "revenue", "returns", "refunds")
    list_filter = ("currency",)
    ordering = ("-day",)
