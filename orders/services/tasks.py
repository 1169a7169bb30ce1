"""What waits for a person: opened once per event, closed with a note by who looked after it."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from eventbus import current_time
from orders.errors import NoteRequired, TaskClosedAlready, TaskNotFound
from orders.models import StaffTask, TaskKind

_NEXT_ACTIONS = {
    TaskKind.SHORTFALL: "Write to the customer yourself; order more of what was missing.",
    TaskKind.DOUBLE_PAYMENT: "Look whether the second payment was given back, and tell the customer.",
    TaskKind.REFUND_FAILED: "Give the money back by bank transfer, and note its reference here.",
    TaskKind.SHIPMENT_REFUSED: "Ask the customer for another address; they can order again.",
    TaskKind.PARCEL_RETURNED: "Ask the customer for a better address, or take the goods back as a return.",
    TaskKind.RETURN_REQUESTED: "When the parcel is here, receive the return; or refuse it and say why.",
}


def open_task(*, kind: TaskKind, order_id: UUID, about_id: UUID, event_id: UUID, sentence: str) -> None:
    """Ask a person to look after something; the same event asks once."""
    StaffTask.objects.get_or_create(
        event_id=event_id,
        defaults={
            "kind": kind,
            "order_id": order_id,
            "about_id": about_id,
            "sentence": sentence,
            "next_action": _NEXT_ACTIONS[kind],
            "opened_at": current_time(),
        },
    )


@transaction.atomic
def close_task(*, task_id: int, closed_by: str, note: str) -> None:
    """Say what was done about a task; raises NoteRequired, TaskNotFound or TaskClosedAlready."""
    if not note.strip():
        raise NoteRequired
    if _close(StaffTask.objects.filter(pk=task_id), closed_by, note):
        return
    task = StaffTask.objects.filter(pk=task_id).first()
    if task is None:
        raise TaskNotFound(task_id)
    raise TaskClosedAlready(task_id, task.closed_by, task.note)


def close_tasks_about(*, about_id: UUID, closed_by: str, note: str) -> int:
    """Close what is open about a return, refund, payment or parcel; answers how many tasks that were."""
    return _close(StaffTask.objects.filter(about_id=about_id), closed_by, note)


def _close(tasks: QuerySet[StaffTask], closed_by: str, note: str) -> int:
    return tasks.filter(closed_at=None).update(
        closed_at=current_time(), closed_by=closed_by or "the shop", note=note.strip()
    )
