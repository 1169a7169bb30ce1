"""A dependency that is down: nobody calls it, one probes, and everything flows once it answers."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from eventbus import Command, DependencyDown, Event, Reject, handles, send
from eventbus.breakers import FAILURES_TO_OPEN
from eventbus.errors import DefinitionError
from eventbus.external import Lease, call_out, claim, give_back
from eventbus.lanes import deliver_lane
from eventbus.models import Breaker, Delivery
from eventbus.subscriptions import subscription
from eventbus.testing import drain
from eventbus.watching import lanes_due
from tests.eventbus import toys
from tests.eventbus.callers import Book, CallOff, Print

pytestmark = pytest.mark.usefixtures("toy_bus")
CARRIER = "toy carrier"


@transaction.atomic
def ask(*commands: Command) -> None:
    send(*commands)


def book(*parcels: str) -> None:
    ask(*(Book(parcel=parcel) for parcel in parcels))


def set_aside(name: str = "toys.book") -> None:
    """Bring the messages as far as their deliveries, without calling out."""
    list(deliver_lane(subscription(name), 0, timezone.now()))


def down(message: Event | Command, who: str = CARRIER) -> None:
    raise DependencyDown(who)


def take_down(now: datetime) -> Breaker:
    """Let the carrier fail until its breaker opens, at the cost of one parcel for each failure."""
    toys.behaviour["book"] = down
    book(*(f"lost {number}" for number in range(FAILURES_TO_OPEN)))
    drain(now)
    toys.behaviour.clear()
    toys.handled.clear()
    return Breaker.objects.get()


def parcels() -> list[str]:
    return [m.parcel for m in toys.handled if isinstance(m, Book | CallOff | Print)]


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every delay is as long as it can be."""
    monkeypatch.setattr("random.uniform", lambda low, high: high)


@pytest.fixture
def now() -> datetime:
    """A moment after everything that the test publishes."""
    return timezone.now() + timedelta(minutes=1)


def test_a_few_failures_in_a_row_open_the_breaker_for_all_who_call_that_dependency(now: datetime) -> None:
    toys.behaviour["book"] = down
    book("a", "b", "c", "d")
    drain(now)
    ask(CallOff(parcel="e"), Print(parcel="f"))
    drain(now)

    breaker = Breaker.objects.get()
    assert (breaker.dependency, breaker.failures, breaker.error) == (CARRIER, 3, CARRIER)
    assert parcels() == ["a", "b", "c", "f"]
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


def test_a_dependency_that_answers_in_between_is_not_down(now: datetime) -> None:
    def every_other(message: Event | Command) -> None:
        if len(toys.handled) % FAILURES_TO_OPEN:
            raise DependencyDown(CARRIER)

    toys.behaviour["book"] = every_other
    book(*"abcdefghi")
    drain(now)

    assert parcels() == list("abcdefghi")
    assert Delivery.objects.count() == 6
    assert (Breaker.objects.get().failures, Breaker.objects.get().open_until) == (0, None)


def test_one_message_that_fails_again_and_again_does_not_stop_the_others(now: datetime) -> None:
    toys.behaviour["book"] = down
    book("a")
    for minutes in range(10):
        drain(now + timedelta(minutes=minutes))

    assert parcels() == ["a"] * 10
    assert Breaker.objects.values_list("failures", "open_until").get() == (1, None)


def test_an_open_breaker_wakes_nobody_until_its_time_is_over(now: datetime) -> None:
    breaker = take_down(now)
    assert breaker.open_until is not None
    ask(CallOff(parcel="a"), Print(parcel="b"))
    set_aside("toys.call_off")
    set_aside("toys.print")

    assert lanes_due(breaker.open_until - timedelta(microseconds=1)) == {("toys.print", 0)}
    assert lanes_due(breaker.open_until) == {("toys.book", 0), ("toys.call_off", 0), ("toys.print", 0)}
    assert claim(subscription("toys.book"), breaker.open_until - timedelta(microseconds=1)) is None


def test_when_the_time_is_over_one_delivery_probes_and_its_answer_lets_everything_flow(now: datetime) -> None:
    breaker = take_down(now)
    assert breaker.open_until is not None
    called = []

    def look(message: Event | Command) -> None:
        called.append(claim(subscription("toys.call_off"), breaker.open_until or now) is None)

    toys.behaviour["book"] = look
    ask(CallOff(parcel="x"))
    set_aside("toys.call_off")
    worn_out = Delivery.objects.filter(stream="parcel-lost 1")
    worn_out.update(outages=9, due_at=breaker.open_until + timedelta(seconds=30))
    probing = call_out(subscription("toys.book"), breaker.open_until)
    next(probing)
    probing.close()

    assert called == [True]
    closed = Breaker.objects.get()
    assert closed.open_until is None
    toys.behaviour.clear()
    assert set(Delivery.objects.values_list("outages", flat=True)) == {0}
    drain(closed.updated_at)
    assert sorted(parcels()) == ["lost 0", "lost 1", "lost 2", "x"]
    assert not Delivery.objects.exists()


def test_a_probe_that_fails_opens_the_breaker_for_longer(now: datetime) -> None:
    toys.behaviour["book"] = down
    book("a", "b", "c", "d")
    spans = []
    for _ in range(8):
        drain(now)
        breaker = Breaker.objects.get()
        assert breaker.open_until is not None
        spans.append((breaker.open_until - breaker.updated_at).total_seconds())
        now = breaker.open_until

    assert spans == [1, 2, 4, 8, 16, 30, 30, 30]
    assert parcels() == ["a", "b", "c", "d", "a", "b", "c", "d", "a", "b"]


