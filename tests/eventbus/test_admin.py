"""What staff see of the bus, and what they may do about dead letters."""

import re
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from eventbus import Command, Event, Reject, dead_letters, publish
from eventbus.models import Act, Delivery, Message, SagaState
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.toys import Counted, Opened, Rung
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
        publish(Counted(counter="a", number=1), Counted(counter="a", number=2))
    drain()
    toys.behaviour.clear()
    return Delivery.objects.get(state=Delivery.State.DEAD)


def act(client: Client, action: str, delivery: Delivery, **fields: str) -> str:
    data = {"action": action, "_selected_action": [delivery.pk], **fields}
    return client.post("/admin/eventbus/delivery/", data, follow=True).content.decode()


@pytest.mark.parametrize(
    "page", ["message", "checkpoint", "sagastate", "timer", "delivery", "act", "breaker"]
)
def test_every_list_opens(staff: Client, dead: Delivery, page: str) -> None:
    assert staff.get(f"/admin/eventbus/{page}/").status_code == 200


def test_a_message_is_found_by_type_and_shown_but_not_edited(staff: Client, dead: Delivery) -> None:
    message = Message.objects.earliest("position")

    found = staff.get("/admin/eventbus/message/?type=toys.counted").content.decode()
    shown = staff.get(f"/admin/eventbus/message/{message.pk}/change/")

    assert "counter-a" in found
    assert "counter-a" not in staff.get("/admin/eventbus/message/?type=toys.rung").content.decode()
    assert (shown.status_code, b'name="_save"' in shown.content) == (200, False)


def test_a_dead_letter_is_retried_and_the_act_recorded(staff: Client, dead: Delivery) -> None:
    assert "Dead letters retried: 1." in act(staff, "retry", dead)

    drain()

    assert not Delivery.objects.exists()
    kept = Act.objects.get()
    assert (kept.act, kept.message_id, kept.error) == ("retry", dead.message_id, "Reject: never")
    assert kept.actor == UserFactory._meta.model.objects.get().get_username()


def test_a_dead_letter_is_discarded_once_a_reason_is_given(staff: Client, dead: Delivery) -> None:
    toys.handled.clear()

    asked = act(staff, "discard", dead)
    assert "toys.listener: " in asked
    assert "with 1 behind it" in asked
    assert "Say why." not in asked
    assert "Say why." in act(staff, "discard", dead, reason=" ")
    assert Delivery.objects.count() == 2

    assert "Dead letters discarded: 1." in act(staff, "discard", dead, reason="the counter is gone")

    drain()
    assert (Delivery.objects.count(), toys.handled) == (0, [Counted(counter="a", number=2)])
    assert Act.objects.get().reason == "the counter is gone"


def test_a_deliverys_page_shows_its_error_and_what_was_decided(staff: Client, dead: Delivery) -> None:
    dead_letters.retry([dead.pk], actor="ada", reason="mended")
    toys.behaviour["listener"] = reject
    drain()

    page = staff.get(f"/admin/eventbus/delivery/{dead.pk}/change/").content.decode()

    assert "<pre>Reject: never</pre>" in page
    assert " retry by ada mended" in page
    assert "mended" in staff.get("/admin/eventbus/act/").content.decode()


def test_who_may_only_look_cannot_retry(client: Client, dead: Delivery) -> None:
    viewer = UserFactory.create(staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(viewer)

    act(client, "retry", dead)

    assert Delivery.objects.get(pk=dead.pk).state == Delivery.State.DEAD
    assert not Act.objects.exists()


DOOR = UUID(int=7)


@pytest.fixture
def stuck_door(toy_bus: None) -> str:
    """The page of a saga whose bell cannot ring."""
    toys.behaviour["ring"] = reject
    with transaction.atomic():
        publish(Opened(door_id=DOOR))
    drain()
    toys.behaviour.clear()
    return f"/admin/eventbus/sagastate/{SagaState.objects.get().pk}/change/"


def text_of(client: Client, page: str) -> str:
    text = " ".join(re.sub(r"<[^>]+>", " ", client.get(page).content.decode()).split())
    return text.replace(" :", ":")


def test_a_saga_tells_its_story_and_is_listed_as_one_that_needs_a_person(
    staff: Client, stuck_door: str
) -> None:
    assert "Opened Ring, and look again in a minute. Ring: dead (Reject: never)" in text_of(staff, stuck_door)
    listed = staff.get("/admin/eventbus/sagastate/?stuck=yes").content.decode()
    assert str(DOOR) in listed


@pytest.mark.parametrize(
    ("decision", "told", "status"),
    [
        ({"act": "retry"}, "retry Still to come", "running"),
        ({"act": "compensate", "reason": "wrong door"}, "compensate wrong door Silence: done", "completed"),
        ({"act": "resolve", "reason": "taken out"}, "resolve taken out", "resolved"),
    ],
)
def test_a_person_leads_a_stuck_saga_on(
    staff: Client, stuck_door: str, decision: dict[str, str], told: str, status: str
) -> None:
    staff.post(stuck_door, decision)
    drain()

    assert told in text_of(staff, stuck_door)
    assert SagaState.objects.get().status == status


def test_a_decision_that_is_none_and_a_saga_that_is_gone_are_told_in_a_sentence(
    staff: Client, stuck_door: str
) -> None:
    assert "There is no act" in staff.post(stuck_door, {"act": "fly"}, follow=True).content.decode()

    SagaState.objects.update(saga="toys.gone")
    assert "There is no saga" in staff.get(stuck_door, follow=True).content.decode()


def test_a_saga_that_ended_well_leaves_nothing_to_decide(staff: Client, stuck_door: str) -> None:
    assert "What a person can do" in text_of(staff, stuck_door)

    staff.post(stuck_door, {"act": "retry"})
    with transaction.atomic():
        publish(Rung(door_id=DOOR))
    drain()

    assert "What a person can do" not in text_of(staff, stuck_door)


def test_a_step_is_skipped_where_the_saga_knows_how_to_go_on(staff: Client, stuck_door: str) -> None:
    staff.post(f"{stuck_door}?step=toys.ring", {"act": "skip", "reason": "knocked"})

    assert SagaState.objects.get().status == "completed"


def test_a_decision_without_a_reason_is_refused_in_a_sentence(staff: Client, stuck_door: str) -> None:
    staff.post(stuck_door, {"act": "compensate", "reason": " "})

    assert "would compensate without a reason. Say why; it is kept with the act." in text_of(
        staff, stuck_door
    )
    assert SagaState.objects.get().status == "running"


def test_who_may_only_look_at_sagas_decides_nothing(client: Client, stuck_door: str) -> None:
    user = UserFactory.create(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_sagastate"))
    client.force_login(user)

    assert "What a person can do" not in text_of(client, stuck_door)
    assert client.post(stuck_door, {"act": "resolve", "reason": "x"}).status_code == 403
    assert SagaState.objects.get().status == "running"
