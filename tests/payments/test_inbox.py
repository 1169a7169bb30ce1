"""The inbox: what processors tell is kept at once, done once, and never lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventbus import correlate, send
from eventbus.models import Message
from eventbus.testing import drain, published
from payments.commands import LookUpPayment, ReadNotice
from payments.events import PaymentCaptured, PaymentChallenged
from payments.models import InboxNotice, Payment
from payments.models.inbox import Told
from payments.services import read_notices_again
from payments.services.inbox import read_notice
from tests.payments.builders import a_card_payment, ledger_of, payment_for
from tests.payments.webhooks import PATH, an_event, post, signed

pytestmark = pytest.mark.usefixtures("bus")


def a_payment() -> Payment:
    """A payment by card that is waiting."""
    return payment_for(a_card_payment())


def the_notice() -> InboxNotice:
    """The only one in the inbox."""
    return InboxNotice.objects.get()


def state_and_remark() -> tuple[str, str]:
    """What has become of the only notice, and why."""
    return the_notice().state, the_notice().remark


def test_a_webhook_is_kept_as_it_came_and_read_later() -> None:
    payment = a_payment()
    body = json.dumps(an_event(payment), indent=1).encode()

    with published() as messages:
        answer = post(body, Cookie="sessionid=1", Authorization="Bearer 1", **{"User-Agent": "sandbox"})

    notice = the_notice()
    assert answer == (200, "received")
    assert messages == [ReadNotice(notice_id=notice.id)]
    assert (notice.state, bytes(notice.body)) == ("received", body)
    assert (notice.provider, notice.kind, notice.payment_id, notice.reference) == (
        "sandbox",
        "charge.captured",
        payment.id,
        f"ch_{payment.id.hex}",
    )
    assert set(notice.headers) == {"Content-Type", "User-Agent", "Sandbox-Signature"}
    assert payment_for(payment.order_id).state == "pending"


def test_a_worker_does_what_it_tells() -> None:
    payment = a_payment()
    post(an_event(payment))

    with published() as messages:
        drain()

    assert PaymentCaptured(
        order_id=payment.order_id, payment_id=payment.id, amount=payment.due, method="card"
    ) in list(messages)
    assert ledger_of(payment.order_id) == [("captured", 1234)]
    assert state_and_remark() == ("done", "")
    assert the_notice().read_at


def test_what_a_webhook_leads_to_belongs_to_the_story_of_the_order() -> None:
    payment, story = a_payment(), uuid4()
    with correlate(story), transaction.atomic():
        send(LookUpPayment(order_id=payment.order_id))

    post(an_event(payment), **{"X-Request-ID": "from-the-bank"})
    drain()

    told = Message.objects.filter(type__in=("payments.read_notice", "payments.payment_captured"))
    assert sorted(told.values_list("type", "correlation_id", "headers")) == [
        ("payments.payment_captured", story, {"request_id": "from-the-bank"}),
        ("payments.read_notice", story, {"request_id": "from-the-bank"}),
    ]


@pytest.mark.parametrize("_by", ["id", "reference"])
def test_the_order_is_known_by_our_id_or_by_theirs(_by: str) -> None:
    payment = a_payment()
    Payment.objects.update(reference="ch_1")
    told = Told("evt_1", "charge.captured", payment.id if _by == "id" else None, "ch_1")

    ((_, order_id),) = InboxNotice.keep(provider="sandbox", told=[told], body=b"", headers={})
    ((_, of_others),) = InboxNotice.keep(provider="stripe", told=[told], body=b"", headers={})

    assert (order_id, of_others) == (payment.order_id, None)


def test_a_webhook_costs_the_request_two_statements_and_a_look_for_its_story() -> None:
    event = an_event(a_payment())

    with CaptureQueriesContext(connection) as asked:
        post(event)

    # A statement that is prepared already is captured without its text: that is how messages are published.
    kinds = [(query["sql"] or "INSERT").split()[0] for query in asked.captured_queries]
    assert kinds == ["BEGIN", "INSERT", "SELECT", "INSERT", "COMMIT"]


def test_a_webhook_that_comes_twice_counts_once() -> None:
    payment = a_payment()

    with published() as messages:
        answers = [post(an_event(payment)) for _ in range(2)]
        drain(twice=True)

    assert answers == [(200, "received")] * 2
    assert InboxNotice.objects.count() == 1
    assert [type(message) for message in messages].count(ReadNotice) == 1
    assert [type(message) for message in messages].count(PaymentCaptured) == 1


def test_sixteen_at_once_are_one(shop_url: str) -> None:
    body = json.dumps(an_event(a_payment())).encode()
    headers = {"Sandbox-Signature": signed(body)}

    def send(_: int) -> int:
        return httpx.post(shop_url + PATH, content=body, headers=headers, trust_env=False).status_code

    with published() as messages, ThreadPoolExecutor(16) as pool:
        assert list(pool.map(send, range(16))) == [200] * 16

    assert messages == [ReadNotice(notice_id=the_notice().id)]


def test_two_secrets_are_live_at_once(settings: Any) -> None:
    settings.SANDBOX_WEBHOOK_SECRETS = ["old", "new"]
    bodies = [json.dumps(an_event(uuid4())).encode() for _ in range(3)]

    answers = [
        post(body, **{"Sandbox-Signature": signed(body, secret)})[0]
        for body, secret in zip(bodies, ["old", "new", "older"], strict=True)
    ]

    assert answers == [200, 200, 401]


STORY = ("challenge", "authorised", "captured")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=st.lists(st.sampled_from(STORY), min_size=1, max_size=6))
def test_in_whichever_order_webhooks_arrive_a_later_state_stays(arrivals: list[str]) -> None:
    payment = a_payment()

    with published() as messages:
        for number, status in enumerate(arrivals):
            post(an_event(payment, status, event_id=f"evt_{payment.id.hex}_{number}"))
            if number % 2:
                drain()
        drain()

    latest = max(arrivals, key=STORY.index)
    told = [type(message) for message in messages]
    assert payment_for(payment.order_id).state == {"challenge": "challenged"}.get(latest, latest)
    assert told.count(PaymentCaptured) == ("captured" in arrivals)
    assert told.count(PaymentChallenged) <= 1
    assert set(InboxNotice.objects.values_list("state", flat=True)) == {"done"}


PARKED: dict[str, tuple[dict[str, Any], str]] = {
    "a kind of tomorrow": (
        {"id": "evt_1", "type": "charge.disputed"},
        "Nobody here understands charge.disputed.",
    ),
    "somebody else's payment": (
        an_event(uuid4()),
        "No payment of this shop is known to sandbox by this notice.",
    ),
}


@pytest.mark.parametrize("case", PARKED)
def test_what_is_valid_and_not_for_us_is_parked(case: str) -> None:
    event, remark = PARKED[case]

    answer = post(event)
    with published() as messages:
        drain()

    assert answer == (200, "received")
    assert state_and_remark() == ("parked", remark)
    assert messages == []


def test_another_processors_payment_is_not_touched() -> None:
    payment = a_payment()
    Payment.objects.update(provider="stripe")

    post(an_event(payment))
    drain()

    assert the_notice().state == "parked"
    assert ledger_of(payment.order_id) == []


FAILED: dict[str, tuple[dict[str, Any], str]] = {
    "another currency": ({"currency": "EUR"}, "GBP and EUR cannot be added"),
    "more than is due": ({"captured": 9999}, "find out there what happened"),
    "more back than taken": ({"refunded": 2000}, "find out there what happened"),
}


@pytest.mark.parametrize("case", FAILED)
def test_what_our_rules_refuse_has_failed_and_says_why(case: str) -> None:
    payment = a_payment()
    fields, sentence = FAILED[case]

    post(an_event(payment, **fields))
    with published() as messages:
        drain()

    state, remark = state_and_remark()
    assert (state, sentence in remark) == ("failed", True)
    assert messages == []
    assert ledger_of(payment.order_id) == []
    assert payment_for(payment.order_id).state == "pending"


def test_a_parked_notice_is_read_again_when_it_can_be_understood() -> None:
    payment_id = uuid4()
    post(an_event(payment_id))
    drain()
    assert the_notice().state == "parked"

    payment = a_payment()
    Payment.objects.filter(pk=payment.pk).update(id=payment_id)
    assert read_notices_again(notice_ids=[the_notice().id, uuid4()]) == 1
    drain()

    assert state_and_remark() == ("done", "")
    assert ledger_of(payment.order_id) == [("captured", 1234)]


def test_a_notice_is_read_again_after_its_secret_is_gone(settings: Any) -> None:
    payment = a_payment()
    Payment.objects.update(provider="stripe")
    post(an_event(payment))
    drain()
    settings.SANDBOX_WEBHOOK_SECRETS = []

    Payment.objects.update(provider="sandbox")
    read_notices_again(notice_ids=[the_notice().id])
    drain()

    assert state_and_remark() == ("done", "")


def test_a_notice_that_is_done_stays_done() -> None:
    payment = a_payment()
    post(an_event(payment))
    drain()
    before = InboxNotice.objects.values().get()

    assert read_notices_again(notice_ids=[the_notice().id]) == 0
    read_notice(notice_id=the_notice().id)

    assert InboxNotice.objects.values().get() == before


def test_a_payment_is_found_by_the_processors_id_where_ours_is_missing(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_1"]
    payment = a_payment()
    Payment.objects.update(provider="stripe", reference="pi_1")
    intent = {"object": "payment_intent", "id": "pi_1", "amount": 1234, "currency": "gbp", "metadata": {}}
    taken = intent | {"status": "succeeded", "amount_received": 1234}
    body = json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": taken}}).encode()

    answer = post(body, path="/payments/webhooks/stripe/", **{"Stripe-Signature": signed(body, "whsec_1")})
    drain()

    assert answer == (200, "received")
    assert the_notice().payment_id is None
    assert ledger_of(payment.order_id) == [("captured", 1234)]
