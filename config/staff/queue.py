"""What waits for a person, out of every room: how much of each kind, oldest first, and what to do next."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from eventbus import needs_a_person
from orders.queries import OpenTask, open_tasks
from payments.queries import notices_to_look_at

LABELS = {
    "webhook": "webhook aside",
    "dead_letter": "dead letter",
    "saga": "stuck saga",
    "dependency": "not answering",
}
"""What each kind is called, besides the tasks about orders, which say it themselves."""
_SEEN_WITH = {
    "dead_letter": "eventbus.view_delivery",
    "saga": "eventbus.view_sagastate",
    "dependency": "eventbus.view_breaker",
}


@dataclass(frozen=True, slots=True)
class Act:
    """The next best thing to do: a page, or with `fields` a button that does it; `asks` for a word first."""

    label: str
    url: str
    fields: tuple[tuple[str, object], ...] = ()
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits."""

    kind: str
    label: str
    title: str
    sentence: str
    advice: str
    since: datetime
    acts: tuple[Act, ...]


def waiting_for(user: Any) -> list[Item]:
    """What this person may look after, oldest first; six queries at most."""
    items: list[Item] = []
    if user.has_perm("orders.view_stafftask"):
        items += [_of_task(task, user) for task in open_tasks()]
    if user.has_perm("payments.view_inboxnotice"):
        items += _notices(user)
    if any(user.has_perm(permission) for permission in _SEEN_WITH.values()):
        items += _concerns(user)
    return sorted(items, key=lambda item: item.since)


def counts(items: list[Item]) -> list[tuple[str, str, int]]:
    """Kind, its name, and how many there are, the most first."""
    labels = {item.kind: item.label for item in items}
    return [(kind, labels[kind], count) for kind, count in Counter(item.kind for item in items).most_common()]


def page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Everything that waits, or one kind of it."""
    items = waiting_for(request.user)
    kind = request.GET.get("kind", "")
    context |= {
        "title": "Waiting for a person",
        "counts": counts(items),
        "chosen": kind,
        "total": len(items),
        "items": [item for item in items if kind in ("", item.kind)],
    }
    return TemplateResponse(request, "admin/staff/queue.html", context)


def _of_task(task: OpenTask, user: Any) -> Item:
    order = reverse("admin:orders_order_change", args=[task.order_id])
    acts = [Act("Open the order", order)]
    if user.has_perm("orders.change_stafftask"):
        if task.is_about_goods:
            receive = reverse("admin:orders_receive", args=[task.order_id, task.about_id])
            acts.insert(0, Act("Receive or refuse", receive))
        every = reverse("admin:orders_stafftask_changelist")
        acts.append(_pressed("Close with a note …", every, "close_selected", task.task_id, asks="note"))
    title = f"Order {task.order_number}" if task.order_number else "An order"
    return Item(task.kind, task.label, title, task.sentence, task.next_action, task.opened_at, tuple(acts))


def _notices(user: Any) -> list[Item]:
    every = reverse("admin:payments_inboxnotice_changelist")
    may = user.has_perm("payments.change_inboxnotice")
    return [
        Item(
            kind="webhook",
            label=LABELS["webhook"],
            title=f"{notice.provider}: {notice.kind}",
            sentence=notice.remark,
            advice="Have it read again once its payment is known, or the code that understands it is here.",
            since=notice.received_at,
            acts=(
                *([_pressed("Read it again", every, "read_again", notice.notice_id)] if may else ()),
                Act("Look at it", reverse("admin:payments_inboxnotice_change", args=[notice.notice_id])),
            ),
        )
        for notice in notices_to_look_at()
    ]


def _concerns(user: Any) -> list[Item]:
    return [
        Item(
            kind=concern.kind,
            label=LABELS[concern.kind],
            title=concern.title,
            sentence=f"{concern.about}: {concern.why}" if concern.why else concern.about,
            advice=_advice(concern.kind, concern.behind),
            since=concern.since,
            acts=_acts(concern.kind, concern.id, user),
        )
        for concern in needs_a_person()
        if user.has_perm(_SEEN_WITH[concern.kind])
    ]


def _advice(kind: str, behind: int) -> str:
    if kind == "saga":
        return "Read its story, then retry the step, skip it, take everything back, or resolve it."
    if kind == "dependency":
        return "Calls wait and are made up for by themselves. See that it is up."
    waits = f" {behind} more of its stream wait behind it." if behind else ""
    return f"Put the cause right and try again, or discard it with a reason.{waits}"


def _acts(kind: str, key: int | str, user: Any) -> tuple[Act, ...]:
    if kind == "saga":
        return (Act("Read its story", reverse("admin:eventbus_sagastate_change", args=[key])),)
    if kind == "dependency":
        return (Act("Breakers", reverse("admin:eventbus_breaker_changelist")),)
    look = Act("Look at it", reverse("admin:eventbus_delivery_change", args=[key]))
    if not user.has_perm("eventbus.change_delivery"):
        return (look,)
    every = reverse("admin:eventbus_delivery_changelist")
    return (_pressed("Try again", every, "retry", key), _pressed("Discard …", every, "discard", key), look)


def _pressed(label: str, url: str, action: str, key: object, asks: str = "") -> Act:
    """A button that presses the list's own: it asks for the same rights, and leaves the same record."""
    return Act(label, url, (("action", action), ("_selected_action", key)), asks)
