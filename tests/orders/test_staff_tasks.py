"""What waits for a person: opened once per event, closed by name and with a note."""

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from eventbus import Event, publish
from eventbus.testing import drain
from orders import services
from orders.errors import NoteRequired, OrdersError, TaskClosedAlready, TaskNotFound
from orders.events import OrderCancelled, ParcelMoved, ShipmentRefused
from orders.models import StaffTask, TaskKind
from payments.events import PaymentDuplicated, RefundFailed
from tests.orders.builders import NOON, ORDER, a_shipped_order, pieces, pounds

pytestmark = pytest.mark.usefixtures("bus")
ABOUT = UUID(int=7)


def happens(event: Event) -> None:
    with transaction.atomic():
        publish(event)
    drain(twice=True)


def moved(status: str) -> ParcelMoved:
    return ParcelMoved(order_id=ORDER, shipment_id=ABOUT, status=status, place="Avonmouth", moved_at=NOON)


def cancelled(reason: str) -> OrderCancelled:
    return OrderCancelled(order_id=ORDER, reason=reason, message="", refund=pounds("0"), cancelled_at=NOON)


@pytest.mark.parametrize(
    ("event", "kind", "about_id", "sentence"),
    [
        (
            cancelled("shortfall"),
            "shortfall",
            ORDER,
            "It was paid for, but its goods were gone: it is cancelled, and the money goes back.",
        ),
        (
            PaymentDuplicated(order_id=ORDER, payment_id=ABOUT, amount=pounds("20.95")),
            "double_payment",
            ABOUT,
            "It was paid a second time: £20.95, which goes back.",
        ),
        (
            RefundFailed(order_id=ORDER, refund_id=ABOUT, amount=pounds("5"), reason="The card is closed."),
            "refund_failed",
            ABOUT,
            "£5.00 could not be given back: The card is closed.",
        ),
        (
            ShipmentRefused(order_id=ORDER, shipment_id=ABOUT, reason="We do not deliver to ZZ1."),
            "shipment_refused",
            ABOUT,
            "The carrier does not take the parcel: We do not deliver to ZZ1.",
        ),
        (
            moved("returned"),
            "parcel_returned",
            ABOUT,
            "The parcel could not be handed over and came back to Avonmouth.",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
)
def test_what_only_a_person_can_put_right_becomes_one_task(
    event: Event, kind: str, about_id: UUID, sentence: str
) -> None:
    happens(event)

    [task] = StaffTask.objects.all()
    assert (task.kind, task.order_id, task.about_id) == (kind, ORDER, about_id)
    assert task.sentence == sentence
    assert task.next_action
    assert task.closed_at is None


@pytest.mark.parametrize(
    "event", [cancelled("out_of_stock"), moved("delivered")], ids=["sold out", "arrived"]
)
def test_what_went_as_it_should_is_nobodys_task(event: Event) -> None:
    happens(event)

    assert not StaffTask.objects.exists()


def test_every_kind_of_task_says_what_to_do_next() -> None:
    for number, kind in enumerate(TaskKind):
        services.open_task(
            kind=kind, order_id=ORDER, about_id=ABOUT, event_id=UUID(int=number), sentence="Look."
        )

    assert all(StaffTask.objects.values_list("next_action", flat=True))
    assert StaffTask.objects.count() == len(TaskKind)


def test_a_return_waits_until_it_is_received() -> None:
    a_shipped_order()
    return_id = services.request_return(order_id=ORDER, lines=pieces(MUG_RED=2), reason="Too red")
    drain(twice=True)

    waiting = StaffTask.objects.get(kind=TaskKind.RETURN_REQUESTED)
    assert (waiting.kind, waiting.about_id) == ("return_requested", return_id)
    assert waiting.sentence == "2 x MUG-RED on the way back: Too red"
    assert waiting.closed_at is None

    services.receive_return(
        order_id=ORDER, return_id=return_id, lines=pieces(MUG_RED=2), restock=(), received_by="Sam"
    )
    drain(twice=True)

    done = StaffTask.objects.get(kind=TaskKind.RETURN_REQUESTED)
    assert (done.closed_by, done.note) == ("Sam", "Received: 2 x MUG-RED; £20.95 goes back.")


def test_a_return_that_is_received_before_anybody_looked_does_not_wait_for_ever() -> None:
    a_shipped_order()
    return_id = services.request_return(order_id=ORDER, lines=pieces(MUG_RED=1), reason="Too red")
    services.refuse_return(order_id=ORDER, return_id=return_id, reason="It was used.", refused_by="Sam")

    drain()

    done = StaffTask.objects.get(kind=TaskKind.RETURN_REQUESTED)
    assert (done.closed_by, done.note) == ("Sam", "Refused: It was used.")


def a_task() -> StaffTask:
    services.open_task(
        kind=TaskKind.REFUND_FAILED, order_id=ORDER, about_id=ABOUT, event_id=ABOUT, sentence="Look."
    )
    return StaffTask.objects.get()


def test_a_task_is_closed_by_name_and_with_a_note() -> None:
    services.close_task(task_id=a_task().pk, closed_by="Sam", note=" Paid by transfer 4711. ")

    done = StaffTask.objects.get()
    assert (done.closed_by, done.note) == ("Sam", "Paid by transfer 4711.")
    assert done.closed_at is not None


@pytest.mark.parametrize(
    ("_case", "closed_before", "task_id", "note", "error", "sentence"),
    [
        ("no note", False, None, " ", NoteRequired, "Please write down what was done about it."),
        ("closed", True, None, "Mine", TaskClosedAlready, "Sam has closed this task already: Done."),
        ("unknown", False, 0, "Mine", TaskNotFound, "There is no task 0."),
    ],
)
def test_a_task_that_cannot_be_closed_says_why_and_stays(
    _case: str,
    closed_before: bool,
    task_id: int | None,
    note: str,
    error: type[OrdersError],
    sentence: str,
) -> None:
    task = a_task()
    if closed_before:
        services.close_task(task_id=task.pk, closed_by="Sam", note="Done.")
    was = StaffTask.objects.values().get()

    with pytest.raises(error) as refusal:
        services.close_task(task_id=task.pk if task_id is None else task_id, closed_by="Kim", note=note)

    assert str(refusal.value) == sentence
    assert StaffTask.objects.values().get() == was


def test_the_table_keeps_no_task_that_nobody_has_closed() -> None:
    task = a_task()

    with pytest.raises(IntegrityError, match="closed_by_somebody"), transaction.atomic():
        StaffTask.objects.filter(pk=task.pk).update(closed_at=NOON)
