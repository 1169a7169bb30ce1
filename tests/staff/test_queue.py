"""What waits for a person, out of every room, on one page."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from eventbus import publish
from eventbus.dead_letters import dead_letters
from eventbus.models import Act, Breaker, Delivery, Message
from eventbus.testing import drain, published
from orders import services
from orders.models import StaffTask, TaskKind
from payments.commands import ReadNotice
from payments.models import InboxNotice, NoticeState
from tests.factories import UserFactory
from tests.orders.builders import ORDER, a_shipped_order, an_order_placed

pytestmark = pytest.mark.usefixtures("bus")
QUEUE = "admin:staff_queue"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True, username="sam"))
    return client


def a_task(kind: TaskKind = TaskKind.SHORTFALL, number: int = 1) -> None:
    services.open_task(
        kind=kind,
        order_id=ORDER,
        about_id=UUID(int=number),
        event_id=uuid4(),
        sentence=f"Look at {number}.",
    )


def a_webhook() -> InboxNotice:
    return InboxNotice.objects.create(
        provider="stripe", event_id="evt_1", kind="charge.captured", body=b"{}", state=NoticeState.PARKED
    )


def a_dead_letter() -> Delivery:
    with transaction.atomic():
        publish(an_order_placed())
    return Delivery.objects.create(
        subscription="orders.checkout",
        message=Message.objects.latest("position"),
        stream=f"order-{ORDER}",
        shard=0,
        state=Delivery.State.DEAD,
        due_at=timezone.now(),
        error="ValueError: no\nTraceback …",
    )


def items(client: Client, **asked: str) -> Any:
    answer = client.get(reverse(QUEUE), asked)
    assert answer.status_code == 200
    return answer.context["items"]


def test_all_kinds_are_on_one_page_oldest_first(staff: Client) -> None:
    a_shipped_order()
    drain()
    a_dead_letter()
    a_webhook()
    a_task()
    Breaker.objects.create(dependency="mail server", open_until=timezone.now() + timedelta(hours=1))

    found = items(staff)

    assert [item.since for item in found] == sorted(item.since for item in found)
    # The order's saga is stuck as well: its own step is what is dead.
    assert sorted({item.kind for item in found}) == [
        "dead_letter",
        "dependency",
        "saga",
        "shortfall",
        "webhook",
    ]
    task = next(item for item in found if item.kind == "shortfall")
    assert task.title == "Order 7KQ4-9MXR-2C8T"
    assert task.acts[0].url == reverse("admin:orders_order_change", args=[ORDER])


def test_one_kind_can_be_chosen_and_each_is_counted(staff: Client) -> None:
    a_task(number=1)
    a_task(number=2)
    a_task(TaskKind.REFUND_FAILED, 3)

    answer = staff.get(reverse(QUEUE), {"kind": "refund_failed"})

    assert answer.context["counts"] == [
        ("shortfall", "paid, but sold out", 2),
        ("refund_failed", "refund failed", 1),
    ]
    assert [item.sentence for item in answer.context["items"]] == ["Look at 3."]
    assert answer.context["total"] == 3


def test_goods_that_come_back_are_received_from_here(staff: Client) -> None:
    a_task(TaskKind.RETURN_REQUESTED)

    assert items(staff)[0].acts[0].url == reverse("admin:orders_receive", args=[ORDER, UUID(int=1)])


def press(client: Client, item: Any, label: str, said: str = "") -> None:
    act = next(act for act in item.acts if act.label == label)
    assert client.post(act.url, {**dict(act.fields), act.asks: said}).status_code == 302


def test_a_task_is_closed_by_its_button_with_a_note(staff: Client) -> None:
    a_task()

    press(staff, items(staff)[0], "Close with a note …", "Rang them.")

    assert items(staff) == []
    assert [(task.closed_by, task.note) for task in StaffTask.objects.all()] == [("sam", "Rang them.")]


def test_a_dead_letter_is_tried_again_by_its_button_and_the_act_is_kept(staff: Client) -> None:
    a_dead_letter()

    press(staff, next(item for item in items(staff) if item.kind == "dead_letter"), "Try again")

    assert not dead_letters().exists()
    assert [(act.actor, act.act) for act in Act.objects.all()] == [("sam", "retry")]


def test_a_webhook_is_read_again_by_its_button(staff: Client) -> None:
    notice = a_webhook()

    with published() as told:
        press(staff, items(staff)[0], "Read it again")

    assert told == [ReadNotice(notice_id=notice.pk)]
    assert [(entry.user.get_username(), entry.object_id) for entry in LogEntry.objects.all()] == [
        ("sam", str(notice.pk))
    ]


def test_each_sees_what_they_may_look_after(client: Client) -> None:
    a_task()
    a_webhook()
    a_dead_letter()
    clerk = UserFactory.create(staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_inboxnotice"))
    client.force_login(clerk)

    found = items(client)

    assert [item.kind for item in found] == ["webhook"]
    assert [act.label for act in found[0].acts] == ["Look at it"]


def test_a_longer_queue_takes_no_more_queries(staff: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            items(staff)
        return len(queries)

    a_task(number=1)
    items(staff)
    short = cost()
    for number in range(2, 30):
        a_task(number=number)

    assert cost() == short
