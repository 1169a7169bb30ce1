"""Orders: whoever has an order's token may see it, and do what its shopper may do."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventbus import ArchivedStream
from orders import errors, queries, services
from orders.api.answers import NewReturnSerializer, OrderSerializer, Receipt, Story
from orders.api.reading import AnotherCard, Cancellation, Moment, NewReturn
from orders.api.receipts import Refusals, receipt, status_url
from orders.events import Requester

_THE_SHOPPER = Requester(role="shopper")


class Order(APIView):
    """One order."""

    refusals: ClassVar[Refusals] = {"get": (errors.LinkExpired, errors.LinkNotValid, errors.OrderNotFound)}

    @extend_schema(operation_id="orders_read", responses=OrderSerializer)
    def get(self, request: Request, token: str) -> Response:
        """Read where the order stands: from the write model, never behind."""
        order = queries.order_status(queries.order_by_token(token))
        return Response(OrderSerializer(order).data)


class OrderEvents(APIView):
    """What happened to an order."""

    refusals: ClassVar[Refusals] = {"get": (errors.LinkExpired, errors.LinkNotValid, errors.StoryArchived)}

    @extend_schema(operation_id="orders_events", parameters=[Moment], responses=Story)
    def get(self, request: Request, token: str) -> Response:
        """Read what had happened to the order by any moment, and the state it was in."""
        asked = Moment(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(Story(story(queries.order_by_token(token), **asked.validated_data)).data)


class OrderCancellation(APIView):
    """Calling an order off."""

    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (
            errors.LinkExpired,
            errors.LinkNotValid,
            errors.OrderNotFound,
            errors.ReasonRequired,
            errors.AlreadyShipped,
            errors.TransitionRefused,
        )
    }

    @extend_schema(operation_id="orders_cancel", request=Cancellation, responses={202: Receipt})
    def post(self, request: Request, token: str) -> Response:
        """Ask for the order to be called off before it leaves; harmless when that was asked before."""
        sent = Cancellation(data=request.data)
        sent.is_valid(raise_exception=True)
        services.request_cancellation(
            order_id=queries.order_by_token(token), requested_by=_THE_SHOPPER, **sent.validated_data
        )
        return receipt(request, token)


class OrderCard(APIView):
    """The card that pays an order."""

    throttle_scope = "payment"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (errors.LinkExpired, errors.LinkNotValid, errors.OrderNotFound, errors.NotWaitingForMoney),
    }

    @extend_schema(operation_id="orders_another_card", request=AnotherCard, responses={202: Receipt})
    def post(self, request: Request, token: str) -> Response:
        """Try another card while the first has not paid."""
        sent = AnotherCard(data=request.data)
        sent.is_valid(raise_exception=True)
        services.pay_with_another_card(order_id=queries.order_by_token(token), **sent.validated_data)
        return receipt(request, token)


class OrderReturns(APIView):
    """Sending goods back."""

    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (
            errors.LinkExpired,
            errors.LinkNotValid,
            errors.OrderNotFound,
            errors.ReasonRequired,
            errors.NotShippedYet,
            errors.NothingReturned,
            errors.MoreThanShipped,
            errors.TransitionRefused,
        )
    }

    @extend_schema(operation_id="orders_return", request=NewReturn, responses={201: NewReturnSerializer})
    def post(self, request: Request, token: str) -> Response:
        """Announce that pieces come back; money follows when they have arrived."""
        sent = NewReturn(data=request.data)
        sent.is_valid(raise_exception=True)
        return_id = services.request_return(order_id=queries.order_by_token(token), **sent.validated_data)
        place = status_url(request, token)
        answer = NewReturnSerializer({"id": return_id, "status_url": place})
        return Response(answer.data, 201, headers={"Location": place})


def story(order_id: UUID, as_of: datetime | None) -> dict[str, Any]:
    """What had happened to the order by then, and its state then; raises StoryArchived."""
    try:
        events = queries.order_story(order_id, as_of)
        state = queries.order_as_of(order_id, as_of).state if events else None
    except ArchivedStream as archived:
        raise errors.StoryArchived(order_id) from archived
    return {"as_of": as_of, "state": state, "events": events}
