"""Write the rows of orders anew from their events, or compare them."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from orders.errors import OrderNumberUnknown
from orders.queries import order_by_number
from orders.services import folding

INTERRUPTED = 130
_AT_ONCE = 200
_SHOWN = 20


class Command(BaseCommand):
    """Each batch of rows is dropped and folded back in one transaction, while the shop is open."""

    help = (
        "Drop the rows of orders and fold them back from their events: of the orders named, of --all, "
        "or, without either, of those whose row is missing or has the columns of another release."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which orders, and whether to write."""
        parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="an order number, 7KQ4-9MXR-2C8T")
        parser.add_argument("--all", action="store_true", help="every order")
        parser.add_argument("--after", type=UUID, metavar="ID", help="go on with --all behind this order")
        parser.add_argument(
            "--check",
            action="store_true",
            help="compare field by field, write nothing, exit 1 on a difference",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild or compare, and say what was found."""
        chosen = _chosen(options)
        if options["check"]:
            self._check(chosen)
        else:
            self._rebuild(chosen)

    def _check(self, chosen: Iterable[UUID]) -> None:
        found: list[str] = []
        compared = 0
        with self._bar() as bar:
            for order_id in chosen:
                found += map(str, folding.differences(order_id))
                compared += 1
                bar.update()
        if found:
            self.stdout.write("\n".join(found[:_SHOWN]))
            raise CommandError(f"{len(found)} differences in {compared} orders.")
        self.stdout.write(f"{compared} orders: every row is what its events add up to.")

    def _rebuild(self, chosen: Iterable[UUID]) -> None:
        done, left = 0, dict[UUID, str]()
        last: UUID | None = None
        with self._bar() as bar:
            try:
                for batch in _batches(chosen):
                    left |= folding.rebuild_orders(batch)
                    last, done = batch[-1], done + len(batch)
                    bar.update(len(batch))
            except KeyboardInterrupt:
                bar.close()
                behind = f" --after {last}" if last else ""
                raise CommandError(
                    f"Stopped; every row is whole. Go on with: --all{behind}", returncode=INTERRUPTED
                ) from None
        for reason in left.values():
            self.stderr.write(f"Left as it is: {reason}")
        self.stdout.write(f"{done - len(left)} orders rebuilt from their events.")

    def _bar(self) -> "tqdm[Any]":
        return tqdm(unit=" orders", file=self.stderr, leave=False, disable=None)


def _chosen(options: dict[str, Any]) -> Iterable[UUID]:
    if options["numbers"]:
        try:
            return [order_by_number(number) for number in options["numbers"]]
        except OrderNumberUnknown as unknown:
            raise CommandError(str(unknown)) from unknown
    if options["all"] or options["after"] or options["check"]:
        return folding.every_order(after=options["after"])
    return folding.stale()


def _batches(chosen: Iterable[UUID]) -> Iterator[list[UUID]]:
    remaining = iter(chosen)
    while batch := list(islice(remaining, _AT_ONCE)):
        yield batch