def probe_at(now: datetime) -> Lease:
    lease = claim(subscription("toys.book"), now)
    assert lease is not None
    assert lease.probe is not None
    return lease


@pytest.mark.parametrize(
    "failure", [ValueError("a bug"), Reject("no such parcel"), DependencyDown("toys.print")]
)
def test_a_probe_that_tells_nothing_of_the_dependency_leaves_it_to_the_next(
    now: datetime, failure: Exception
) -> None:
    breaker = take_down(now)
    assert breaker.open_until is not None
    first = probe_at(breaker.open_until)

    give_back(subscription("toys.book"), first, failure, breaker.open_until)

    second = probe_at(breaker.open_until)
    assert second.delivery_id != first.delivery_id
    assert Breaker.objects.get(pk=CARRIER).failures == FAILURES_TO_OPEN


def test_a_probe_whose_worker_died_is_followed_by_another(now: datetime) -> None:
    breaker = take_down(now)
    assert breaker.open_until is not None
    dead = probe_at(breaker.open_until)
    assert dead.probe is not None

    assert claim(subscription("toys.book"), dead.probe - timedelta(microseconds=1)) is None
    assert probe_at(dead.probe).probe != dead.probe


def test_failures_of_calls_that_began_before_it_opened_do_not_open_it_for_longer(now: datetime) -> None:
    book("slow")
    set_aside()
    slow = claim(subscription("toys.book"), now)
    assert slow is not None
    breaker = take_down(now)
    assert breaker.open_until is not None

    give_back(subscription("toys.book"), slow, DependencyDown(CARRIER), now)

    assert Breaker.objects.get().failures == breaker.failures
    assert Delivery.objects.get(pk=slow.delivery_id).due_at == breaker.open_until


def test_an_answer_to_a_call_that_began_before_it_opened_does_not_close_it(now: datetime) -> None:
    toys.behaviour["book"] = down
    book("a")
    drain(now)

    def fail_meanwhile(message: Event | Command) -> None:
        toys.behaviour["book"] = down
        list(call_out(subscription("toys.book"), now + timedelta(hours=1)))
        breaker.append(Breaker.objects.get().open_until)

    breaker: list[datetime | None] = []
    toys.behaviour["book"] = fail_meanwhile
    book("b", "c", "d", "e")
    set_aside()
    slow = call_out(subscription("toys.book"), now)
    next(slow)
    slow.close()

    assert breaker[0] is not None
    assert Breaker.objects.get().open_until == breaker[0]


@pytest.mark.parametrize(("named", "counted"), [("toys.print", "toys.print"), ("who knows", CARRIER)])
def test_a_failure_counts_against_the_dependency_it_names_where_somebody_calls_that(
    now: datetime, named: str, counted: str
) -> None:
    toys.behaviour["book"] = lambda message: down(message, named)
    book("a")

    drain(now)

    assert [(b.dependency, b.failures) for b in Breaker.objects.all()] == [(counted, 1)]
    assert Delivery.objects.get().error == f"DependencyDown: {named}"


def test_an_outage_longer_than_all_attempts_leaves_no_dead_letter_and_drains_in_order(now: datetime) -> None:
    toys.behaviour["book"] = down
    ask(*(Book(parcel="a") for _ in range(3)), Book(parcel="b"))
    for minutes in range(30):
        drain(now + timedelta(minutes=minutes))
    assert set(Delivery.objects.values_list("state", "attempts")) == {("waiting", 0)}
    toys.behaviour.clear()
    toys.handled.clear()

    drain(now + timedelta(minutes=31))

    assert sorted(parcels()) == ["a", "a", "a", "b"]
    assert not Delivery.objects.exists()


def test_the_healthy_path_pays_nothing_for_the_breaker(now: datetime) -> None:
    book("a", "b")
    set_aside()
    statements: list[str] = []

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        statements.append(sql.split(maxsplit=1)[0])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        list(call_out(subscription("toys.book"), now))

    assert statements == ["WITH", "DELETE", "WITH", "DELETE", "WITH"]


def test_of_two_workers_one_probes(now: datetime) -> None:
    breaker = take_down(now)
    assert breaker.open_until is not None
    probes: list[Lease | None] = []

    def rival() -> None:
        probes.append(claim(subscription("toys.book"), breaker.open_until or now))
        connection.close()

    with transaction.atomic():
        probes.append(claim(subscription("toys.book"), breaker.open_until))
        worker = threading.Thread(target=rival)
        worker.start()
        wait_until_blocked()
    worker.join(10)

    assert [bool(lease) for lease in probes] == [True, False]


def wait_until_blocked() -> None:
    """Until another connection waits for a row that this transaction has locked."""
    end = timezone.now() + timedelta(seconds=10)
    while timezone.now() < end:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks "
                "WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits for the breaker's row")


def test_only_an_external_handler_has_a_dependency() -> None:
    def look(command: Book) -> None:
        """Never called."""

    with pytest.raises(
        DefinitionError, match=r"look names a dependency; only an external handler calls out\.$"
    ):
        handles(dependency=CARRIER)(look)
