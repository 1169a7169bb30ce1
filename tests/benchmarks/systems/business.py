"""A business transaction through the ORM, and what publishing one message adds to it."""

from statistics import median
from time import perf_counter

from django.db import transaction
from django.db.models import F

from tests.benchmarks.models import Sale, Shelf
from tests.benchmarks.systems.contract import Count, system

SHELVES = 100
IDLE_SHELF = "idle"


def sell(number: int, sku: str = "") -> None:
    """One INSERT and one UPDATE."""
    sku = sku or f"sku{number % SHELVES}"
    Sale.objects.create(sku=sku, quantity=1, pence=1999)
    Shelf.objects.filter(sku=sku).update(stock=F("stock") - 1)


def stock_shelves() -> None:
    """The rows that the business transactions change."""
    names = [IDLE_SHELF, *(f"sku{number}" for number in range(SHELVES))]
    Shelf.objects.bulk_create([Shelf(sku=sku, stock=1_000_000) for sku in names])


def publishing(transactions: int) -> dict[str, float]:
    """Seconds (medians) of the business transaction alone and with a message.

    The two take turns, and take turns at being first, so that whatever else the machine does falls on both.
    """
    alone: list[float] = []
    publishing: list[float] = []
    for number in range(transactions):
        for publishes in (False, True) if number % 2 else (True, False):
            (publishing if publishes else alone).append(_seconds(number, publishes=publishes))
    return {"alone": median(alone), "publishing": median(publishing), "messages": transactions}


def _seconds(number: int, *, publishes: bool) -> float:
    start = perf_counter()
    with transaction.atomic():
        sell(number)
        if publishes:
            system().publish(Count(f"p{number}", number))
    return perf_counter() - start
