"""The order's own pages: whoever has its signed link may see it, and do what its shopper may do."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from orders import queries, services
from orders.errors import OrdersError, ReturnAlreadyKnown
from orders.events import Requester
from orders.forms import CancelForm, CardForm, ReturnForm
from orders.queries import OrderStatus
from orders.views.following import follow
from payments import services as payments

_THE_SHOPPER = Requester(role="shopper")
_form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@never_cache
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Where the order stands, from the write model: never behind, never ahead.

    To its own page, which asks again and again, it answers with the news alone.
    """
    order = queries.order_status(queries.order_by_token(token))
    page = "news" if request.headers.get("HX-Target") == "look" else "status"
    return _page(request, page, token, order, follow=follow(request, order), as_of=timezone.now())


@require_safe
@never_cache
def mails(request: HttpRequest, token: str) -> HttpResponse:
    """The mails that were sent about the order."""
    order_id = queries.order_by_token(token)
    written = queries.mails_about(order_id)
    return _page(request, "mails", token, queries.order_status(order_id), mails=written)


@require_safe
@never_cache
def returned_from_bank(request: HttpRequest, token: str) -> HttpResponse:
    """Where the bank sends the shopper: ask the processor once, and go on to the order's page."""
    payments.look_up(order_id=queries.order_by_token(token))
    return _to_order(token)


@_form_page
@never_cache
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the order is to be cancelled, and why; then have it cancelled."""
    order_id = queries.order_by_token(token)
    form = CancelForm(_answers(request))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        with _told(request):
            services.request_cancellation(order_id=order_id, requested_by=_THE_SHOPPER, reason=reason)
        return _to_order(token)
    order = queries.order_status(order_id)
    return _page(request, "cancel", token, order, form=form) if order.choices.cancel else _to_order(token)


@_form_page
@never_cache
@sensitive_post_parameters("card_number", "expiry", "cvc")
def another_card(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for another card while the first has not paid, and try it."""
    order_id = queries.order_by_token(token)
    form = CardForm(_answers(request))
    if form.is_valid():
        with _told(request):
            services.pay_with_another_card(order_id=order_id, card_token=form.card_token)
        return _to_order(token)
    order = queries.order_status(order_id)
    if not order.choices.another_card:
        return _to_order(token)
    return _page(request, "another_card", token, order, form=form)


@_form_page
@never_cache
def return_goods(request: HttpRequest, token: str) -> HttpResponse:
    """Ask what comes back and why, and announce it; a form that is sent twice is one return."""
    order = queries.order_status(queries.order_by_token(token))
    form = ReturnForm(order.choices.returnable, _answers(request))
    if not order.choices.returnable or form.was_sent_before(order.returns):
        return _to_order(token)
    if not form.is_valid():
        return _page(request, "return", token, order, form=form)
    with _told(request), suppress(ReturnAlreadyKnown):
        services.request_return(
            order_id=order.order_id,
            lines=form.lines,
            reason=form.cleaned_data["reason"],
            return_id=form.cleaned_data["return_id"],
        )
    return _to_order(token)


def _answers(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _page(request: HttpRequest, page: str, token: str, order: OrderStatus, **more: object) -> HttpResponse:
    context = {"status": order, "token": token, **more}
    return render(request, f"orders/{page}.html", context, status=422 if request.method == "POST" else 200)


def _to_order(token: str) -> HttpResponse:
    return redirect("orders:status", token=token)


@contextmanager
def _told(request: HttpRequest) -> Generator[None]:
    """What orders refuses is told on the next page."""
    try:
        yield
    except OrdersError as refusal:
        messages.error(request, str(refusal))
