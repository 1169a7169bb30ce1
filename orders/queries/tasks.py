"""What waits for a person: read by whoever shows it beside the other work of the day."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.models import Order, StaffTask, TaskKind

MOST = 200


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One task, with the number of its order, where that is known."""

    task_id: int
    kind: str
    label: str
    order_id: UUID
    order_number: str
    about_id: UUID
    sentence: str
    next_action: str
    opened_at: datetime

    @property
    def is_about_goods(self) -> bool:
        """Whether goods are on their way back, or here already."""
        return self.kind in (TaskKind.RETURN_REQUESTED, TaskKind.PARCEL_RETURNED)


def open_tasks() -> list[OpenTask]:
    """What is still to be done, oldest first; two queries."""
    tasks = list(StaffTask.objects.filter(closed_at=None).order_by("opened_at")[:MOST])
    orders = Order.objects.filter(pk__in={task.order_id for task in tasks}).values_list("pk", "number")
    numbers: dict[UUID, str] = dict(orders)
    return [
        OpenTask(
            task_id=task.pk,
            kind=task.kind,
            label=task.get_kind_display(),
            order_id=task.order_id,
            order_number=numbers.get(task.order_id, ""),
            about_id=task.about_id,
            sentence=task.sentence,
            next_action=task.next_action,
            opened_at=task.opened_at,
        )
        for task in tasks
    ]
