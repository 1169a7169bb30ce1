"""Every experiment, in the order of the page, with what a visitor is told of it."""

from django.conf import settings

from config.lab import breaking, experiments
from config.lab.experiments import Experiment


def _no_sandbox() -> str:
    if settings.STRIPE_SECRET_KEY:
        return "Cards are charged by Stripe here, which nobody can take down from a web page."
    return "" if breaking.sandbox_answers() else "The sandbox does not answer: `make run` starts it."


def _no_worker() -> str:
    if breaking.worker_pid():
        return ""
    return "No worker process is supervised here: open the shop with `make run`."


EXPERIMENTS = (
    Experiment(
        slug="last-one",
        title="Sell the last one twice",
        button="Sell it to both",
        story="One lantern is left. Two buyers have it in their baskets, and press “Pay” at the same moment.",
        expect=(
            "Both orders are taken: nobody waits at the till.",
            "One is shipped. The other is cancelled as sold out, and its card is never charged.",
        ),
        act=experiments.sell_the_last_one_twice,
    ),
    Experiment(
        slug="declined",
        title="Decline a card",
        button="Pay with a bad card",
        story="A lantern is reserved for a buyer, whose bank then refuses the card.",
        expect=(
            "What was done is undone in reverse: the lantern is back on the shelf.",
            "The order ends, and its shopper reads why, once.",
        ),
        act=experiments.decline_a_card,
    ),
    Experiment(
        slug="processor",
        title="Take the card processor down",
        button="Pull its plug",
        story="The card processor answers 503 to everything while three people pay. Then it comes back.",
        expect=(
            "Orders are taken and wait. After a few failures a breaker opens, and nothing is sent its way.",
            "When it is back, a probe finds out, and everybody pays: once.",
        ),
        act=experiments.take_the_processor_down,
        missing=_no_sandbox,
    ),
    Experiment(
        slug="carrier",
        title="Take the carrier down",
        button="Close the depot",
        story="Three orders are paid, and nobody comes for the parcels. Then the carrier opens again.",
        expect=(
            "The orders are confirmed and wait for a parcel; no money goes back and forth.",
            "When the carrier is back, all of them leave.",
        ),
        act=experiments.take_the_carrier_down,
        missing=_no_sandbox,
    ),
    Experiment(
        slug="worker",
        title="Stop a worker",
        button="Freeze and kill it",
        story="The process that delivers is frozen in the middle of its work, and its children are killed.",
        expect=(
            "Orders are taken all the same: their messages are in the log, in the same transaction.",
            "When the worker goes on, nothing is missing, and nothing was done twice.",
        ),
        act=experiments.stop_a_worker,
        missing=_no_worker,
    ),
    Experiment(
        slug="twice",
        title="Deliver every message twice",
        button="Deliver them again",
        story="Three orders are shipped. Then every message of theirs reaches every handler a second time.",
        expect=(
            "The processor and the carrier know the message's id, and do nothing new.",
            "No mail leaves again; what cannot be done twice refuses. Shelf and money are the same.",
        ),
        act=experiments.deliver_twice,
    ),
    Experiment(
        slug="poison",
        title="Publish a poison message",
        button="Poison an order",
        story="Somewhere a bug asks for an unpaid order to be shipped. No retry can ever help that message.",
        expect=(
            "It becomes a dead letter. Only what belongs to the same order waits behind it.",
            "Everybody else's order goes on. A person discards it with a reason, and the order ships.",
        ),
        act=experiments.publish_poison,
    ),
    Experiment(
        slug="rebuild",
        title="Rebuild a read model under traffic",
        button="Rebuild it now",
        story="The table behind the order lists is folded anew from the start while six people order.",
        expect=(
            "The shop stays open: the new rows are built aside, catch up, and are swapped in at once.",
            "Afterwards the rows equal those that the log gives.",
        ),
        act=experiments.rebuild_under_traffic,
    ),
)
BY_SLUG = {experiment.slug: experiment for experiment in EXPERIMENTS}
