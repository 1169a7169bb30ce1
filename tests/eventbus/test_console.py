"""The console's pages: what they show, what they cost, and who may act."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from eventbus import Command, DependencyDown, Event, Reject, breakers, correlate, jobs, pausing
from eventbus.models import Act, Breaker, Delivery, Message, Pause, RebuildJob, SagaState
from eventbus.testing import drain
from tests.eventbus import toys
from tests.eventbus.telling import announce, count, tell
from tests.eventbus.toys import Opened
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("toy_bus")
BUS = "/admin/eventbus"
OVERVIEW, FAILURES, LOG = f"{BUS}/checkpoint/overview/", f"{BUS}/delivery/failures/", f"{BUS}/message/"
ALL, BREAKERS, MAP = f"{BUS}/checkpoint/", f"{BUS}/breaker/", f"{BUS}/message/map/"
COUNTERS, LISTENER = f"{BUS}/checkpoint/of/toys.counters/", f"{BUS}/checkpoint/of/toys.listener/"
PART = {"X-Console-Part": "1"}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True, username="ada"))
    return client


def who_may(client: Client, *rights: str) -> Client:
    user = UserFactory.create(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


def text(client: Client, page: str, **headers: Any) -> str:
    answer = client.get(page, headers=headers or None)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def post(client: Client, page: str, **fields: Any) -> str:
    return client.post(page, fields, follow=True).content.decode()


def fail(message: Event | Command) -> None:
    raise ValueError("no bell")


def reject(message: Event | Command) -> None:
    raise Reject("never")


@pytest.fixture
def dead() -> Delivery:
    toys.behaviour["listener"] = reject
    count(1, 2)
    drain()
    toys.behaviour.clear()
    toys.handled.clear()
    return Delivery.objects.get(state="dead")


def acts() -> list[tuple[str, str, str, str]]:
    return list(Act.objects.order_by("pk").values_list("actor", "act", "subscription", "reason"))


def test_the_light_is_green_red_or_between_and_every_finding_has_its_next_step(
    staff: Client, settings: Settings
) -> None:
    quiet = {"XMIN_AGE_TRANSACTIONS": (1e15, 1e15), "IDLE_SECONDS": (1e9, 1e9)}
    settings.EVENTBUS = {**settings.EVENTBUS, "LIMITS": quiet}
    assert "All is well." in text(staff, OVERVIEW)

    pausing.pause("toys.listener", actor="bob", reason="stocktaking")
    page = text(staff, OVERVIEW)
    assert "Something wants looking at." in page
    assert re.search(r"toys\.listener is paused for \d+ s; its messages wait in the log\. bob: stock", page)
    assert "Next: manage.py subscriptions resume toys.listener" in page

    settings.EVENTBUS = {**settings.EVENTBUS, "DISPATCH": "celery"}
    page = text(staff, OVERVIEW)
    assert "Something is broken." in page
    assert "No relay leads" in page


def test_failures_of_all_consumers_stand_on_one_screen(staff: Client, dead: Delivery) -> None:
    toys.behaviour["caller"] = fail
    announce("z")
    drain()

    page = text(staff, FAILURES)

    assert (
        "1 dead letter waits for a decision, 1 failure will be tried again by itself, and 1 message" in page
    )
    assert "toys.listener 1 dead" in page
    assert "toys.caller 1 tried again" in page
    assert "Reject: never" in page
    assert "ValueError: no bell" in page
    assert page.index("toys.listener 1 dead") < page.index("toys.caller 1 tried")  # what needs a person first
    assert "toys.caller" not in text(staff, f"{FAILURES}?state=dead")
    assert "toys.listener 1 dead" not in text(staff, f"{FAILURES}?q=bell")
    assert "No consumer has failed" in text(staff, f"{FAILURES}?subscription=toys.counters")


def test_a_dead_letter_is_tried_again_from_there(staff: Client, dead: Delivery) -> None:
    assert "To be tried again: 1, from now." in post(staff, FAILURES, act="retry", delivery=dead.pk)

    drain()

    assert not Delivery.objects.exists()
    assert acts() == [("ada", "retry", "toys.listener", "")]


def test_a_dead_letter_is_discarded_from_there_for_a_reason(staff: Client, dead: Delivery) -> None:
    assert "without a reason" in post(staff, FAILURES, act="discard", delivery=dead.pk, reason=" ")
    assert "Nothing was chosen." in post(staff, FAILURES, act="discard", reason="x")
    assert Delivery.objects.filter(pk=dead.pk).exists()

    post(staff, FAILURES, act="discard", delivery=dead.pk, reason="spoilt")
    drain()

    assert not Delivery.objects.exists()
    assert acts() == [("ada", "discard", "toys.listener", "spoilt")]


def test_a_subscription_is_paused_and_resumed_from_its_page(staff: Client) -> None:
    assert "without a reason" in post(staff, LISTENER, act="pause", reason="")
    assert "toys.listener is paused." in post(staff, LISTENER, act="pause", reason="stocktaking")
    count(1)
    drain()

    assert toys.handled == []
    assert "by ada. stocktaking" in text(staff, LISTENER)
    assert re.search(r"paused ada, \d+ s ago: stocktaking", text(staff, ALL))

    post(staff, LISTENER, act="resume", reason="counted")
    drain()
    assert len(toys.handled) == 1
    assert [(who, act, why) for who, act, _, why in acts()] == [
        ("ada", "pause", "stocktaking"),
        ("ada", "resume", "counted"),
    ]


def test_a_projection_is_rebuilt_from_its_page_and_shows_how_far_it_is(staff: Client, rebuilds: None) -> None:
    count(*range(120))
    drain()
    post(staff, COUNTERS, act="rebuild", reason="to be sure")
    jobs.work("toys.counters", seconds=0)

    page = text(staff, COUNTERS, **PART)
    assert "running" in page
    assert f"of {RebuildJob.objects.get().target}" in page
    assert "Stop the rebuild" in page

    post(staff, COUNTERS, act="stop")
    jobs.work("toys.counters")
    assert "Go on with the rebuild" in text(staff, COUNTERS)
    post(staff, COUNTERS, act="rebuild")
    while jobs.work("toys.counters"):
        pass
    assert "Rebuilt; every row was as the log gives it." in text(staff, COUNTERS)


@pytest.mark.parametrize(
    ("right", "may"),
    [("change_pause", ["pause", "resume"]), ("change_rebuild", ["rebuild", "stop", "abandon"])],
)
def test_pausing_and_rebuilding_are_two_rights(client: Client, right: str, may: list[str]) -> None:
    who_may(client, "view_checkpoint", right)

    answers = {
        act: client.post(COUNTERS, {"act": act, "reason": "x"}).status_code
        for act in ("pause", "resume", "rebuild", "stop", "abandon")
    }

    assert [act for act, status in answers.items() if status != 403] == may
    shown = set(re.findall(r'name="act" value="(\w+)"', client.get(COUNTERS).content.decode()))
    assert shown <= set(may)
    assert shown


def test_what_nobody_offers_is_refused_in_a_sentence(staff: Client) -> None:
    assert "There is no act" in post(staff, LISTENER, act="fly")
    assert "There is no act" in post(staff, BREAKERS, act="fly", dependency="toys.caller", reason="x")
    assert "without a reason" in post(staff, LISTENER, act="pause", reason="\x00")
    assert "No consumer has failed" in text(staff, f"{FAILURES}?q=%00x")
    assert "To be tried again: 0" in post(staff, FAILURES, act="retry", delivery=10**17)
    assert "Nothing was chosen" in post(staff, FAILURES, act="retry", delivery=10**30)


def test_a_breaker_is_opened_and_closed_by_hand(staff: Client) -> None:
    caller = {"dependency": "toys.caller"}
    assert "without a reason" in post(staff, BREAKERS, act="open", minutes="60", reason="", **caller)
    post(staff, BREAKERS, act="open", minutes="60", reason="they mend it", **caller)
    announce("a")
    drain()
    assert toys.recorded == []
    assert "open Nothing is sent before" in text(staff, BREAKERS)
    assert "Opened by ada: they mend it" in text(staff, BREAKERS)

    post(staff, BREAKERS, act="close", reason="it answers", **caller)
    drain()
    assert toys.recorded == ["a"]
    assert [(act, name, why) for _, act, name, why in acts()] == [
        ("open breaker", "toys.caller", "they mend it"),
        ("close breaker", "toys.caller", "it answers"),
    ]


def test_closing_a_breaker_lets_go_at_once_what_failed_before() -> None:
    def down(message: Event | Command) -> None:
        raise DependencyDown("toys.caller")

    toys.behaviour["caller"] = down
    announce("a", "b", "c")
    drain()
    assert Breaker.objects.get().open_until
    toys.behaviour.clear()

    breakers.close("toys.caller", actor="ada", reason="it answers")
    drain()

    assert sorted(toys.recorded) == ["a", "b", "c"]


def test_a_breaker_that_is_open_no_more_is_to_be_probed(staff: Client) -> None:
    Breaker.objects.create(dependency="toys.caller", open_until=timezone.now() - timedelta(hours=1))

    assert "toys.caller to be probed" in text(staff, BREAKERS)


def test_a_messages_page_shows_its_payload_who_handled_it_and_its_story(
    staff: Client, dead: Delivery
) -> None:
    page = text(staff, f"{LOG}{dead.message_id}/change/")

    assert "&quot;counter&quot;: &quot;a&quot;" in page
    assert "toys.listener dead Reject: never" in page
    assert "toys.counters folded" in page
    assert "none: a story begins here" in page
    assert staff.get(f"{LOG}999999999999999999999/change/").status_code == 404


def test_a_chain_of_causes_without_end_is_shown_in_part(staff: Client) -> None:
    with correlate(UUID(int=5)):
        announce(*(f"c{number}" for number in range(200)))
    chain = list(Message.objects.order_by("position"))
    for cause, effect in pairwise(chain):
        Message.objects.filter(pk=effect.pk).update(causation_id=cause.uuid)

    for message, near, shown in ((chain[0], 39, 42), (chain[100], 119, 84), (chain[-1], 180, 64)):
        page = staff.get(f"{LOG}{message.pk}/change/").content.decode()
        assert f'href="{LOG}{chain[near].pk}/change/"' in page
        assert ("earlier messages" in page) == (message != chain[0])
        assert page.count('class="eb-node') == shown


def test_a_message_leads_to_what_its_stream_is_about(staff: Client, settings: Settings) -> None:
    pages = {"door-": "admin:eventbus_subscription", "nowhere-": "admin:no_such_page"}
    settings.EVENTBUS = {**settings.EVENTBUS, "STREAM_PAGES": pages}
    tell(Opened(door_id=UUID(int=7)))
    drain()

    page = staff.get(f"{LOG}{Message.objects.earliest('position').pk}/change/").content.decode()

    assert f'<a href="{BUS}/checkpoint/of/{UUID(int=7)}/">door</a>' in page
    assert f'<a href="{BUS}/sagastate/{SagaState.objects.get().pk}/change/">saga toys.door</a>' in page


def test_the_search_stands_in_the_address_and_says_what_it_cannot_read(staff: Client) -> None:
    count(1)
    count(2, counter="b")

    found = text(staff, f"{LOG}?payload=counter%3Db&kind=event")
    assert "counter-b" in found
    assert "counter-a" not in found
    assert "2 messages were looked at" in found
    assert "Write JSON such as" in text(staff, f"{LOG}?payload=nonsense")
    assert "counter-a" in text(staff, f"{LOG}?payload=%7B%22number%22%3A1%7D")
    assert "Enter a valid date/time." in text(staff, f"{LOG}?since=yesterday")


def test_the_map_shows_what_went_over_each_arrow(staff: Client) -> None:
    page = staff.get(MAP).content.decode()
    assert page.count('class="eb-box') > 5
    assert "orders.checkout → inventory: " in page
    assert "<svg" in staff.get(MAP, headers=PART).content.decode()

    room = staff.get(f"{MAP}?room=inventory").content.decode()
    assert "inventory.reserve_stock v1: Hold all" in room
    assert "payments.refund_payment" not in room
    assert staff.get(f"{MAP}?room=nowhere").status_code == 200


PAGES = (OVERVIEW, FAILURES, ALL, COUNTERS, LOG, MAP, BREAKERS, f"{BUS}/sagastate/", f"{BUS}/act/")


def test_a_live_part_is_the_page_without_what_stands_around_it(staff: Client) -> None:
    for page in (OVERVIEW, ALL, COUNTERS, MAP):
        answer = staff.get(page, headers=PART)
        assert b"<html" not in answer.content
        assert answer.headers["Vary"].startswith("X-Console-Part")
        assert b'data-live="' in staff.get(page).content


def test_nothing_is_shown_to_those_without_the_right(client: Client) -> None:
    who_may(client)

    assert {page: client.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 403)


def viewer_acts(client: Client, dead: Delivery) -> list[Callable[[], int]]:
    def post_to(page: str, **fields: Any) -> Callable[[], int]:
        return lambda: client.post(page, fields).status_code

    return [
        post_to(LISTENER, act="pause", reason="x"),
        post_to(LISTENER, act="resume"),
        post_to(COUNTERS, act="rebuild"),
        post_to(FAILURES, act="retry", delivery=dead.pk),
        post_to(FAILURES, act="discard", delivery=dead.pk, reason="x"),
        post_to(BREAKERS, act="open", dependency="toys.caller", reason="x"),
    ]


def test_who_may_look_sees_all_and_changes_nothing(client: Client, dead: Delivery) -> None:
    rights = ("message", "checkpoint", "delivery", "sagastate", "breaker", "act")
    who_may(client, *(f"view_{right}" for right in rights))

    assert {page: client.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)
    assert [act() for act in viewer_acts(client, dead)] == [403] * 6
    assert not Act.objects.exists()
    assert not Pause.objects.exists()
    for page in (LISTENER, COUNTERS, FAILURES, BREAKERS):
        assert b'name="act"' not in client.get(page).content


def queries(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(page).status_code == 200
    return len(found)


def test_what_a_page_asks_does_not_grow_with_what_it_shows(staff: Client) -> None:
    toys.behaviour["listener"] = reject
    count(1)
    announce("a")
    drain()
    pages = (OVERVIEW, FAILURES, ALL, COUNTERS, LOG, MAP, BREAKERS)
    few = {page: queries(staff, page) for page in pages}
    story = f"{LOG}{Message.objects.earliest('position').pk}/change/"
    few[story] = queries(staff, story)

    for number in range(30):
        count(number, counter=f"c{number}")
    announce(*"bcdefghij")
    drain()

    assert {page: queries(staff, page) for page in (*pages, story)} == few
