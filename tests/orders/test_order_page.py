"""One order on the staff's page: its story, its past, and what they can do about it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from eventbus.testing import drain
from orders import queries, services
from orders.models import SCHEMA, Notification, Order, OrderHistoryRow, OrderNote
from tests.factories import UserFactory
from tests.fixtures.keeping import nothing_kept
from tests.orders.builders import (
    ADA,
    ORDER,
    a_cart,
    a_confirmed_order,
    a_shipped_order,
    an_article,
    an_order,
    pieces,
)

pytestmark = pytest.mark.usefixtures("bus")
PAGE = "admin:orders_order_change"
LIST = "admin:orders_order_changelist"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True, username="sam"))
    return client


def shown(client: Client, **asked: str) -> Any:
    answer = client.get(reverse(PAGE, args=[ORDER]), asked)
    assert answer.status_code == 200
    return answer.context


def a_mail() -> Notification:
    a_confirmed_order()
    drain()
    Notification.objects.all().delete()
    return Notification.objects.create(
        message_id=ORDER,
        order_id=ORDER,
        recipient=ADA.email,
        template="refund",
        subject="£5",
        body="Dear Ada",
    )


class TestThePast:
    """The slider's moments, which are plain addresses."""

    def test_each_step_of_the_story_leads_to_what_the_order_was_then(self, staff: Client) -> None:
        a_shipped_order()

        by_moment = [
            shown(staff, at=chapter.at.isoformat())["then"]["state"] for chapter in shown(staff)["chapters"]
        ]
        by_step = [shown(staff, step=str(step))["then"]["state"] for step in range(3)]

        assert by_moment == by_step == ["placed", "confirmed", "shipped"]

    def test_what_is_other_than_now_is_marked(self, staff: Client) -> None:
        a_shipped_order()
        first = shown(staff)["chapters"][0].at

        facts = {
            label: (value, other)
            for label, value, other in shown(staff, at=first.isoformat())["then"]["facts"]
        }

        assert facts["State"] == ("placed", True)
        assert facts["Tracking number"] == ("none", True)
        assert facts["Total"] == ("£20.95", False)

    def test_before_it_was_placed_there_is_nothing(self, staff: Client) -> None:
        a_shipped_order()
        before = shown(staff)["chapters"][0].at - timedelta(seconds=1)

        assert shown(staff, at=before.isoformat())["then"]["facts"] == []

    def test_without_a_moment_it_is_now(self, staff: Client) -> None:
        a_shipped_order()

        assert shown(staff)["then"]["state"] == "shipped"

    @pytest.mark.parametrize(
        "asked",
        [
            {"at": "once upon a time"},
            {"at": "0001-01-01T00:00:00+14:00"},
            {"at": "9999-12-31T23:59:59-12:00"},
            {"step": "3"},
            {"step": "-1"},
        ],
    )
    def test_what_is_no_moment_of_it_is_now(self, staff: Client, asked: dict[str, str]) -> None:
        a_shipped_order()

        assert shown(staff, **asked)["then"]["state"] == "shipped"

    def test_a_second_that_was_typed_lasts_until_its_end(self, staff: Client) -> None:
        a_shipped_order()
        last = timezone.localtime(shown(staff)["chapters"][-1].at)

        assert shown(staff, at=f"{last:%Y-%m-%dT%H:%M:%S}")["then"]["state"] == "shipped"


class TestActs:
    """What staff do, and that it is kept."""

    def post(self, client: Client, name: str, *more: object, **fields: str) -> int:
        return client.post(reverse(f"admin:{name}", args=[ORDER, *more]), fields).status_code

    def kept(self) -> list[tuple[str, str]]:
        entries = LogEntry.objects.order_by("pk").values_list("user__username", "change_message")
        return list(entries)

    def test_an_order_is_called_off_with_a_reason(self, staff: Client) -> None:
        a_confirmed_order()

        self.post(staff, "orders_cancel", reason="The shopper rang.")

        assert queries.order_state(ORDER).cancellation_requested_at is not None
        assert "sam asked to cancel: The shopper rang." in shown(staff)["chapters"][-1].sentence
        assert self.kept() == [("sam", "Called off: The shopper rang.")]

    def test_nothing_is_called_off_without_a_word(self, staff: Client) -> None:
        a_confirmed_order()

        self.post(staff, "orders_cancel", reason=" ")

        assert queries.order_state(ORDER).cancellation_requested_at is None
        assert self.kept() == []

    def test_a_note_is_shown_to_the_others(self, staff: Client) -> None:
        a_confirmed_order()

        self.post(staff, "orders_note", text="Leave it with the neighbour.\n")

        assert list(OrderNote.objects.values_list("text", "written_by")) == [
            ("Leave it with the neighbour.", "sam")
        ]
        assert "Leave it with the neighbour." in staff.get(reverse(PAGE, args=[ORDER])).content.decode()

    def test_a_mail_is_sent_again_word_for_word_and_once(self, staff: Client, mailoutbox: list[Any]) -> None:
        first = a_mail()

        self.post(staff, "orders_mail_again", first.pk)
        drain(twice=True)

        again = Notification.objects.filter(subject="£5").exclude(pk=first.pk).get()
        assert (again.subject, again.body, again.recipient) == (first.subject, first.body, ADA.email)
        assert [mail.body for mail in mailoutbox if mail.subject == "£5"] == ["Dear Ada"]
        assert self.kept() == [("sam", f"Sent again: {first.subject}")]

    def test_the_mail_of_another_order_is_not_sent(self, staff: Client) -> None:
        a_confirmed_order()
        other = Notification.objects.create(
            message_id=ORDER, recipient="x@example.com", template="x", subject="x", body="x"
        )

        self.post(staff, "orders_mail_again", other.pk)
        drain()

        assert not Notification.objects.filter(subject="x").exclude(pk=other.pk).exists()
        assert self.kept() == []

    @pytest.mark.parametrize(
        ("name", "more", "permission"),
        [
            ("orders_cancel", (), "cancel_order"),
            ("orders_note", (), "add_ordernote"),
            ("orders_mail_again", (1,), "send_again"),
        ],
    )
    def test_each_act_has_a_permission_of_its_own(
        self, client: Client, name: str, more: tuple[object, ...], permission: str
    ) -> None:
        a_confirmed_order()
        clerk = UserFactory.create(staff=True)
        clerk.user_permissions.add(Permission.objects.get(codename="view_order"))
        client.force_login(clerk)

        assert self.post(client, name, *more, reason="x", text="x") == 403

        clerk.user_permissions.add(Permission.objects.get(codename=permission))
        assert self.post(client, name, *more, reason="x", text="x") == 302

    def test_what_cannot_be_kept_is_not_done(self, staff: Client) -> None:
        a_confirmed_order()

        with nothing_kept(), pytest.raises(IntegrityError):
            self.post(staff, "orders_cancel", reason="The shopper rang.")

        assert queries.order_state(ORDER).cancellation_requested_at is None

    def test_an_act_is_not_a_link(self, staff: Client) -> None:
        a_confirmed_order()

        assert staff.get(reverse("admin:orders_cancel", args=[ORDER])).status_code == 405


