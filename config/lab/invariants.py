"""What must hold, looked at live, each with what was counted.

Counting may take a second where a year of sales was imported; so whoever looks again at once gets what was
counted for the one before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from time import perf_counter
from uuid import UUID

from django.utils import timezone

from config.lab.models import Run
from eventbus import vital_signs
from inventory import queries as inventory
from orders import queries as orders
from payments import queries as payments

FRESH_SECONDS = 0.7
RESTING_FACTOR = 2
RECENT_RUNS = 2
ENDINGS = ("shipped", "cancelled")
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise. `state`: holds, moving (true, and something is under way) or broken."""

    name: str
    state: str
    says: str


@dataclass(frozen=True, slots=True)
class Look:
    """All promises at one moment."""

    invariants: tuple[Invariant, ...]
    at: str
    until: float


_last: list[Look] = []


def look() -> Look:
    """What holds now, or did a moment ago."""
    with _lock:
        if not _last or perf_counter() > _last[0].until:
            began = perf_counter()
            found = tuple(_all())
            took = perf_counter() - began
            at = f"{timezone.localtime():%H:%M:%S}"
            _last[:] = [Look(found, at, perf_counter() + max(FRESH_SECONDS, RESTING_FACTOR * took))]
        return _last[0]


def _all() -> Iterator[Invariant]:
    wrong_stock, ledgers = inventory.ledger_differences(), payments.ledger_differences()
    runs = list(Run.objects.order_by("-pk")[:RECENT_RUNS])
    recent = [orders.order_state(UUID(order_id)) for run in runs for order_id in run.orders]
    # While a run is under way, what is given back may still be on its way.
    settled = all(run.finished_at for run in runs)
    wrong_books = [*ledgers, *(_wrong_books(recent) if settled else ())]
    signs = vital_signs()
    unended = sum(order.state not in ENDINGS for order in recent)
    unread = sum(int(sign.number) for sign in signs if sign.check == "lag")
    dead = sum(int(sign.number) for sign in signs if sign.check == "dead letters")
    yield _agrees("No unit is sold twice", wrong_stock, "Counters, ledger and reservations agree.")
    yield _agrees("The books agree", wrong_books, "Every charge is in the ledger, and owed.")
    yield _moves("Every order ends", unended, "order", "All of the lab's orders have ended.")
    yield _moves("Nothing is lost", unread, "delivery", "Every subscription has read all there is.")
    yield _agrees("Nothing is doubled", list(_doubled(recent)), "One charge and one mail of each kind.")
    yield _moves("A failure stays alone", dead, "dead letter", "Nothing waits for a person's decision.")


def _agrees(name: str, wrong: Sequence[object], says: str) -> Invariant:
    return Invariant(name, "broken" if wrong else "holds", f"{wrong[0]}" if wrong else says)


def _moves(name: str, number: int, noun: str, says: str) -> Invariant:
    nouns = noun if number == 1 else f"{noun.removesuffix('y')}ies" if noun.endswith("y") else f"{noun}s"
    return Invariant(name, "moving" if number else "holds", f"{number:,} {nouns}." if number else says)


def _wrong_books(recent: list[orders.OrderState]) -> Iterator[str]:
    for order in recent:
        due = {"shipped": order.total.amount, "cancelled": 0}.get(order.state)
        payment = payments.payment_of(order.order_id)
        held = payment.captured.amount - payment.refunded.amount if payment else 0
        if due is not None and held != due and not order.refunded.amount:
            yield f"{order.number}: {held} held, {due} due."


def _doubled(recent: list[orders.OrderState]) -> Iterator[str]:
    for order in recent:
        subjects = [mail.subject for mail in orders.mails_about(order.order_id)]
        if len(subjects) != len(set(subjects)):
            yield f"{order.number}: a mail was sent twice."
