"""The lab: where it is, and what it does when things go wrong for itself."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Event

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from catalog.queries import products_for_sale
from config.lab import breaking, invariants, running
from config.lab.bench import SKU, Bench
from config.lab.catalogue import BY_SLUG
from config.lab.experiments import Experiment
from config.lab.models import Run
from eventbus import drain
from inventory.models import StockItem
from inventory.queries import stock_of
from orders.models import Order
from tests.fixtures.sandbox import Sandbox
from tests.orders.builders import an_article

FIND_IT = """
import django
django.setup()
from django.apps import apps
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.conf import settings
found = [settings.LAB_ENABLED, apps.is_installed("config.lab")]
try:
    found.append(str(resolve("/lab/").func))
except Resolver404:
    found.append("nothing at /lab/")
print(found)
"""


def test_production_has_no_lab() -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SHOP_ENV": "production",
        "SECRET_KEY": "x" * 60,
        "ALLOWED_HOSTS": "shop.example",
        "DATABASE_URL": "postgres://shop@127.0.0.1:1/shop",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "STRIPE_SECRET_KEY": "sk_live_x",
        "STRIPE_WEBHOOK_SECRETS": "whsec_x",
    }

    told = subprocess.run(
        [sys.executable, "-c", FIND_IT], env=environment, capture_output=True, text=True, check=False
    )

    assert told.stdout == "[False, False, 'nothing at /lab/']\n", told.stderr


@pytest.fixture
def category(bus: None) -> None:
    """A shop that sells something."""
    an_article("MUG-RED")


def an_experiment(act: Callable[[Bench], None]) -> Experiment:
    return replace(BY_SLUG["declined"], act=act)


def wait_for_the_end(run: Run | None) -> Run:
    assert run is not None
    for thread in threading.enumerate():
        if thread.name.startswith("lab "):
            thread.join(30)
    run.refresh_from_db()
    return run


@pytest.mark.usefixtures("category")
def test_an_experiment_that_goes_wrong_says_so_and_tidies_up() -> None:
    def go_wrong(bench: Bench) -> None:
        bench.shelve(3)
        raise ValueError("The bench collapsed.")

    run = wait_for_the_end(running.start(an_experiment(go_wrong)))

    assert (run.failure, run.holds, run.finished_at is None) == ("The bench collapsed.", False, False)
    assert stock_of([SKU])[SKU].on_hand == 0
    assert products_for_sale([SKU]) == {}


@pytest.mark.usefixtures("category")
def test_two_are_never_under_way_at_once() -> None:
    go_on, told = Event(), Client()

    def take_long(bench: Bench) -> None:
        go_on.wait(30)

    run = running.start(an_experiment(take_long))
    busy = running.under_way()
    second = running.start(BY_SLUG["last-one"])
    page = told.post("/lab/last-one/", headers={"HX-Request": "true"}).content.decode()
    go_on.set()
    wait_for_the_end(run)

    assert (busy, second) == (run, None)
    assert "One thing at a time: “Decline a card” is under way." in page
    assert running.under_way() is None
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("category")
def test_what_a_killed_run_left_is_put_right_before_the_next(sandbox: Sandbox) -> None:
    left = Run.objects.create(experiment="carrier")
    Bench(left).shelve(5)
    breaking.take_down("carrier")

    run = wait_for_the_end(running.start(an_experiment(lambda bench: bench.check("Up", True, ""))))

    left.refresh_from_db()
    assert left.failure == "Its process ended before the experiment did."
    assert sandbox.request("POST", "/v1/tracking", json={"ids": []}).status_code == 200
    assert stock_of([SKU])[SKU].on_hand == 0
    assert run.holds


def test_no_check_means_that_nothing_was_found_to_hold() -> None:
    assert not Run(experiment="x").holds
    assert not Run(experiment="x", checks=[{"holds": True}, {"holds": False}]).holds
    assert not Run(experiment="x", checks=[{"holds": True}], failure="It broke.").holds


@pytest.mark.usefixtures("bus")
def test_an_unknown_experiment_is_none() -> None:
    assert Client().get("/lab/antimatter/").status_code == 404


@pytest.mark.usefixtures("bus")
def test_without_a_sandbox_and_a_worker_their_experiments_cannot_be_begun(settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:1"

    page = Client().get("/lab/").content.decode()
    refused = Client().post("/lab/worker/", headers={"HX-Request": "true"}).content.decode()

    assert page.count("The sandbox does not answer: `make run` starts it.") == 2
    assert "No worker process is supervised here: open the shop with `make run`." in refused
    assert not Run.objects.exists()


@pytest.fixture
def looked(bus: None) -> Iterator[None]:
    """Nobody has looked before."""
    invariants._last.clear()
    yield
    invariants._last.clear()


def states() -> dict[str, str]:
    invariants._last.clear()
    return {each.name: each.state for each in invariants.look().invariants}


@pytest.mark.usefixtures("looked")
def test_a_promise_that_is_broken_is_shown_as_broken() -> None:
    an_article("MUG-RED", stock=3)
    drain()
    whole = states()
    StockItem.objects.update(on_hand=4)

    assert set(whole.values()) == {"holds"}
    assert states()["No unit is sold twice"] == "broken"


@pytest.mark.usefixtures("looked")
def test_what_is_under_way_is_no_breach() -> None:
    an_article("MUG-RED", stock=3)

    assert states()["Nothing is lost"] == "moving"
    page = Client().get("/lab/invariants/").content.decode()
    assert "deliveries." in page


@pytest.mark.usefixtures("looked", "category")
def test_money_that_is_not_owed_breaks_the_promise_about_the_books(sandbox: Sandbox) -> None:
    def order(bench: Bench) -> None:
        bench.shelve(1)
        bench.order()
        drain()

    run = wait_for_the_end(running.start(an_experiment(order)))
    shipped = states()
    Order.objects.filter(pk=run.orders[0]).update(state="cancelled")

    assert (shipped["The books agree"], shipped["Every order ends"]) == ("holds", "holds")
    assert states()["The books agree"] == "broken"


@pytest.mark.usefixtures("looked", "category")
def test_a_look_at_an_experiment_asks_little_of_the_database() -> None:
    def order(bench: Bench) -> None:
        bench.shelve(3)
        bench.order(3)

    wait_for_the_end(running.start(an_experiment(order)))
    invariants._last.clear()

    with CaptureQueriesContext(connection) as asked:
        invariants.look()

    assert len(asked) == 18
