"""Goods that come back, taken in by staff."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders import errors, queries, services
from orders.api.reading import Arrival, Cancellation
from orders.api.receipts import Refusals
from payments.api import MoneySerializer


class Owed(serializers.Serializer[Any]):
    """What is given back for goods that came back."""

    refund = MoneySerializer()


class Refused(serializers.Serializer[Any]):
    """The return that was refused."""

    id = serializers.UUIDField()


class StaffReceipt(APIView):
    """A return that arrives."""

    needs_permission = "orders.change_stafftask"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (
            errors.OrderNumberUnknown,
            errors.NotShippedYet,
            errors.NothingReturned,
            errors.MoreThanShipped,
            errors.MoreThanArrived,
            errors.ReturnAlreadySettled,
            errors.TransitionRefused,
        )
    }

    @extend_schema(operation_id="staff_returns_receive", request=Arrival, responses={200: Owed})
    def post(self, request: Request, number: str, return_id: UUID) -> Response:
        """Take in what arrived, of which `restock` can be sold again; its money goes back by itself."""
        sent = Arrival(data=request.data)
        sent.is_valid(raise_exception=True)
        owed = services.receive_return(
            order_id=queries.order_by_number(number),
            return_id=return_id,
            received_by=request.user.get_username(),
            **sent.validated_data,
        )
        return Response(Owed({"refund": owed}).data)


class StaffRefusal(APIView):
    """A return that is not taken back."""

    needs_permission = "orders.change_stafftask"
    needs_idempotency_key = True
    refusals: ClassVar[Refusals] = {
        "post": (
            errors.OrderNumberUnknown,
            errors.NotShippedYet,
            errors.ReturnNotFound,
            errors.ReturnAlreadySettled,
            errors.TransitionRefused,
        )
    }

    @extend_schema(operation_id="staff_returns_refuse", request=Cancellation, responses={200: Refused})
    def post(self, request: Request, number: str, return_id: UUID) -> Response:
        """Say that the goods will not be taken back, and why: the customer reads it."""
        sent = Cancellation(data=request.data)
        sent.is_valid(raise_exception=True)
        services.refuse_return(
            order_id=queries.order_by_number(number),
            return_id=return_id,
            refused_by=request.user.get_username(),
            **sent.validated_data,
        )
        return Response(Refused({"id": return_id}).data)
