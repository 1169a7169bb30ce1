"""The experiments: each really does what it says, waits for what comes of it, and checks what must hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import StringIO
from uuid import UUID

from django.core.management import call_command
from django.db import connection

from config.lab import breaking
from config.lab.bench import Bench, Placed
from config.lab.breaking import Machine
from eventbus import chaos, examine, send
from orders.commands import ShipOrder
from orders.queries import OrderStatus, mails_about, order_status
from payments.queries import payment_of

PROJECTION = "orders.order_history"
OUTAGE_SHOWN_SECONDS = 2
FROZEN_SECONDS = 3


def nothing_missing() -> str:
    """What keeps an experiment from being run here; nothing."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One thing that a visitor can do to the shop.

    missing: why it cannot be done here and now; "" when it can.
    """

    slug: str
    title: str
    button: str
    story: str
    expect: tuple[str, ...]
    act: Callable[[Bench], None]
    missing: Callable[[], str] = nothing_missing


def sell_the_last_one_twice(bench: Bench) -> None:
    """Two buyers, one lantern."""
    bench.shelve(1)
    endings = bench.until_ended(bench.order(2))
    shipped = [ending for ending in endings if ending.state == "shipped"]
    refused = [ending for ending in endings if ending.reason == "out_of_stock"]
    paid = [ending for ending in endings if held_for(ending)]
    bench.check("One buyer got it", len(shipped) == 1, f"{len(shipped)} of 2 orders shipped.")
    bench.check("The other was told", len(refused) == 1, f"{len(refused)} of 2 cancelled as sold out.")
    bench.check_shelf("No unit is sold twice")
    bench.check("Only who gets it pays", paid == shipped, f"{len(paid)} of 2 cards charged.")


def decline_a_card(bench: Bench) -> None:
    """A card that the bank refuses."""
    bench.shelve(1)
    (ending,) = bench.until_ended(bench.order(card="tok_declined"))
    bench.settle()
    mails, left = mails_about(ending.order_id), bench.stock.available
    told = f"{len(mails)} mail: “{mails[0].subject}”." if mails else "No mail."
    bench.check("The order ended", ending.reason == "card_declined", ending.headline)
    bench.check("The lantern is back on the shelf", left == 1, f"{left} available.")
    bench.check("No money was taken", not held_for(ending), "The processor holds nothing.")
    bench.check("The shopper was told, once", len(mails) == 1, told)


def take_the_processor_down(bench: Bench) -> None:
    """No card can be charged for a while."""
    _outage(bench, "processor", "card processor")


def take_the_carrier_down(bench: Bench) -> None:
    """No parcel can be booked for a while."""
    _outage(bench, "carrier", "carrier")


def _outage(bench: Bench, machine: Machine, name: str) -> None:
    bench.shelve(3)
    try:
        breaking.take_down(machine)
        bench.say(f"The {name} is down: it answers 503.")
        orders = bench.order(3)
        bench.until(lambda: bool(_open_breakers(name)), f"an open breaker for the {name}")
        bench.say(f"The bus has noticed: {_open_breakers(name)[0]}")
        bench.rest(OUTAGE_SHOWN_SECONDS)
        waiting = sum(not order.status.finished for order in orders)
        bench.check("Nobody is refused meanwhile", waiting == 3, f"{waiting} of 3 orders wait.")
    finally:
        breaking.bring_up(machine)
    bench.say(f"The {name} works again. Nobody tells the shop: its next probe finds out.")
    endings = bench.until_ended(orders)
    bench.settle()
    bench.check_shipped(endings)
    bench.check("Nothing was done twice", paid_and_told_once(endings), "3 charges; each mail was sent once.")


def _open_breakers(name: str) -> list[str]:
    return [f.means for f in examine() if f.check == "breakers" and f.means.startswith(name) and f.number > 2]


def stop_a_worker(bench: Bench) -> None:
    """The process that delivers is frozen in the middle of its work, and its children are killed."""
    pid = breaking.worker_pid()
    children = breaking.children_of(pid)
    bench.shelve(4)
    caught = bench.order(2)
    with breaking.frozen(pid):
        bench.say(f"Worker {pid} is frozen where it stands, with its {len(children)} children: SIGSTOP.")
        later = bench.order(2)
        bench.rest(FROZEN_SECONDS)
        waiting = sum(not order.status.finished for order in later)
        bench.check("Orders are taken all the same", waiting == 2, f"{waiting} of 2 wait in the log.")
        for child in children:
            breaking.kill(child)
        bench.say(f"Its children {', '.join(map(str, children))} are killed: SIGKILL.")
    bench.say("The worker goes on, and replaces them.")
    endings = bench.until_ended([*caught, *later])
    bench.settle()
    bench.check_shipped(endings)
    bench.check("Nothing was done twice", paid_and_told_once(endings), "4 charges; each mail was sent once.")


def deliver_twice(bench: Bench) -> None:
    """Every message of three orders, once more."""
    bench.shelve(3)
    endings = bench.until_ended(bench.order(3))
    bench.settle()
    before = [effects(ending) for ending in endings]
    again = chaos.deliver_again(bench.stories)
    bench.say(f"{again} deliveries are made a second time: commands, charges, parcels, mails.")
    bench.settle()
    if refused := chaos.dead(bench.stories):
        why = "It came a second time, and was refused as it should be."
        chaos.give_up(refused, actor="the lab", reason=why)
        bench.say(f"{len(refused)} of them were refused: what is done cannot be done again.")
    same = sum(effects(ending) == first for ending, first in zip(endings, before, strict=True))
    bench.check("Money, mails and states are as before", same == 3, f"{same} of 3 orders compared equal.")
    bench.check("Nothing was done twice", paid_and_told_once(endings), "3 charges; each mail was sent once.")
    bench.check_shelf("The shelf is as before")


def publish_poison(bench: Bench) -> None:
    """A request that its handler can never take, in the middle of somebody's order."""
    bench.shelve(3)
    (poisoned,) = bench.order(with_order=_poison)
    bench.say(
        f"Into {poisoned.number} goes a request to ship it before it is paid. No handler can take that."
    )
    endings = bench.until_ended(bench.order(2))
    shipped = sum(ending.state == "shipped" for ending in endings)
    bench.check("Everybody else's order goes on", shipped == 2, f"{shipped} of 2 shipped.")
    bench.until(lambda: bool(_held_back(poisoned)), "the order's own step behind the poison")
    (letter,) = _held_back(poisoned)
    bench.say(f"{letter.subscription} gave it up. {letter.error}")
    waits = f"{letter.behind} message waits behind it, in order."
    bench.check("Only its own order waits", not poisoned.status.finished, waits)
    chaos.give_up([letter], actor="the lab", reason="Poison: nobody should have asked for that.")
    bench.say("A person looks at the dead letter, and discards it with a reason that is kept.")
    bench.check_shipped(bench.until_ended([poisoned]))


