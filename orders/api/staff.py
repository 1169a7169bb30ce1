"""Orders for staff, by their number: what the admin's pages do, for programs."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from orders import errors, queries, services
from orders.api.answers import EventSerializer, OrderSerializer, Story
from orders.api.orders import story
from orders.api.reading import Cancellation, Moment, NewRefund
from orders.api.receipts import Refusals
from orders.events import Requester


class StaffEventSerializer(EventSerializer):
    """Something that happened to the order, with who did it and why."""

    sentence = serializers.CharField()


class StaffStory(Story):
    """What had happened to the order by then, and its state then; null before it was placed."""

    events = StaffEventSerializer(many=True)


class Taken(serializers.Serializer[Any]):
    """The request was taken; `status_url` shows what becomes of it."""

    status_url = serializers.URLField()


class NewRefundAnswer(Taken):
    """The refund that was granted; its money follows."""

    id = serializers.UUIDField()


class StaffOrder(APIView):
    """One order."""

    needs_permission = "orders.view_order"
    refusals: ClassVar[Refusals] = {"get": (errors.OrderNumberUnknown,)}

    @extend_schema(operation_id="staff_orders_read", responses=OrderSerializer)
    def get(self, request: Request, number: str) -> Response:
        """Read where the order stands."""
        return Response(OrderSerializer(queries.order_status(queries.order_by_number(number))).data)


class StaffOrderEvents(APIView):
    """What happened to an order."""

    needs_permission = "orders.view_order"
    refusals: ClassVar[Refusals] = {"get": (errors.OrderNumberUnknown, errors.StoryArchived)}

    @extend_schema(operation_id="staff_orders_events", parameters=[Moment], responses=StaffStory)
    def get(self, request: Request, number: str) -> Response:
        """Read what had happened to the order by any moment, with who did it and why."""
        asked = Moment(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(StaffStory(story(queries.order_by_number(number), **asked.validated_data)).data)


class StaffCancellation(APIView):
    """Calling an order off for its shopper."""

    needs_permission = "orders.cancel_order"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (errors.OrderNumberUnknown, errors.AlreadyShipped, errors.TransitionRefused)
    }

    @extend_schema(operation_id="staff_orders_cancel", request=Cancellation, responses={202: Taken})
    def post(self, request: Request, number: str) -> Response:
        """Ask for the order to be called off before it leaves; harmless when that was asked before."""
        sent = Cancellation(data=request.data)
        sent.is_valid(raise_exception=True)
        services.request_cancellation(
            order_id=queries.order_by_number(number),
            requested_by=Requester(role="staff", name=request.user.get_username()),
            **sent.validated_data,
        )
        place = _status_url(request, number)
        return Response(Taken({"status_url": place}).data, 202, headers={"Location": place})


class StaffRefunds(APIView):
    """Giving money back without wanting goods."""

    needs_permission = "payments.refund_payment"
    needs_idempotency_key = True
    throttle_scope = "payment"
    refusals: ClassVar[Refusals] = {
        "post": (
            errors.OrderNumberUnknown,
            errors.NotShippedYet,
            errors.MoreThanShipped,
            errors.NothingReturned,
            errors.RefundRefused,
            errors.TransitionRefused,
        )
    }

    @extend_schema(operation_id="staff_orders_refund", request=NewRefund, responses={201: NewRefundAnswer})
    def post(self, request: Request, number: str) -> Response:
        """Give money back for a shipped order: for these lines at their price, or any sum."""
        sent = NewRefund(data=request.data)
        sent.is_valid(raise_exception=True)
        refund_id = services.grant_refund(
            order_id=queries.order_by_number(number),
            granted_by=request.user.get_username(),
            **sent.validated_data,
        )
        place = _status_url(request, number)
        answer = NewRefundAnswer({"id": refund_id, "status_url": place})
        return Response(answer.data, 201, headers={"Location": place})


def _status_url(request: Request, number: str) -> str:
    return reverse("api-staff-order", args=[number], request=request)
