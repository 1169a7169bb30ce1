"""Cart and checkout; each view parses, calls one service or query, and renders."""

from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from orders import queries, services
from orders.errors import AddressBookFull, CartNotFound, OrdersError
from orders.forms import CheckoutForm, LineForm
from orders.queries import CartView, KeptAddress

_CART = services.CART_IN_SESSION
_REMOVED = "removed"


def basket(request: HttpRequest) -> dict[str, object]:
    """Context processor: how full the cart is, counted where a page shows it, and whether money is play."""
    return {
        "units_in_cart": SimpleLazyObject(lambda: _units(request)),
        "is_demonstration": settings.SANDBOX_ENABLED,
        "link_days": settings.ORDERS_LINK_DAYS,
    }


@require_safe
@never_cache
def cart(request: HttpRequest) -> HttpResponse:
    """What the shopper has picked, at today's prices."""
    cart = _open_cart(request)
    context = {
        "cart": cart,
        "removed": request.session.get(_REMOVED),
        "units_in_cart": cart.units if cart else 0,
    }
    return render(request, "orders/cart.html", context)


@require_POST
def add_to_cart(request: HttpRequest) -> HttpResponse:
    """Put an article into the cart, a new one where there is none."""
    form = LineForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.refusal)
        return redirect("orders:cart")
    try:
        services.add_to_cart(cart_id=_cart_to_fill(request), customer_id=request.user.pk, **form.cleaned_data)
    except OrdersError as refusal:
        messages.error(request, str(refusal))
    else:
        request.session.pop(_REMOVED, None)
        messages.success(request, "Added to your basket.")
    return redirect("orders:cart")


@require_POST
def change_cart(request: HttpRequest) -> HttpResponse:
    """Set how many of an article the cart holds; 0 takes it out, and offers to put it back."""
    form = LineForm(request.POST)
    cart = _open_cart(request)
    if not form.is_valid():
        messages.error(request, form.refusal)
    elif cart:
        _change(request, cart, **form.cleaned_data)
    return redirect("orders:cart")


def _change(request: HttpRequest, cart: CartView, *, sku: str, quantity: int) -> None:
    try:
        services.change_quantity(
            cart_id=cart.cart_id, sku=sku, quantity=quantity, customer_id=request.user.pk
        )
    except OrdersError as refusal:
        messages.error(request, str(refusal))
        return
    request.session.pop(_REMOVED, None)
    line = next((line for line in cart.lines if line.sku == sku), None)
    if quantity == 0 and line:
        request.session[_REMOVED] = {"sku": sku, "title": line.title, "quantity": line.quantity}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("card_number", "expiry", "cvc")
def checkout(request: HttpRequest) -> HttpResponse:
    """One page for a guest to order and pay; sent twice, it leads to the same order."""
    cart = _cart(request)
    if cart and cart.order_id:
        return _to_order(cart.order_id)
    if cart and request.method == "POST":
        return _place_order(request, CheckoutForm(cart, request.POST))
    if cart and cart.can_order:
        book = _book(request)
        return _show_checkout(request, CheckoutForm(cart, known=_known(request, book)), book)
    return redirect("orders:cart")


def _book(request: HttpRequest) -> tuple[KeptAddress, ...]:
    return queries.addresses_of(request.user.pk) if isinstance(request.user, User) else ()


def _known(request: HttpRequest, book: tuple[KeptAddress, ...]) -> dict[str, str]:
    """What an account need not type again: who they are, and the address they usually use or asked for."""
    if not isinstance(request.user, User):
        return {}
    known, asked = {"name": request.user.first_name, "email": request.user.email}, request.GET.get("address")
    chosen = [kept for kept in book if str(kept.address_id) == asked] or book[:1]
    for kept in chosen:
        known |= kept.as_typed
    return known


def _place_order(request: HttpRequest, form: CheckoutForm) -> HttpResponse:
    if not form.is_valid():
        return _show_checkout(request, form)
    try:
        order_id = services.place_order(
            cart_id=form.cart.cart_id,
            customer=form.customer,
            address=form.address,
            card_token=form.card_token,
            expected_total=form.seen_total,
            seen=form.cleaned_data["seen"],
            customer_id=request.user.pk,
        )
    except OrdersError as refusal:
        form.add_error(None, str(refusal))
        return _show_checkout(request, form)
    if form.cleaned_data["keep"] and isinstance(request.user, User):
        with suppress(AddressBookFull):
            services.save_address(customer_id=request.user.pk, name=form.customer.name, address=form.address)
    return _to_order(order_id)


def _show_checkout(
    request: HttpRequest, form: CheckoutForm, book: tuple[KeptAddress, ...] | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "cart": form.cart,
        "units_in_cart": form.cart.units,
        "book": _book(request) if book is None else book,
    }
    return render(request, "orders/checkout.html", context, status=422 if form.is_bound else 200)


def _to_order(order_id: UUID) -> HttpResponse:
    return redirect("orders:status", token=services.order_token(order_id))


def _cart(request: HttpRequest) -> CartView | None:
    cart_id = request.session.get(_CART)
    try:
        return queries.cart_view(UUID(cart_id), request.user.pk) if cart_id else None
    except CartNotFound:
        return None


def _open_cart(request: HttpRequest) -> CartView | None:
    cart = _cart(request)
    return None if cart and cart.order_id else cart


def _cart_to_fill(request: HttpRequest) -> UUID:
    cart = _open_cart(request)
    if cart:
        return cart.cart_id
    cart_id = services.create_cart(customer_id=request.user.pk)
    request.session[_CART] = str(cart_id)
    return cart_id


def _units(request: HttpRequest) -> int:
    cart_id = request.session.get(_CART)
    return queries.units_in_cart(UUID(cart_id), request.user.pk) if cart_id else 0