def _poison(order_id: UUID) -> None:
    send(ShipOrder(order_id=order_id, tracking_number="POISON"))


def _held_back(order: Placed) -> list[chaos.Letter]:
    return [letter for letter in chaos.dead([order.story]) if letter.behind]


def rebuild_under_traffic(bench: Bench) -> None:
    """A read model is folded anew from the whole log while people order."""
    bench.shelve(6)
    orders = bench.order(2)
    with ThreadPoolExecutor(1) as aside:
        rebuilding = aside.submit(_rebuild)
        bench.say(f"{PROJECTION} is rebuilt from the first message on, beside the live table.")
        while len(orders) < 6:
            orders += bench.order(2)
        bench.say(rebuilding.result())
    bench.check_shipped(bench.until_ended(orders))
    bench.settle()
    differs, said = _compared()
    bench.check("The rows equal the log", not differs, said)


def _rebuild() -> str:
    told = StringIO()
    try:
        call_command("rebuild_projections", PROJECTION, stdout=told, stderr=StringIO())
    finally:
        connection.close()
    return told.getvalue().strip().splitlines()[-1]


def _compared() -> tuple[bool, str]:
    told, differs = StringIO(), False
    try:
        call_command("rebuild_projections", PROJECTION, check=True, stdout=told, stderr=StringIO())
    except SystemExit:
        differs = True
    return differs, told.getvalue().strip().splitlines()[-1]


def held_for(ending: OrderStatus) -> int:
    """The money that the shop holds for an order, in pence."""
    payment = payment_of(ending.order_id)
    return payment.captured.amount - payment.refunded.amount if payment else 0


def effects(ending: OrderStatus) -> tuple[object, ...]:
    """All that delivering an order's messages has brought about."""
    now = order_status(ending.order_id)
    mails = [(mail.recipient, mail.subject, mail.sent_at) for mail in mails_about(ending.order_id)]
    return held_for(now), mails, now.state, now.tracking_number


def paid_and_told_once(endings: list[OrderStatus]) -> bool:
    """Whether the shop holds each order's total, and has sent each kind of mail once."""
    for ending in endings:
        subjects = [mail.subject for mail in mails_about(ending.order_id)]
        if held_for(ending) != ending.total.amount or len(subjects) != len(set(subjects)) or not subjects:
            return False
    return True
