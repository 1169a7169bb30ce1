"""The shop's plan: everything it runs on is killed while people shop. `make chaos`."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from catalog.projections import CatalogListing
from config.local import processes, running
from config.local.services import Services
from config.local.state import State
from eventbus.chaos import Bus, Plan, Program
from orders import services as orders
from orders.events import Address, CustomerSnapshot
from orders.models import Order
from orders.projections import OrderHistory, SalesByDay
from payments.services import tokenise
from tests.chaos import books
from tests.chaos.apps import WITNESS
from tests.chaos.books import Books
from tests.chaos.servers import PrivatePostgres, PrivateRedis, PrivateServer
from tests.chaos.shelves import PLENTY, fill_shelves
from tests.chaos.shopping import Shoppers, Told

ROOT = Path(__file__).resolve().parents[2]
EXTERNAL_FROZEN = (1.0, 12.0)


def plan() -> Plan:
    """The shop on servers of its own; `make chaos` starts it with an environment that has no others."""
    return Shop(State(settings.STATE_DIR)).plan()


@dataclass
class Shop:
    """The shop on private servers of one state folder."""

    state: State
    bus: Bus = field(default_factory=lambda: Bus(spare=[WITNESS]))
    port: int = field(default_factory=processes.free_port)
    sandbox_port: int = field(default_factory=processes.free_port)

    def plan(self) -> Plan:
        """Everything that a chaos run needs to know."""
        services = Services(self.state)
        postgres, redis = PrivatePostgres(services), PrivateRedis(services)
        shoppers, folder = Shoppers(self.address), self.state.directory
        ledger = Books(shoppers, folder / "sandbox.sqlite3", folder / "mails")
        return Plan(
            name="the shop",
            servers=[postgres, redis],
            prepare=_fill_the_shop,
            programs=self.programs(postgres, redis),
            act=shoppers.shop,
            idle=lambda: _order_slowly(shoppers),
            faults=self.bus.faults(),
            live=[*books.live(), *self.bus.invariants()],
            final=[*ledger.final(), *self.bus.rebuilds(OrderHistory, SalesByDay, CatalogListing)],
            under_way=self._under_way,
            once_more=self.bus.deliver_all_again,
            needs=["web", "postgres"],
            threads=8,
            calm_seconds=(3.0, 12.0),
            figures=lambda: self._figures(shoppers),
        )

    @property
    def address(self) -> str:
        """Where the storefront is."""
        return f"http://{processes.LOOPBACK}:{self.port}"

    def programs(self, postgres: PrivateServer, redis: PrivateServer) -> list[Program]:
        """Every process of the shop, in the order in which they start."""
        commands = running.commands(self.port, self.sandbox_port)
        wanted = ["sandbox", "web", "relay", "relay", "clock", "worker", "external"]
        names = ["sandbox", "web", "relay-1", "relay-2", "clock", "worker", "external"]
        environment = self.environment(postgres, redis)
        return [
            Program(
                name=name,
                command=shlex.split(commands[command]),
                folder=self.state.folder("pids"),
                cwd=ROOT,
                environment=environment,
                ready=self._web_answers if name == "web" else lambda: True,
                freeze_seconds=EXTERNAL_FROZEN if name == "external" else (0.5, 5.0),
            )
            for name, command in zip(names, wanted, strict=True)
        ]

    def environment(self, postgres: PrivateServer, redis: PrivateServer) -> dict[str, str]:
        """What they find in their environment."""
        return {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "SANDBOX_URL": f"http://{processes.LOOPBACK}:{self.sandbox_port}",
            # Where the sandbox sends its webhooks.
            "SITE_URL": self.address,
            # Whoever shops reads the order's id from the link that the web has signed.
            "SECRET_KEY": settings.SECRET_KEY,
            "SHOP_STATE": str(self.state.directory),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": running.QUIET,
        }

    def _web_answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _under_way(self) -> Iterator[str]:
        yield from self.bus.under_way()
        open_orders = Order.objects.exclude(state__in=["shipped", "cancelled"]).values_list("id", "state")
        yield from (f"order {order_id} is {state}" for order_id, state in open_orders[:3])

    def _figures(self, shoppers: Shoppers) -> Mapping[str, Any]:
        endings = Counter(f"{o.state} {o.reason}".strip() for o in Order.objects.all())
        return {
            "orders placed": len(shoppers.told),
            "how they ended": ", ".join(f"{count} {ending}" for ending, count in endings.most_common()),
            "delivered again": f"{self.bus.repeats}, of which {self.bus.refused_repeats} refused",
        }


def _fill_the_shop() -> None:
    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)
    fill_shelves()


def _order_slowly(shoppers: Shoppers) -> None:
    """Place an order in a transaction that will be open for long; its shopper hears of it at the commit."""
    cart_id = orders.create_cart()
    orders.add_to_cart(cart_id=cart_id, sku=PLENTY[0], quantity=1)
    order_id = orders.place_order(
        cart_id=cart_id,
        customer=CustomerSnapshot(name="Slow Ada", email="slow@example.com"),
        address=Address(line1="1 Long Lane", line2="", city="Bristol", postcode="BS1 4DJ"),
        card_token=tokenise("4242 4242 4242 4242"),
    )
    total = Order.objects.get(pk=order_id).total_amount
    told = Told(order_id, "pays", {PLENTY[0]: 1}, total)
    transaction.on_commit(lambda: shoppers.note(told))
