"""What waits for a person, and the two pages on which staff give goods and money back."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import CharField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from orders import queries, services
from orders.admin.order_page import remember, to_order, told
from orders.admin.readonly import ReadOnlyAdmin
from orders.errors import OrderNotFound
from orders.forms import ReceiveForm, RefundForm, RefuseForm
from orders.models import Order, OrderState, StaffTask, TaskKind

_GOODS = {TaskKind.RETURN_REQUESTED: "Receive or refuse it", TaskKind.PARCEL_RETURNED: "Take the goods back"}


class NoteForm(ActionForm):
    """What was done about the selected tasks."""

    note = CharField(required=False, label="Note")


class Openness(admin.SimpleListFilter):
    """What is still to be done, unless somebody asks for the rest."""

    title = "state"
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Besides the open ones."""
        return [("yes", "Closed"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[StaffTask]) -> QuerySet[StaffTask]:
        """Open where nothing is chosen."""
        if self.value() == "all":
            return queryset
        return queryset.filter(closed_at__isnull=self.value() != "yes")

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first choice is not everything."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Open"}
        yield from others


@admin.register(StaffTask)
class StaffTaskAdmin(ReadOnlyAdmin):
    """Orders that need somebody, with the next thing to do; closed with a note of what was done."""

    list_display = ("kind", "order", "to_do", "opened_at", "outcome")
    list_display_links = ("kind",)
    list_filter = (Openness, "kind")
    search_fields = ("=order_id", "sentence", "note")
    ordering = ("opened_at",)
    action_form = NoteForm
    actions = ("close_selected",)
    fields = ("kind", "order", "sentence", "next_step", "opened_at", "closed_at", "closed_by", "note")

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Whoever may change tasks."""
        return request.user.has_perm("orders.change_stafftask")

    @admin.action(description="Close, with the note beside", permissions=["close"])
    def close_selected(self, request: HttpRequest, tasks: QuerySet[StaffTask]) -> None:
        """Say what was done about the selected tasks."""
        for task in tasks:
            with told(request):
                note = request.POST.get("note", "")
                services.close_task(task_id=task.pk, closed_by=request.user.get_username(), note=note)
                remember(request, task.order_id, f"Closed “{task.get_kind_display()}”: {note.strip()}")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of each order."""
        order = Order.objects.filter(pk=OuterRef("order_id"))
        tasks: QuerySet[Any] = super().get_queryset(request)
        numbered: QuerySet[Any] = tasks.annotate(number=Subquery(order.values("number")))
        return numbered

    @admin.display(description="order")
    def order(self, task: Any) -> SafeString:
        """The order that it is about."""
        to = reverse("admin:orders_order_change", args=[task.order_id])
        return format_html('<a href="{}">{}</a>', to, task.number or task.order_id)

    @admin.display(description="what to do")
    def to_do(self, task: StaffTask) -> SafeString:
        """What happened, and what to do about it."""
        return format_html("{}<br>{}", task.sentence, self.next_step(task))

    @admin.display(description="what was done")
    def outcome(self, task: StaffTask) -> str:
        """Who closed it, and with which words."""
        return f"{task.closed_by}: {task.note}" if task.closed_at else "open"

    @admin.display(description="next")
    def next_step(self, task: StaffTask) -> SafeString:
        """What to do, with the page for it where goods come back."""
        label = _GOODS.get(TaskKind(task.kind))
        if label is None or task.closed_at:
            return format_html("{}", task.next_action)
        to = reverse("admin:orders_receive", args=[task.order_id, task.about_id])
        return format_html('{} <a href="{}">{}</a>', task.next_action, to, label)

    def get_urls(self) -> list[URLPattern]:
        """The pages of goods and money that go back, beside the list."""
        view = self.admin_site.admin_view
        pages = [
            path("goods/<uuid:order_id>/<uuid:return_id>/", view(receive), name="orders_receive"),
            path("money/<uuid:order_id>/", view(refund), name="orders_refund"),
        ]
        return pages + super().get_urls()


def receive(request: HttpRequest, order_id: UUID, return_id: UUID) -> HttpResponse:
    """Say what arrived and what of it can be sold again; or refuse it, and why."""
    order = _order(request, order_id, "orders.change_stafftask")
    known = order.return_of(return_id)
    if known is not None and known.state != "requested":
        messages.info(request, f"This return was {known.state} already.")
        return to_order(order_id)
    expected = {line.sku: line.quantity for line in known.lines} if known else {}
    refusing = known is not None and "refuse" in request.POST
    refusal = RefuseForm(request.POST if refusing else None)
    answers = request.POST if request.method == "POST" and not refusing else None
    form = ReceiveForm(queries.returnable_of(order, besides=return_id), expected, answers)
    who = request.user.get_username()
    if refusing and refusal.is_valid():
        with told(request):
            reason = refusal.cleaned_data["reason"]
            services.refuse_return(order_id=order_id, return_id=return_id, reason=reason, refused_by=who)
            remember(request, order_id, f"Refused a return: {reason}")
            messages.success(request, "Refused. The customer is told why.")
        return to_order(order_id)
    if form.is_valid():
        with told(request):
            owed = services.receive_return(
                order_id=order_id,
                return_id=return_id,
                lines=form.lines("arrived"),
                restock=form.lines("restock"),
                received_by=who,
            )
            remember(request, order_id, f"Received a return: {owed} goes back.")
            messages.success(request, f"Received. {owed} goes back to the customer.")
            return to_order(order_id)
    refusal_or_none = refusal if known else None
    return _page(request, "receive", order, form=form, refusal=refusal_or_none)


def refund(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Give money back without wanting goods."""
    order = _order(request, order_id, "payments.refund_payment")
    answers = request.POST if request.method == "POST" else None
    form = RefundForm(queries.returnable_of(order), order.refundable, answers)
    if form.is_valid():
        with told(request):
            services.grant_refund(
                order_id=order_id,
                refund_id=form.cleaned_data["refund_id"],
                lines=form.lines("pieces"),
                amount=form.sum,
                reason=form.cleaned_data["reason"],
                granted_by=request.user.get_username(),
            )
            remember(request, order_id, f"Gave money back: {form.cleaned_data['reason']}")
            messages.success(request, "Granted. The money goes back the way it came.")
            return to_order(order_id)
    return _page(request, "refund", order, form=form)


def _order(request: HttpRequest, order_id: UUID, permission: str) -> OrderState:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    try:
        return queries.order_state(order_id)
    except OrderNotFound as missing:
        raise Http404(str(missing)) from None


def _page(request: HttpRequest, page: str, order: OrderState, **more: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), "order": order, "title": f"Order {order.number}", **more}
    answer = 422 if request.method == "POST" else 200
    return render(request, f"admin/orders/{page}.html", context, status=answer)
