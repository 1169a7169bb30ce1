"""What belongs to an account: its orders, its address book, and the basket it came with."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders import queries, services
from orders.errors import AddressNotFound, OrderAlreadyOwned, OrdersError
from orders.forms import AddressForm

_form_page = require_http_methods(["GET", "HEAD", "POST"])


class _Owned(HttpRequest):
    """A request of somebody who is logged in."""

    user: User


@require_safe
@never_cache
@login_required
def history(request: _Owned) -> HttpResponse:
    """The account's orders, newest first."""
    page = queries.orders_of(request.user.pk, request.GET.get("after", "").replace("\0", ""))
    return render(request, "accounts/orders.html", {"page": page, "here": "orders"})


@require_safe
@never_cache
@login_required
def own_order(request: _Owned, number: str) -> HttpResponse:
    """One of the account's orders; another's is not found, and neither is a guest's."""
    order_id = queries.own_order(request.user.pk, number)
    if order_id is None:
        raise Http404("You have no order with this number.")
    return redirect("orders:status", token=services.order_token(order_id))


@require_safe
@never_cache
@login_required
def addresses(request: _Owned) -> HttpResponse:
    """The address book."""
    book = queries.addresses_of(request.user.pk)
    return render(request, "accounts/addresses.html", {"book": book, "here": "addresses"})


@_form_page
@never_cache
@login_required
def new_address(request: _Owned) -> HttpResponse:
    """Add an address to the book."""
    if request.method != "POST":
        return _address_page(request, AddressForm(known={"name": request.user.first_name}))
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _address_page(request, form)
    try:
        services.save_address(customer_id=request.user.pk, **form.kept)
    except OrdersError as refusal:
        form.add_error(None, str(refusal))
        return _address_page(request, form)
    messages.success(request, "The address is in your book.")
    return redirect("orders:addresses")


@_form_page
@never_cache
@login_required
def edit_address(request: _Owned, address_id: UUID) -> HttpResponse:
    """Write an address anew."""
    kept = _address(request, address_id)
    if request.method != "POST":
        return _address_page(request, AddressForm(known=kept.as_typed), kept)
    form = AddressForm(request.POST)
    if not form.is_valid():
        return _address_page(request, form, kept)
    services.change_address(customer_id=request.user.pk, address_id=address_id, **form.kept)
    messages.success(request, "The address is changed. Orders keep the one they were placed with.")
    return redirect("orders:addresses")


@require_POST
@login_required
def remove_address(request: _Owned, address_id: UUID) -> HttpResponse:
    """Take an address out of the book."""
    kept = _address(request, address_id)
    services.remove_address(customer_id=request.user.pk, address_id=kept.address_id)
    messages.success(request, f"{kept.address.line1} is not in your book any more.")
    return redirect("orders:addresses")


@require_POST
@login_required
def choose_address(request: _Owned, address_id: UUID) -> HttpResponse:
    """Have parcels usually sent there."""
    kept = _address(request, address_id)
    services.choose_address(customer_id=request.user.pk, address_id=kept.address_id)
    return redirect("orders:addresses")


@require_POST
@login_required
def claim(request: HttpRequest, token: str) -> HttpResponse:
    """Take a guest's order into the account: whoever is here has its link."""
    order_id = queries.order_by_token(token)
    try:
        services.claim_order(order_id=order_id, customer_id=_number(request), proof=services.BY_LINK)
    except OrderAlreadyOwned as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "This order is in your account now.")
    return redirect("orders:status", token=token)


@require_POST
def cut_links(request: HttpRequest, token: str) -> HttpResponse:
    """Let no older link open the order any more; this page goes on by a new one."""
    order_id = queries.order_by_token(token)
    messages.success(request, "Older links to this order do not open it any more.")
    return redirect("orders:status", token=services.cut_links(order_id))


@require_POST
@login_required
def take_apart(request: _Owned) -> HttpResponse:
    """Give both baskets back as they were before they became one at log-in."""
    united = request.session.get(services.UNITED_IN_SESSION) or {}
    try:
        cart_id = services.take_carts_apart(customer_id=request.user.pk, union_id=UUID(united.get("id", "")))
    except ValueError:
        return redirect("orders:cart")
    except OrdersError as refusal:
        request.session.pop(services.UNITED_IN_SESSION)
        messages.error(request, str(refusal))
        return redirect("orders:cart")
    request.session[services.CART_IN_SESSION] = str(cart_id)
    request.session[services.UNITED_IN_SESSION] = united | {"undone": True}
    return redirect("orders:cart")


@require_POST
@login_required
def put_together(request: _Owned) -> HttpResponse:
    """Bring the visit's basket into the account's once more."""
    services.bring_basket(request.session, customer_id=request.user.pk)
    return redirect("orders:cart")


@require_POST
def keep_basket(request: HttpRequest) -> HttpResponse:
    """Say no more of how the basket came to be."""
    request.session.pop(services.UNITED_IN_SESSION, None)
    return redirect("orders:cart")


def _number(request: HttpRequest) -> int:
    assert request.user.pk is not None
    return request.user.pk


def _address(request: _Owned, address_id: UUID) -> queries.KeptAddress:
    try:
        return queries.address_of(request.user.pk, address_id)
    except AddressNotFound as missing:
        raise Http404(str(missing)) from None


def _address_page(
    request: HttpRequest, form: AddressForm, kept: queries.KeptAddress | None = None
) -> HttpResponse:
    answer = 422 if form.is_bound else 200
    context = {"form": form, "kept": kept, "here": "addresses"}
    return render(request, "accounts/address.html", context, status=answer)
