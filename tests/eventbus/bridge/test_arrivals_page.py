"""The console's page of arrivals: what is held, why, what waits behind it, and deciding about it."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from eventbus.bridge import inbox
from eventbus.models import Act, Arrival
from tests.eventbus.bridge.test_inbox import body, states
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("bridge")
PAGE = "/admin/eventbus/arrival/"
WRONG = {"counter": "a", "number": "many"}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True, username="ada"))
    return client


@pytest.fixture
def held() -> list[int]:
    """One refused with two behind it, one parked, one that is no message; the numbers of these three."""
    inbox.take([body(1, data=WRONG), body(2), body(3), body(4, "b", messageversion=2), b"<xml>"])
    return [Arrival.objects.get(state="refused", stream="counter-a").pk, *_others()]


def _others() -> list[int]:
    return list(Arrival.objects.exclude(stream="counter-a").order_by("pk").values_list("pk", flat=True))


def text(client: Client, page: str = PAGE) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def post(client: Client, page: str = PAGE, **fields: Any) -> str:
    return client.post(page, fields, follow=True).content.decode()


def test_what_is_held_stands_with_its_source_its_error_and_what_waits_behind_it(
    staff: Client, held: list[int]
) -> None:
    page = text(staff)

    assert "2 refused arrivals wait for a decision, 1 parked one waits for a release" in page
    assert "that can read it, and 2 wait behind them." in page
    assert re.search(r"urn:payments 1 refused 1 parked since \d+ s ago, 2 wait behind", page)
    assert re.search(
        r"toys\.counted \d+ counter-a refused This is no CloudEvent 1\.0: data: .*? s ago 2 ", page
    )
    assert re.search(r"toys\.counted \d+ counter-b parked .*? s ago 0 ", page)
    assert "Unknown source 1 refused since" in page
    assert "unreadable" in page
    assert page.index("counter-a refused") < page.index("counter-b parked")  # what needs a person first


def test_it_is_found_by_type_stream_and_error(staff: Client, held: list[int]) -> None:
    assert "counter-b" not in text(staff, f"{PAGE}?q=counter-a")
    assert "counter-a" not in text(staff, f"{PAGE}?q=counter-b")
    assert "unreadable" in text(staff, f"{PAGE}?q=JSON")
    assert "Nothing is held that is like that." in text(staff, f"{PAGE}?q=nonsense%00")


def test_it_is_tried_again_and_discarded_for_a_reason(staff: Client, held: list[int]) -> None:
    assert "Nothing was chosen." in post(staff, act="retry")
    assert "There is no act" in post(staff, act="", arrival=held[0])
    assert "taken with what waited: 0." in post(staff, act="retry", arrival=held[0], reason="perhaps")
    assert "without a reason" in post(staff, act="discard", arrival=held[0], reason=" ")
    assert "Discarded: 1. What waited goes on." in post(
        staff, act="discard", arrival=held[0], reason="spoilt"
    )

    assert states() == ["discarded", "taken", "taken", "parked", "refused"]
    assert list(Act.objects.order_by("pk").values_list("actor", "act", "reason")) == [
        ("ada", "retry arrival", "perhaps"),
        ("ada", "discard arrival", "spoilt"),
    ]


def test_one_has_a_page_with_its_body_and_what_was_decided(staff: Client, held: list[int]) -> None:
    place = f"{PAGE}{held[0]}/change/"
    inbox.retry([held[0]], actor="bob", reason="a new release")

    page = text(staff, place)
    assert "refused toys.counted from urn:payments, arrived" in page
    assert "&quot;number&quot;: &quot;many&quot;" in page
    assert "bob : retry arrival a new release" in page
    assert "&lt;xml&gt;" in text(staff, f"{PAGE}{held[2]}/change/")

    assert "Discarded: 1." in post(staff, place, act="discard", reason="spoilt")
    assert 'name="act"' not in staff.get(place).content.decode()
    assert "It is in the log, and not kept here." in text(staff, f"{PAGE}{held[0] + 1}/change/")
    assert staff.get(f"{PAGE}{'9' * 30}/change/").status_code == 404


def test_without_anything_held_it_says_so(staff: Client) -> None:
    assert "Nothing is held." in text(staff)


def test_the_menu_leads_there_only_where_there_is_a_bridge(staff: Client, settings: Settings) -> None:
    def menu() -> list[str]:
        page = staff.get("/admin/eventbus/act/").content.decode()
        return re.findall(r">(\w+)</a>", page.partition('class="eb-menu"')[2].partition("</nav>")[0])

    assert "Arrivals" in menu()

    settings.EVENTBUS = {name: value for name, value in settings.EVENTBUS.items() if name != "BRIDGE"}
    assert "Arrivals" not in menu()
    assert "Breakers" in menu()


def test_the_overview_leads_there(staff: Client, held: list[int]) -> None:
    assert (
        f'<a href="{PAGE}">See it</a>' in staff.get("/admin/eventbus/checkpoint/overview/").content.decode()
    )


def test_who_may_look_changes_nothing_and_others_see_nothing(client: Client, held: list[int]) -> None:
    somebody = UserFactory.create(staff=True)
    client.force_login(somebody)
    pages = (PAGE, f"{PAGE}{held[0]}/change/")
    assert [client.get(page).status_code for page in pages] == [403, 403]

    somebody.user_permissions.set(Permission.objects.filter(codename="view_arrival"))
    assert ['name="act"' in client.get(page).content.decode() for page in pages] == [False, False]
    answers = [client.post(page, {"act": "discard", "arrival": held[0], "reason": "x"}) for page in pages]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert not Act.objects.exists()


def test_what_the_page_asks_does_not_grow_with_what_it_shows(staff: Client, held: list[int]) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            text(staff)
        return len(asked)

    few = queries()
    inbox.take([body(number, f"c{number}", data=WRONG) for number in range(10, 45)])

    assert queries() == few
    assert "and 12 more;" in text(staff)
