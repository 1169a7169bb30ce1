"""What Prometheus reads: from all processes, in a bounded number of queries, by those who may."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from config.observing import metrics
from eventbus import Command, DependencyDown, Event, Reject, backdated, publish
from eventbus.doctor import measuring
from eventbus.models import Breaker, Delivery, Pause, SagaState, Timer
from eventbus.testing import drain
from orders.events import OrderCancelled
from payments.money import Money
from tests.acceptance.processes import eventually, process
from tests.eventbus import toys
from tests.eventbus.toys import Counted
from tests.journeys.shopper import DECLINED, Shopper

pytestmark = pytest.mark.usefixtures("toy_bus")
LATER = timedelta(minutes=2)


def scrape(**headers: str) -> dict[str, float]:
    """Each sample of the page, by its name and labels as they are written there."""
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


class Counts:
    """How much has been counted since it was made: the files of this process go on from test to test."""

    def __init__(self) -> None:
        self.before = scrape()

    def of(self, name: str) -> float:
        return scrape().get(name, 0) - self.before.get(name, 0)


@transaction.atomic
def count(number: int = 1, counter: str = "a") -> None:
    publish(Counted(counter=counter, number=number))


def test_a_bus_at_rest_has_a_number_for_everything_that_could_go_wrong() -> None:
    numbers = scrape()

    assert numbers["eventbus_database_up"] == 1
    assert numbers["eventbus_lag_messages subscription=toys.counters"] == 0
    assert numbers["eventbus_lag_seconds subscription=toys.counters"] == 0
    assert numbers["eventbus_deliveries state=dead subscription=orders.send_mail"] == 0
    assert numbers["eventbus_breaker_open dependency=card processor"] == 0
    assert numbers["eventbus_sagas saga=orders.checkout status=running"] == 0
    assert numbers["eventbus_saga_oldest_seconds saga=orders.checkout"] == 0
    assert numbers["eventbus_relay_leaders"] == numbers["eventbus_timer_overdue_seconds"] == 0


def test_what_waits_is_counted_and_timed() -> None:
    with connection.cursor() as cursor:  # a message published an hour ago, as its id says
        count()
        old = int((timezone.now() - timedelta(hours=1)).timestamp() * 1000)
        cursor.execute(
            "UPDATE eventbus_message SET id = %s",
            [f"{old:012x}"[:8] + f"-{old:012x}"[9:13] + "-7000-8000-000000000001"],
        )
    numbers = scrape()

    assert numbers["eventbus_lag_messages subscription=toys.counters"] == 1
    assert numbers["eventbus_lag_seconds subscription=toys.counters"] == pytest.approx(3600, abs=5)
    assert numbers["eventbus_outbox_age_seconds"] == pytest.approx(3600, abs=5)
    assert numbers["eventbus_log_newest_seconds"] == pytest.approx(3600, abs=5)


def test_deliveries_breakers_sagas_pauses_and_timers_are_told() -> None:
    hour = timezone.now() - timedelta(hours=1)
    count()
    for number, state in enumerate(("waiting", "dead", "dead", "unknown"), 1):
        Delivery.objects.create(
            subscription="toys.listener",
            message_id=number,
            stream=f"s-{number}",
            shard=0,
            state=state,
            due_at=hour,
        )
    Breaker.objects.create(dependency="carrier", failures=4, open_until=timezone.now() + LATER)
    SagaState.objects.create(saga="orders.checkout", key="1", started_at=hour)
    SagaState.objects.create(saga="orders.checkout", key="2", status="completed", started_at=hour - LATER)
    SagaState.objects.create(saga="orders.checkout", key="3", status="resolved", started_at=hour - LATER)
    Pause.objects.create(subscription="toys.counters", actor="me", reason="to see")
    Timer.objects.create(saga="orders.checkout", key="1", due_at=hour, type="x", version=1, data="", cause={})
    numbers = scrape()

    told = {
        state: numbers[f"eventbus_deliveries state={state} subscription=toys.listener"]
        for state in ("waiting", "claimed", "unknown", "dead")
    }
    assert told == {"waiting": 1, "claimed": 0, "unknown": 1, "dead": 2}
    assert numbers["eventbus_overdue_seconds subscription=toys.listener"] == pytest.approx(3600, abs=5)
    assert numbers["eventbus_breaker_open dependency=carrier"] == 1
    assert numbers["eventbus_breaker_failures dependency=carrier"] == 4
    assert numbers["eventbus_sagas saga=orders.checkout status=running"] == 1
    assert numbers["eventbus_sagas saga=orders.checkout status=resolved"] == 1
    assert numbers["eventbus_saga_oldest_seconds saga=orders.checkout"] == pytest.approx(3600, abs=5)
    assert numbers["eventbus_paused subscription=toys.counters"] == 1
    assert numbers["eventbus_timer_overdue_seconds"] == pytest.approx(3600, abs=5)


def test_messages_are_counted_once_they_are_committed() -> None:
    counts = Counts()
    count()
    with transaction.atomic():
        publish(Counted(counter="a", number=2))
        transaction.set_rollback(True)
    drain()

    assert counts.of("eventbus_published_total type=toys.counted") == 1
    assert counts.of("eventbus_handled_total subscription=toys.counters") == 1
    assert counts.of("eventbus_latency_seconds_count subscription=toys.counters") == 1
    assert counts.of("eventbus_latency_seconds_bucket le=10.0 subscription=toys.counters") == 1
    assert counts.of("eventbus_work_seconds_count subscription=toys.counters") == 1


def test_of_a_large_batch_all_are_counted_and_some_timed() -> None:
    counts = Counts()
    with transaction.atomic():
        publish(*(Counted(counter="a", number=number) for number in range(100)))
    drain()

    assert counts.of("eventbus_handled_total subscription=toys.counters") == 100
    assert counts.of("eventbus_work_seconds_count subscription=toys.counters") == 1
    timed = counts.of("eventbus_latency_seconds_count subscription=toys.counters")
    assert timed == len(range(100)[:: -(-100 // metrics.SAMPLES)]) == 15


@pytest.mark.parametrize(
    ("_error", "_outcome"),
    [(ValueError("no"), "retry"), (Reject("never"), "dead"), (DependencyDown("x"), "dependency_down")],
)
def test_attempts_in_vain_are_counted_by_what_becomes_of_them(_error: Exception, _outcome: str) -> None:
    def fail(message: Event | Command) -> None:
        raise _error

    counts = Counts()
    toys.behaviour["listener"] = fail
    count()
    drain()

    assert counts.of(f"eventbus_failed_total outcome={_outcome} subscription=toys.listener") == 1
    assert counts.of("eventbus_handled_total subscription=toys.listener") == 0


def test_checkouts_are_counted_by_their_outcome(shopper: Shopper) -> None:
    counts = Counts()
    shopper.pick("BOWL")
    shopper.order()
    shopper.pick("CANDLE")
    shopper.order(card_number=DECLINED)
    drain()

    assert counts.of("shop_checkouts_total outcome=placed") == 2
    assert counts.of("shop_checkouts_total outcome=confirmed") == 1
    assert counts.of("shop_checkouts_total outcome=card_declined") == 1


def test_history_that_is_imported_is_no_checkout_and_strange_reasons_are_one() -> None:
    money = Money.zero("GBP")

    def cancelled(reason: str) -> OrderCancelled:
        return OrderCancelled(
            order_id=uuid4(), reason=reason, message="", refund=money, cancelled_at=timezone.now()
        )

    counts = Counts()
    with backdated(timezone.now()), transaction.atomic():
        publish(cancelled("out_of_stock"))
    with transaction.atomic():
        publish(cancelled("Sorry, £5!"))

    assert counts.of("shop_checkouts_total outcome=out_of_stock") == 0
    assert counts.of("shop_checkouts_total outcome=other") == 1


def test_requests_are_counted_by_route_and_never_by_address(shopper: Shopper) -> None:
    counts = Counts()
    shopper.see("/product/no-such-thing/")
    shopper.see("/nowhere/at/all/")
    shopper.client.generic("BREW", "/")

    found = "http_request_duration_seconds_count code=404 method=GET route=/product/<slug:slug>/"
    assert counts.of(found) == 1
    assert counts.of("http_request_duration_seconds_count code=404 method=GET route=-") == 1
    assert not [name for name in scrape() if "no-such-thing" in name or "nowhere" in name or "BREW" in name]


def test_a_scrape_is_a_handful_of_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    count()
    with django_assert_num_queries(6):
        scrape()


def test_open_sagas_are_counted_without_reading_those_that_ended() -> None:
    ended = (SagaState(saga="orders.checkout", key=str(key), status="completed") for key in range(5_000))
    SagaState.objects.bulk_create(ended)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE eventbus_sagastate")
        cursor.execute(f"EXPLAIN {measuring._SAGAS}")
        plan = str(cursor.fetchall())

    assert "eventbus_saga_open" in plan
    assert "Seq Scan" not in plan


def test_who_has_no_token_sees_nothing(settings: Settings) -> None:
    settings.METRICS_TOKEN = "a-long-secret"

    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer a-long-secre"}).status_code == 404
    assert scrape(authorization="Bearer a-long-secret")["eventbus_database_up"] == 1


def test_without_a_token_only_this_machine_reads_and_never_in_production(settings: Settings) -> None:
    assert Client().get("/metrics", REMOTE_ADDR="10.0.0.7").status_code == 404
    assert Client().get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404
    settings.PRODUCTION = True
    assert Client().get("/metrics").status_code == 404


def test_a_database_that_is_away_is_a_number_too() -> None:
    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(connection.settings_dict, "PORT", 1)
        numbers = scrape()
    connection.close()

    assert numbers["eventbus_database_up"] == 0
    assert not [name for name in numbers if name.startswith("eventbus_lag")]


PUBLISHES = """
import django; django.setup()
from django.db import transaction
from eventbus import drain, publish
from tests.eventbus.toys import Counted
for number in range({number}):
    with transaction.atomic():
        publish(Counted(counter="p", number=number))
"""


def test_what_several_processes_count_comes_together(tmp_path: Path) -> None:
    counts, log = Counts(), tmp_path / "log"
    settings = "config.testing"
    with (
        process("-c", PUBLISHES.format(number=3), log=log, settings=settings) as one,
        process("-c", PUBLISHES.format(number=4), log=log, settings=settings) as other,
    ):
        eventually(lambda: one.poll() is not None and other.poll() is not None, log)
    count()

    assert counts.of("eventbus_published_total type=toys.counted") == 8, log.read_text()
    files = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob("counter_*.db")
    assert {f"counter_{pid}.db" for pid in (one.pid, other.pid, os.getpid())} <= {file.name for file in files}
