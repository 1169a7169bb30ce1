"""The staff's own pages: tasks, goods that come back, money that goes back."""

from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from eventbus.testing import drain
from orders import queries, services
from orders.models import StaffTask, TaskKind
from payments.queries import refunds_of
from tests.factories import UserFactory
from tests.fixtures.keeping import nothing_kept
from tests.orders.builders import ORDER, a_shipped_order, pieces, pounds

pytestmark = pytest.mark.usefixtures("bus")
BACK = UUID(int=1)
TASKS = "admin:orders_stafftask_changelist"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True, username="sam"))
    return client


def a_task(number: int = 1, kind: TaskKind = TaskKind.REFUND_FAILED, about_id: UUID = BACK) -> StaffTask:
    event_id = UUID(int=100 + number)
    services.open_task(
        kind=kind, order_id=ORDER, about_id=about_id, event_id=event_id, sentence=f"Look at {number}."
    )
    return StaffTask.objects.get(event_id=event_id)


def close(staff: Client, *tasks: StaffTask, note: str = "Done by hand.") -> str:
    fields = {"action": "close_selected", "_selected_action": [task.pk for task in tasks], "note": note}
    return staff.post(reverse(TASKS), fields, follow=True).content.decode()


def receive_page(return_id: UUID = BACK) -> str:
    return reverse("admin:orders_receive", args=[ORDER, return_id])


def refund_page() -> str:
    return reverse("admin:orders_refund", args=[ORDER])


class TestTheList:
    """What is still to be done."""

    def test_open_tasks_are_shown_with_what_to_do_next(self, staff: Client) -> None:
        task = a_task()
        services.close_task(task_id=a_task(2).pk, closed_by="kim", note="Done.")

        page = staff.get(reverse(TASKS)).content.decode()
        everything = staff.get(reverse(TASKS), {"closed": "all"}).content.decode()

        assert "Look at 1." in page
        assert task.next_action in page
        assert "Look at 2." not in page
        assert "Look at 2." in everything

    def test_tasks_are_closed_by_name_with_one_note(self, staff: Client) -> None:
        close(staff, a_task(1), a_task(2))

        assert list(StaffTask.objects.values_list("closed_by", "note")) == [("sam", "Done by hand.")] * 2

    def test_a_task_is_not_closed_without_a_word(self, staff: Client) -> None:
        page = close(staff, a_task(), note=" ")

        assert "Please write down what was done about it." in page
        assert StaffTask.objects.get().closed_at is None

    def test_who_may_only_look_closes_nothing(self, client: Client) -> None:
        looker = UserFactory.create(is_staff=True)
        looker.user_permissions.add(Permission.objects.get(codename="view_stafftask"))
        client.force_login(looker)

        page = close(client, a_task())

        assert "Look at 1." in page
        assert StaffTask.objects.get().closed_at is None

    def test_a_task_can_be_read_and_not_be_changed(self, staff: Client) -> None:
        task = a_task()

        assert staff.get(reverse("admin:orders_stafftask_change", args=[task.pk])).status_code == 200
        assert staff.get(reverse("admin:orders_stafftask_add")).status_code == 403
        assert staff.post(reverse("admin:orders_stafftask_delete", args=[task.pk])).status_code == 403

    def test_the_list_asks_no_more_questions_for_more_tasks(self, staff: Client) -> None:
        a_task(1)
        few = self._questions(staff)
        for number in range(2, 12):
            a_task(number)

        assert self._questions(staff) == few

    def _questions(self, staff: Client) -> int:
        with CaptureQueriesContext(connection) as asked:
            staff.get(reverse(TASKS))
        return len(asked)


