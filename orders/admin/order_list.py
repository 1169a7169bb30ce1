"""Orders: found by what people ask with, and each on a page of its own."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from orders.admin import order_page
from orders.admin.readonly import ReadOnlyAdmin
from orders.models import STATES, Order, OrderHistoryRow
from payments.money import Money

MOST_COUNTED = 10_000
MOST_FOUND = 500
_PAYMENTS = ("pending", "captured", "declined", "partly refunded", "refunded")


class _Known(admin.SimpleListFilter):
    """A filter by the read model, which has the indexes; the choices are known, so that none is asked for."""

    known: tuple[str, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What can be chosen."""
        return [(one, one) for one in self.known]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """The orders of which the read model says so."""
        if not self.value():
            return queryset
        rows = OrderHistoryRow.objects.filter(**{str(self.parameter_name): self.value()})
        return queryset.filter(pk__in=rows.values("order_id"))


class ByState(_Known):
    """Where it stands."""

    title, parameter_name, known = "state", "state", STATES


class ByPayment(_Known):
    """Where its money is."""

    title, parameter_name, known = "payment", "payment", _PAYMENTS


class ShortPaginator(Paginator[Any]):
    """Counts no further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        """How many there are, or as many as are counted."""
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[:MOST_COUNTED])


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """The list, by date; a search goes by number, mail address, account, or the beginning of a name."""

    list_display = ("number", "standing", "buyer", "total", "given_back", "payment_method", "placed")
    list_display_links = ("number",)
    list_filter = (ByState, ByPayment, ("placed_at", admin.DateFieldListFilter))
    list_per_page = 50
    search_fields = ("number",)
    search_help_text = "An order number, a mail address, a customer's account, or how a name begins."
    sortable_by = ("placed",)
    ordering = ("-placed_at",)
    paginator = ShortPaginator
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """By what the term looks like; each way has its index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            pass
        if queryset.filter(number=term.upper()).exists():
            return queryset.filter(number=term.upper()), False
        rows = OrderHistoryRow.objects.filter(_found_by(term)).order_by("-placed_at")
        return queryset.filter(pk__in=list(rows.values_list("order_id", flat=True)[:MOST_FOUND])), False

    def get_urls(self) -> list[URLPattern]:
        """What staff do about one order, beside its page."""
        view = self.admin_site.admin_view
        acts = [
            path("<uuid:order_id>/cancel/", view(order_page.cancel), name="orders_cancel"),
            path("<uuid:order_id>/note/", view(order_page.note), name="orders_note"),
            path(
                "<uuid:order_id>/mail/<int:mail_id>/", view(order_page.send_again), name="orders_mail_again"
            ),
        ]
        return acts + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The order's page."""
        order = self.get_object(request, object_id)
        if order is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        if request.method == "POST":
            return HttpResponseRedirect(request.path)
        return order_page.page(request, self.admin_site.each_context(request), order)

    @admin.display(description="state")
    def standing(self, order: Order) -> SafeString:
        """Where it stands, and why it was cancelled."""
        why = f": {order.reason.replace('_', ' ')}" if order.reason else ""
        return format_html("{}{}", order.state, why)

    @admin.display(description="placed", ordering="placed_at")
    def placed(self, order: Order) -> str:
        """When, to the minute."""
        return f"{localtime(order.placed_at):%-d %b %Y, %H:%M}"

    @admin.display(description="customer")
    def buyer(self, order: Order) -> str:
        """Name, or the account's reference."""
        return str(order.customer["name"] or order.customer["reference"])

    @admin.display(description="total")
    def total(self, order: Order) -> str:
        """What the customer pays."""
        return str(Money(order.total_amount, order.currency))

    @admin.display(description="given back")
    def given_back(self, order: Order) -> str:
        """What is owed back to the customer, of the total."""
        return str(Money(order.refunded_amount, order.currency)) if order.refunded_amount else ""


def _found_by(term: str) -> Q:
    if "@" in term:
        return Q(email=term.lower())
    return Q(reference=term) | Q(customer__istartswith=term)
