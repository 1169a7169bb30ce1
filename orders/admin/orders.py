"""Orders and what follows them, to look at."""

from uuid import uuid4

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eventbus import read_stream
from inventory.queries import reservation_state
from orders.admin.readonly import ReadOnlyAdmin
from orders.models import Notification, Order, OrderHistoryRow, Return, SalesByDayRow, Shipment
from orders.queries import mails_about, order_story
from payments.money import Money
from payments.queries import payment_of


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """An order with its lines, where its money and its goods are, its story and its mails."""

    list_display = ("number", "state", "buyer", "total", "payment_method", "placed_at")
    list_filter = ("state", "payment_method", "delivery", "reason")
    search_fields = ("number", "customer__name", "customer__email", "customer__reference")
    date_hierarchy = "placed_at"
    ordering = ("-placed_at",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("number", "state", "reason", "message", "placed_at")}),
        ("Bought", {"fields": ("order_lines", "shipping", "total", "tax", "given_back")}),
        ("Customer", {"fields": ("buyer", "email", "destination")}),
        ("Where it stands", {"fields": ("payment", "stock", "parcel", "tracking_number", "delivery")}),
        ("After it was sent", {"fields": ("came_back", "next_steps")}),
        ("Story", {"fields": ("timeline", "messages", "mails")}),
    )

    @admin.display(ordering="customer__name")
    def buyer(self, order: Order) -> str:
        """Name, or the account's reference."""
        return str(order.customer["name"] or order.customer["reference"])

    @admin.display
    def email(self, order: Order) -> str:
        """Where its mails go."""
        return str(order.customer["email"] or "none")

    @admin.display(ordering="total_amount")
    def total(self, order: Order) -> str:
        """What the customer pays."""
        return str(Money(order.total_amount, order.currency))

    @admin.display
    def shipping(self, order: Order) -> str:
        """What delivery costs, and what it was called."""
        return f"{Money(order.shipping_amount, order.currency)} {order.shipping_name}".strip()

    @admin.display
    def tax(self, order: Order) -> str:
        """What of the total is tax."""
        return "by no rule" if order.tax_amount is None else str(Money(order.tax_amount, order.currency))

    @admin.display
    def given_back(self, order: Order) -> str:
        """What is owed back to the customer, of the total."""
        return str(Money(order.refunded_amount, order.currency))

    @admin.display
    def destination(self, order: Order) -> str:
        """The address in one line."""
        return ", ".join(filter(None, (order.address or {}).values())) or "none"

    @admin.display(description="Lines")
    def order_lines(self, order: Order) -> SafeString:
        """Each line as it was agreed."""
        rows = (
            (line.quantity, line.title, line.sku, line.unit_price, line.total) for line in order.fold().lines
        )
        return format_html_join("", "{} x {} ({}) at {} = <b>{}</b><br>", rows)

    @admin.display
    def payment(self, order: Order) -> str:
        """Where the money is."""
        payment = payment_of(order.pk)
        if payment is None:
            return "never requested"
        why = f" ({payment.decline_reason})" if payment.decline_reason else ""
        held = f"captured {payment.captured}, given back {payment.refunded}"
        return f"{payment.state}{why}, by {payment.method}: {held}"

    @admin.display
    def stock(self, order: Order) -> str:
        """Whether the goods are held."""
        return reservation_state(order.pk) or "never reserved"

    @admin.display
    def parcel(self, order: Order) -> str:
        """What the carrier says."""
        shipment = Shipment.objects.filter(order_id=order.pk).first()
        return f"{shipment.state} {shipment.tracking_number}{shipment.reason}" if shipment else "none"

    @admin.display
    def came_back(self, order: Order) -> SafeString:
        """Goods and money, as far as they are known to go back."""
        state = order.fold()
        goods = [
            (each.state, ", ".join(f"{line.quantity} x {line.sku}" for line in each.lines))
            for each in state.returns
        ]
        money = [("granted", str(each.amount)) for each in state.refunds]
        return format_html_join("", "{} {}<br>", goods + money) or SafeString("nothing")

    @admin.display
    def next_steps(self, order: Order) -> SafeString:
        """Where staff take goods back and give money back, once it was sent."""
        if order.state != "shipped":
            return SafeString("none before it was sent")
        pages = (
            (reverse("admin:orders_receive", args=[order.pk, uuid4()]), "Take goods back"),
            (reverse("admin:orders_refund", args=[order.pk]), "Give money back"),
        )
        return format_html_join(", ", '<a href="{}">{}</a>', pages)

    @admin.display
    def timeline(self, order: Order) -> SafeString:
        """The order's own events, by revision, each in a sentence."""
        rows = (
            (one.revision, one.at.isoformat(" ", "seconds"), one.event, one.sentence)
            for one in order_story(order.pk)
        )
        return format_html_join("", "{}. {} <b>{}</b> {}<br>", rows)

    @admin.display
    def messages(self, order: Order) -> SafeString:
        """The whole story, of all rooms, in the log."""
        first = read_stream(f"order-{order.pk}")[0]
        log = reverse("admin:eventbus_message_changelist")
        return format_html(
            '<a href="{}?correlation_id={}">all messages of this order</a>', log, first.correlation_id
        )

    @admin.display
    def mails(self, order: Order) -> SafeString:
        """What was written to the customer."""
        rows = ((mail.sent_at.isoformat(" ", "seconds"), mail.subject) for mail in mails_about(order.pk))
        return format_html_join("", "{} {}<br>", rows)


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
    date_hierarchy = "day"
    ordering = ("-day",)