class TestGoods:
    """A return, from the task to the shelf."""

    @pytest.fixture(autouse=True)
    def _return(self, bus: None) -> None:
        a_shipped_order()
        services.request_return(order_id=ORDER, lines=pieces(MUG_RED=2), reason="Too red", return_id=BACK)

    def test_the_task_leads_to_the_page_where_the_return_is_received(self, staff: Client) -> None:
        drain()

        page = staff.get(reverse(TASKS)).content.decode()

        assert f'<a href="{receive_page()}">Receive or refuse it</a>' in page
        assert 'value="2"' in staff.get(receive_page()).content.decode()

    def test_what_arrived_is_received_as_staff_say(self, staff: Client) -> None:
        answers = {"arrived_MUG-RED": "2", "restock_MUG-RED": "1"}

        page = staff.post(receive_page(), answers, follow=True).content.decode()

        assert "Received. £20.95 goes back to the customer." in page
        [received] = queries.order_state(ORDER).returns
        assert (received.state, received.refund) == ("received", pounds("20.95"))

    def test_a_page_sent_twice_receives_once(self, staff: Client) -> None:
        answers = {"arrived_MUG-RED": "1", "restock_MUG-RED": "1"}
        staff.post(receive_page(), answers)

        page = staff.post(receive_page(), answers, follow=True).content.decode()

        assert "This return was received already." in page
        assert queries.order_state(ORDER).returned == {"MUG-RED": 1}

    @pytest.mark.parametrize(
        ("answers", "sentence"),
        [
            ({"arrived_MUG-RED": "3"}, "less than or equal to 2"),
            ({"arrived_MUG-RED": "1", "restock_MUG-RED": "2"}, "only 1 arrived"),
            ({"arrived_MUG-RED": "0"}, "please choose at least one piece"),
        ],
    )
    def test_numbers_that_cannot_be_are_refused(
        self, answers: dict[str, str], sentence: str, staff: Client
    ) -> None:
        answer = staff.post(receive_page(), answers)

        assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
        assert queries.order_state(ORDER).returned == {}

    def test_a_return_is_refused_with_a_word_for_the_customer(self, staff: Client) -> None:
        silent = staff.post(receive_page(), {"refuse": "1", "reason": ""})
        staff.post(receive_page(), {"refuse": "1", "reason": "It was used."})

        assert silent.status_code == 422
        assert [each.state for each in queries.order_state(ORDER).returns] == ["refused"]

    def test_goods_that_come_unasked_can_be_received_too(self, staff: Client) -> None:
        services.refuse_return(order_id=ORDER, return_id=BACK, reason="x", refused_by="kim")
        unasked = UUID(int=9)

        assert "Or it is not taken back" not in staff.get(receive_page(unasked)).content.decode()
        staff.post(receive_page(unasked), {"arrived_MUG-RED": "1"})

        assert queries.order_state(ORDER).returned == {"MUG-RED": 1}


class TestMoney:
    """Back without goods."""

    @pytest.fixture(autouse=True)
    def _order(self, bus: None) -> None:
        a_shipped_order()

    @pytest.mark.parametrize(
        ("answers", "refund"),
        [({"pieces_MUG-RED": "1"}, "8.50"), ({"amount": "5.00"}, "5.00")],
        ids=["pieces", "a sum"],
    )
    def test_pieces_or_a_sum_are_paid_back(self, answers: dict[str, str], refund: str, staff: Client) -> None:
        answers |= {"reason": "Chipped", "refund_id": str(BACK)}

        page = staff.post(refund_page(), answers, follow=True).content.decode()
        again = staff.post(refund_page(), answers, follow=True).content.decode()

        assert "Granted. The money goes back the way it came." in page
        assert "has been granted already" in again
        [granted] = queries.order_state(ORDER).refunds
        assert (granted.refund_id, granted.amount) == (BACK, pounds(refund))

    def test_what_cannot_be_kept_is_not_given(self, staff: Client) -> None:
        answers = {"amount": "5.00", "reason": "Chipped", "refund_id": str(BACK)}

        with nothing_kept(), pytest.raises(IntegrityError):
            staff.post(refund_page(), answers)

        assert queries.order_state(ORDER).refunds == ()

    @pytest.mark.parametrize(
        ("answers", "sentence"),
        [
            ({}, "Please give either a number of pieces or a sum."),
            ({"amount": "5", "pieces_MUG-RED": "1"}, "Please give either a number of pieces or a sum."),
            ({"amount": "20.96"}, "£20.96 cannot be given back"),
            ({"amount": "0"}, "£0.00 cannot be given back"),
            ({"amount": "5", "reason": ""}, "Please say why."),
        ],
    )
    def test_what_cannot_be_given_back_is_refused(
        self, answers: dict[str, str], sentence: str, staff: Client
    ) -> None:
        answers = {"reason": "Chipped", "refund_id": str(BACK)} | answers

        answer = staff.post(refund_page(), answers)

        assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
        assert queries.order_state(ORDER).refunds == ()

    def test_the_orders_page_shows_what_went_back_and_leads_on(self, staff: Client) -> None:
        services.grant_refund(order_id=ORDER, amount=pounds("5"), reason="Late", granted_by="kim")

        page = staff.get(reverse("admin:orders_order_change", args=[ORDER])).content.decode()

        assert "granted £5.00" in page
        assert f'href="{refund_page()}">Give money back</a>' in page
        assert refunds_of(ORDER) == ()


@pytest.mark.parametrize("page", [receive_page(), refund_page()])
def test_nobody_without_the_right_gives_anything_back(page: str, client: Client) -> None:
    a_shipped_order()
    client.force_login(UserFactory.create(is_staff=True))

    assert client.get(page).status_code == 403
    assert client.post(page, {"arrived_MUG-RED": "1", "amount": "5", "reason": "x"}).status_code == 403
    assert queries.order_state(ORDER).refunded == pounds("0")


@pytest.mark.parametrize("page", [receive_page(), refund_page()])
def test_an_order_that_does_not_exist_is_not_found(page: str, staff: Client) -> None:
    assert staff.get(page).status_code == 404
