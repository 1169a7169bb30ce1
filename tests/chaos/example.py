"""The plan that docs/chaos.md explains: the till, its two relays, and what must hold."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import uuid4

from django.core.management import call_command
from django.db import transaction
from django.db.models import Sum

from eventbus import publish
from eventbus.chaos import Bus, Diary, Invariant, Plan, Program
from tests.chaos.till.events import Sold
from tests.chaos.till.models import Banked, Receipt, Sale, TillRow
from tests.chaos.till.projections import Takings


def sell(random: Random, diary: Diary) -> None:
    """One piece of work; it is done again and again, by several threads."""
    with diary.timing("sale"), transaction.atomic():
        sale = Sale.objects.create(id=uuid4(), amount=random.randint(1, 100))
        publish(Sold(till=f"till-{random.randrange(5)}", sale_id=sale.id, amount=sale.amount))


def books() -> Iterator[str]:
    """What does not add up; asked once everything is quiet."""
    sold = Sale.objects.aggregate(total=Sum("amount", default=0))["total"]
    for place, column in ((Banked, "amount"), (Receipt, "amount"), (TillRow, "takings")):
        found = place._default_manager.aggregate(total=Sum(column, default=0))["total"]
        if found != sold:
            yield f"{sold} was sold, and {place.__name__} holds {found}"


def plan() -> Plan:
    """Two relays that are killed and frozen while the tills sell."""
    bus, relay = Bus(), [sys.executable, "manage.py", "relay"]
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    return Plan(
        name="the till",
        prepare=lambda: call_command("migrate", run_syncdb=True, verbosity=0),
        programs=[Program(name=f"relay-{n}", command=relay, folder=folder) for n in (1, 2)],
        act=sell,
        faults=bus.faults(),
        live=bus.invariants(),
        final=[Invariant(name="the books add up", breaches=books), *bus.rebuilds(Takings)],
        under_way=bus.under_way,
        calm_seconds=(0.5, 3.0),
        figures=lambda: {"sales": Sale.objects.count(), "receipts": Receipt.objects.count()},
    )