def test_a_row_of_another_release_is_shown_as_its_events_tell_it(staff: Client) -> None:
    a_shipped_order()
    Order.objects.update(schema=SCHEMA - 1, lines=[], shipping_amount=0)

    assert shown(staff)["state"] == queries.order_as_of(ORDER)


def test_a_return_is_shown_with_the_page_to_receive_it(staff: Client) -> None:
    a_shipped_order()
    back = services.request_return(order_id=ORDER, lines=pieces(MUG_RED=1), reason="Too red.")

    page = staff.get(reverse(PAGE, args=[ORDER])).content.decode()

    assert reverse("admin:orders_receive", args=[ORDER, back]) in page


class TestTheList:
    """Found by what people ask with."""

    @pytest.mark.parametrize("asked", ["7kq4-9mxr-2c8t", "ADA@example.com", "ada k", str(ORDER)])
    def test_an_order_is_found(self, staff: Client, asked: str) -> None:
        a_shipped_order()
        drain()

        found = staff.get(reverse(LIST), {"q": asked}).context["cl"].queryset

        assert [order.pk for order in found] == [ORDER]

    @pytest.mark.parametrize("asked", ["7KQ4", "ada@example", "king", "%"])
    def test_a_part_finds_nothing_that_no_index_could(self, staff: Client, asked: str) -> None:
        a_shipped_order()
        drain()

        assert not staff.get(reverse(LIST), {"q": asked}).context["cl"].queryset.exists()

    def test_orders_are_filtered_by_state_and_payment(self, staff: Client) -> None:
        a_shipped_order()
        drain()

        for asked, count in (
            ({"state": "shipped"}, 1),
            ({"state": "placed"}, 0),
            ({"payment": "pending"}, 1),
            ({"payment": "captured"}, 0),
        ):
            assert staff.get(reverse(LIST), asked).context["cl"].result_count == count

    def test_a_longer_list_takes_no_more_queries(self, staff: Client) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert staff.get(reverse(LIST)).status_code == 200
            return len(asked)

        a_shipped_order()
        cost()
        short = cost()
        for number in range(100, 130):
            a_shipped_order(order_id=UUID(int=number), number=f"N{number}")

        assert (cost(), short) == (4, 4)

    @pytest.mark.parametrize(
        ("lookup", "index"),
        [
            ({"state": "shipped"}, "orders_history_state"),
            ({"payment": "pending"}, "orders_history_payment"),
            ({"customer__istartswith": "Ada"}, "orders_history_customer"),
            ({"email": "1785@example.com"}, "orders_orderhistoryrow_email"),
            ({"reference": "1785"}, "orders_orderhistoryrow_reference"),
        ],
    )
    def test_each_way_to_find_an_order_has_its_index(self, lookup: dict[str, str], index: str) -> None:
        OrderHistoryRow.objects.bulk_create(
            OrderHistoryRow(
                order_id=UUID(int=number),
                state="placed" if number % 50 else "shipped",
                payment="captured" if number % 50 else "pending",
                customer=f"Ada {number}" if number % 50 == 0 else f"Bob {number}",
                email=f"{number}@example.com",
                reference=str(number),
                placed_at=timezone.now() + timedelta(minutes=number),
            )
            for number in range(3_000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE orders_orderhistoryrow")

        assert index in OrderHistoryRow.objects.filter(**lookup).order_by("-placed_at")[:50].explain()


@pytest.mark.usefixtures("sandbox")
def test_a_real_orders_page_takes_a_fixed_number_of_queries(staff: Client) -> None:
    order_id = an_order(a_cart(an_article()))
    drain()
    staff.get(reverse(PAGE, args=[order_id]))

    with CaptureQueriesContext(connection) as asked:
        assert staff.get(reverse(PAGE, args=[order_id])).status_code == 200

    assert len(asked) == 14
