"""Goods and money that come back after shipping: each verb is one event, and choreography follows from it.

Nobody here books stock or money: `handlers/returns.py` has who listens.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.db import transaction

from eventbus import current_time
from orders.errors import NotShippedYet, ReasonRequired
from orders.events import RefundGranted, ReturnLine, ReturnReceived, ReturnRefused, ReturnRequested
from orders.models import OrderState
from orders.queries import order_state, worth_of
from orders.services.conflicts import looking_again
from orders.services.fulfilling import record
from payments.money import Money


@looking_again
@transaction.atomic
def request_return(
    *, order_id: UUID, lines: Sequence[ReturnLine], reason: str, return_id: UUID | None = None
) -> UUID:
    """Announce that the customer sends these pieces back; answers with the return's id.

    Raises OrderNotFound, ReasonRequired, NotShippedYet, NothingReturned, MoreThanShipped, and
    ReturnAlreadyKnown for the id of another return.
    """
    order = _shipped(order_id)
    requested = ReturnRequested(
        order_id=order_id,
        return_id=return_id or uuid4(),
        lines=tuple(lines),
        reason=_said(reason),
        requested_at=current_time(),
    )
    record(order, requested)
    return requested.return_id


@looking_again
@transaction.atomic
def receive_return(
    *,
    order_id: UUID,
    return_id: UUID,
    lines: Sequence[ReturnLine],
    restock: Sequence[ReturnLine],
    received_by: str,
) -> Money:
    """Take in what arrived, of which `restock` can be sold again; answers with what is owed for it.

    What arrived is paid back at the price it was sold for, and the delivery charge with it once every piece
    of the order has come back; never more than is left of what was paid. Raises OrderNotFound, NotShippedYet,
    NothingReturned, MoreThanShipped, MoreThanArrived, ReturnAlreadySettled.
    """
    order = _shipped(order_id)
    refund = worth_of(order, lines, goods_came_back=True)
    received = ReturnReceived(
        order_id=order_id,
        return_id=return_id,
        lines=tuple(lines),
        restock=tuple(restock),
        refund=refund,
        received_by=received_by,
        received_at=current_time(),
    )
    record(order, received)
    return refund


@looking_again
@transaction.atomic
def refuse_return(*, order_id: UUID, return_id: UUID, reason: str, refused_by: str) -> None:
    """Say that the goods will not be taken back, and why.

    Raises OrderNotFound, ReasonRequired, NotShippedYet, ReturnNotFound, ReturnAlreadySettled.
    """
    order = _shipped(order_id)
    refused = ReturnRefused(
        order_id=order_id,
        return_id=return_id,
        reason=_said(reason),
        refused_by=refused_by,
        refused_at=current_time(),
    )
    record(order, refused)


@looking_again
@transaction.atomic
def grant_refund(
    *,
    order_id: UUID,
    reason: str,
    granted_by: str,
    lines: Sequence[ReturnLine] = (),
    amount: Money | None = None,
    refund_id: UUID | None = None,
) -> UUID:
    """Give money back without wanting goods: for these lines at their price, or any sum; answers with its id.

    Raises OrderNotFound, ReasonRequired, NotShippedYet, MoreThanShipped, RefundAlreadyGranted, and
    RefundRefused for nothing, another currency, or more than is left of what was paid.
    """
    order = _shipped(order_id)
    granted = RefundGranted(
        order_id=order_id,
        refund_id=refund_id or uuid4(),
        lines=tuple(lines),
        amount=worth_of(order, lines) if amount is None else amount,
        reason=_said(reason),
        granted_by=granted_by,
        granted_at=current_time(),
    )
    record(order, granted)
    return granted.refund_id


def _shipped(order_id: UUID) -> OrderState:
    order = order_state(order_id)
    if order.state != "shipped":
        raise NotShippedYet(order_id, order.number, order.state)
    return order


def _said(reason: str) -> str:
    if not reason.strip():
        raise ReasonRequired
    return reason.strip()
