"""Carts: a guest's is filled by whoever has its id, an account's by itself; the shop says what it costs."""

from contextlib import suppress
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from orders import errors, queries, services
from orders.api.answers import CartSerializer, Receipt
from orders.api.reading import Checkout, NewLine, Quantity
from orders.api.receipts import Refusals, receipt
from orders.services.carts import open_cart

_FILLING = (
    errors.CartNotFound,
    errors.CartAlreadyOrdered,
    errors.QuantityRefused,
)


class CartMoved(APIException):
    """The cart is not what its ETag says any more: read it again."""

    status_code, default_code = 412, "precondition_failed"
    default_detail = "Your basket has changed since you looked at it. Please look again."


class Carts(APIView):
    """Carts."""

    @extend_schema(operation_id="carts_create", request=None, responses={201: CartSerializer})
    def post(self, request: Request) -> Response:
        """Open an empty cart: the account's own, or a guest's, whose id is its key: told to nobody else."""
        cart_id = services.create_cart(customer_id=request.user.pk)
        place = reverse("api-cart", args=[cart_id], request=request)
        return _shown(request, cart_id, status=201, headers={"Location": place})


class Cart(APIView):
    """One cart."""

    refusals: ClassVar[Refusals] = {"get": (errors.CartNotFound,)}

    @extend_schema(operation_id="carts_read", responses=CartSerializer)
    def get(self, request: Request, cart_id: UUID) -> Response:
        """Read the cart at today's prices. Its ETag stands for what would be ordered, and at which price."""
        return _shown(request, cart_id)


class CartLines(APIView):
    """What is in a cart."""

    refusals: ClassVar[Refusals] = {
        "post": (*_FILLING, errors.CartFull, errors.NotForSale, errors.MixedCurrencies, CartMoved)
    }

    @extend_schema(operation_id="carts_add", request=NewLine, responses=CartSerializer)
    def post(self, request: Request, cart_id: UUID) -> Response:
        """Add pieces of an article, on top of those already in the cart."""
        sent = NewLine(data=request.data)
        sent.is_valid(raise_exception=True)
        with transaction.atomic():
            _need_unmoved(request, cart_id)
            services.add_to_cart(cart_id=cart_id, customer_id=request.user.pk, **sent.validated_data)
        return _shown(request, cart_id)


class CartLine(APIView):
    """One line of a cart."""

    refusals: ClassVar[Refusals] = {
        "put": (*_FILLING, errors.NotInCart, CartMoved),
        "delete": (errors.CartNotFound, errors.CartAlreadyOrdered, CartMoved),
    }

    @extend_schema(operation_id="carts_change", request=Quantity, responses=CartSerializer)
    def put(self, request: Request, cart_id: UUID, sku: str) -> Response:
        """Set how many pieces of an article the cart holds; 0 takes it out."""
        sent = Quantity(data=request.data)
        sent.is_valid(raise_exception=True)
        with transaction.atomic():
            _need_unmoved(request, cart_id)
            services.change_quantity(
                cart_id=cart_id, sku=sku, customer_id=request.user.pk, **sent.validated_data
            )
        return _shown(request, cart_id)

    @extend_schema(operation_id="carts_remove", responses={200: CartSerializer})
    def delete(self, request: Request, cart_id: UUID, sku: str) -> Response:
        """Take an article out of the cart; harmless when it is not in it."""
        with transaction.atomic():
            _need_unmoved(request, cart_id)
            services.remove_line(cart_id=cart_id, sku=sku, customer_id=request.user.pk)
        return _shown(request, cart_id)


class CartCheckout(APIView):
    """Turning a cart into an order."""

    throttle_scope = "payment"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (
            errors.CartNotFound,
            errors.CartIsEmpty,
            errors.NotForSale,
            errors.MixedCurrencies,
            errors.NoDelivery,
            errors.NothingToPay,
            errors.TotalChanged,
            errors.TotalRefused,
            CartMoved,
        )
    }

    @extend_schema(operation_id="carts_checkout", request=Checkout, responses={202: Receipt})
    def post(self, request: Request, cart_id: UUID) -> Response:
        """Order what is in the cart, at the total agreed to. Goods and money follow: look at `status_url`.

        A cart becomes one order, however often this is asked.
        """
        sent = Checkout(data=request.data)
        sent.is_valid(raise_exception=True)
        with transaction.atomic():
            with suppress(errors.CartAlreadyOrdered):
                _need_unmoved(request, cart_id)
            order_id = services.place_order(
                cart_id=cart_id, customer_id=request.user.pk, **sent.validated_data
            )
        return receipt(request, services.order_token(order_id))


def _shown(request: Request, cart_id: UUID, **options: Any) -> Response:
    cart = queries.cart_view(cart_id, request.user.pk)
    headers = {"ETag": _etag(cart)} | options.pop("headers", {})
    return Response(CartSerializer(cart, context={"request": request}).data, headers=headers, **options)


def _etag(cart: queries.CartView) -> str:
    return f'"{cart.seen}"'


def _need_unmoved(request: Request, cart_id: UUID) -> None:
    """With If-Match, the cart is changed only as it was seen; it is locked until the change is made."""
    wanted = request.headers.get("If-Match", "*")
    if wanted.strip() == "*":
        return
    open_cart(cart_id, request.user.pk)
    if _etag(queries.cart_view(cart_id, request.user.pk)) not in [tag.strip() for tag in wanted.split(",")]:
        raise CartMoved
