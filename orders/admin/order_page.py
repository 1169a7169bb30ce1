"""One order's page: where it stands, what it was at any moment, and what staff can do about it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, localtime, make_aware
from django.views.decorators.http import require_POST

from eventbus import ArchivedStream, read_stream
from inventory.queries import reservation_state
from orders import queries, services
from orders.errors import OrderNotFound, OrdersError
from orders.events import Requester
from orders.models import Notification, Order, OrderNote, OrderState, Shipment
from orders.queries import Chapter
from payments.queries import payment_of, refunds_of

MAY = {
    "cancel": "orders.cancel_order",
    "note": "orders.add_ordernote",
    "mail": "orders.send_again",
    "refund": "payments.refund_payment",
    "receive": "orders.change_stafftask",
}


def page(request: HttpRequest, context: dict[str, Any], order: Order) -> HttpResponse:
    """Everything about the order, and what it was after the `step` or at the moment that is asked for."""
    state, chapters = queries.order_state(order.pk), _story(order.pk)
    mails = Notification.objects.filter(order_id=order.pk).order_by("sent_at")
    context |= {
        "title": f"Order {order.number}",
        "order": order,
        "state": state,
        "lines": [(line, state.returned.get(line.sku, 0)) for line in state.lines],
        "chapters": chapters,
        "then": _then(order.pk, request.GET, state, chapters),
        "payment": payment_of(order.pk),
        "refunds": refunds_of(order.pk),
        "stock": reservation_state(order.pk) or "never reserved",
        "parcel": Shipment.objects.filter(order_id=order.pk).first(),
        "mails": mails,
        "notes": OrderNote.objects.filter(order_id=order.pk),
        "acts": _acts_on(order),
        "may": {act for act, permission in MAY.items() if request.user.has_perm(permission)},
        "new_return": uuid4(),
        "messages_of": _messages_of(order.pk) if request.user.has_perm("eventbus.view_message") else "",
    }
    return TemplateResponse(request, "admin/orders/order.html", context)


@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Call the order off, with a reason that the shopper can be told."""
    with _act(request, order_id, "cancel"):
        reason = request.POST.get("reason", "")
        services.request_cancellation(
            order_id=order_id,
            requested_by=Requester(role="staff", name=request.user.get_username()),
            reason=reason,
        )
        remember(request, order_id, f"Called off: {reason.strip()}")
        messages.success(request, "It is being called off; its story says how far that is.")
    return to_order(order_id)


@require_POST
def note(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Leave a note for the others."""
    with _act(request, order_id, "note"):
        services.write_note(
            order_id=order_id, text=request.POST.get("text", ""), written_by=request.user.get_username()
        )
        remember(request, order_id, "Wrote a note.")
    return to_order(order_id)


@require_POST
def send_again(request: HttpRequest, order_id: UUID, mail_id: int) -> HttpResponse:
    """Send a mail once more."""
    with _act(request, order_id, "mail"):
        services.send_mail_again(order_id=order_id, notification_id=mail_id)
        subject = Notification.objects.values_list("subject", flat=True).get(pk=mail_id)
        remember(request, order_id, f"Sent again: {subject}")
        messages.success(request, "It is on its way once more.")
    return to_order(order_id)


def remember(request: HttpRequest, order_id: UUID, sentence: str) -> None:
    """Keep who did what with an order, where all that staff do is kept."""
    number = Order.objects.filter(pk=order_id).values_list("number", flat=True).first()
    LogEntry.objects.create(
        user_id=int(request.user.pk or 0),
        content_type=ContentType.objects.get_for_model(Order),
        object_id=str(order_id),
        object_repr=number or str(order_id),
        action_flag=CHANGE,
        change_message=sentence,
    )


def to_order(order_id: UUID) -> HttpResponse:
    """Back to the order's page."""
    return redirect("admin:orders_order_change", order_id)


@contextmanager
def _act(request: HttpRequest, order_id: UUID, act: str) -> Iterator[None]:
    """Only who may."""
    if not request.user.has_perm(MAY[act]):
        raise PermissionDenied
    with told(request):
        yield


@contextmanager
def told(request: HttpRequest) -> Iterator[None]:
    """An act and its record come about together or not at all; what orders refuses is told on the page."""
    try:
        with transaction.atomic():
            yield
    except OrdersError as refusal:
        messages.error(request, str(refusal))


def _story(order_id: UUID) -> tuple[Chapter, ...]:
    try:
        return queries.order_story(order_id)
    except ArchivedStream:
        return ()


def _then(
    order_id: UUID, asked: Mapping[str, str], now: OrderState, chapters: tuple[Chapter, ...]
) -> dict[str, Any] | None:
    """The order at the moment asked for, each fact beside what it is now; nothing without its events."""
    if not chapters:
        return None
    steps = {str(step): chapter.at for step, chapter in enumerate(chapters)}
    moment = steps.get(asked.get("step", "")) or _moment(asked.get("at", "")) or chapters[-1].at
    past = [number for number, chapter in enumerate(chapters) if chapter.at <= moment]
    told = {"at": moment, "step": past[-1] if past else 0, "chapter": None, "facts": []}
    try:
        state = queries.order_as_of(order_id, moment)
    except OrderNotFound:
        return told
    today = dict(_facts(now))
    facts = [(label, value, today[label] != value) for label, value in _facts(state)]
    return told | {"chapter": chapters[past[-1]], "state": state.state, "facts": facts}


def _facts(state: OrderState) -> Iterator[tuple[str, str]]:
    back = sum(state.returned.values())
    yield "State", state.state
    yield "Revision", str(state.revision)
    yield "Total", str(state.total)
    yield "Owed back", str(state.refunded)
    yield "Still refundable", str(state.refundable)
    yield "Pieces", f"{state.units - back} of {state.units} with the customer" if back else str(state.units)
    yield "Returns", ", ".join(f"{one.state}" for one in state.returns) or "none"
    yield "Tracking number", state.tracking_number or "none"
    yield "Cancellation", "asked for" if state.cancellation_requested_at else "not asked for"
    yield "Why it ended", state.reason.replace("_", " ") or "it did not"


def _moment(text: str) -> datetime | None:
    try:
        # A plus that was typed into an address is a space.
        moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
        if moment and is_naive(moment):  # as from the page, to the second: until its end
            moment = make_aware(moment) + timedelta(microseconds=999_999)
        return moment and localtime(moment)
    except (ValueError, OverflowError):
        return None


def _acts_on(order: Order) -> list[LogEntry]:
    kind = ContentType.objects.get_for_model(Order)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(order.pk)).select_related("user")
    return list(entries.order_by("action_time"))


def _messages_of(order_id: UUID) -> str:
    first = next(iter(read_stream(f"order-{order_id}")), None)
    log = reverse("admin:eventbus_message_changelist")
    return f"{log}?correlation_id={first.correlation_id}" if first else ""
