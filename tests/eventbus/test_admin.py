"""What staff see of the bus, and what they may do about dead letters."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from eventbus import Command, Event, Reject, publish
from eventbus.models import Delivery, Message
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import Counted
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("toy_bus")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True))
    return client


def reject(message: Event | Command) -> None:
    raise Reject("never")


@pytest.fixture
def dead() -> Delivery:
    toys.behaviour["listener"] = reject
    with transaction.atomic():
        publish(Counted(counter="a", number=1))
    drain()
    toys.behaviour.clear()
    return Delivery.objects.get()


def act(client: Client, action: str, delivery: Delivery) -> str:
    data = {"action": action, "_selected_action": [delivery.pk]}
    return client.post("/admin/eventbus/delivery/", data, follow=True).content.decode()


@pytest.mark.parametrize("page", ["message", "checkpoint", "sagastate", "timer", "delivery"])
def test_every_list_opens(staff: Client, dead: Delivery, page: str) -> None:
    assert staff.get(f"/admin/eventbus/{page}/").status_code == 200


def test_a_message_is_found_by_type_and_shown_but_not_edited(staff: Client, dead: Delivery) -> None:
    message = Message.objects.get()

    found = staff.get("/admin/eventbus/message/?type=toys.counted").content.decode()
    shown = staff.get(f"/admin/eventbus/message/{message.pk}/change/")

    assert "counter-a" in found
    assert "counter-a" not in staff.get("/admin/eventbus/message/?type=toys.rung").content.decode()
    assert (shown.status_code, b'name="_save"' in shown.content) == (200, False)


def test_a_dead_letter_is_retried_and_the_act_recorded(staff: Client, dead: Delivery) -> None:
    assert "Dead letters retried: 1." in act(staff, "retry", dead)

    drain()

    assert not Delivery.objects.exists()
    assert LogEntry.objects.get().get_change_message() == "retried: Reject: never"


def test_a_dead_letter_is_discarded(staff: Client, dead: Delivery) -> None:
    toys.handled.clear()

    assert "Dead letters discarded: 1." in act(staff, "discard", dead)

    drain()
    assert (Delivery.objects.count(), toys.handled) == (0, [])


def test_who_may_only_look_cannot_retry(client: Client, dead: Delivery) -> None:
    viewer = UserFactory.create(staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(viewer)

    act(client, "retry", dead)

    assert Delivery.objects.get().state == Delivery.State.DEAD
