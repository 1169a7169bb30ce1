"""Visitors break the shop, and see that it holds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config.lab.bench import SKU
from config.lab.catalogue import EXPERIMENTS
from config.lab.experiments import Experiment
from config.lab.models import Run
from inventory.queries import NO_STOCK, stock_of
from orders.models import Order
from tests.browser.chromium import Visits
from tests.browser.live import LiveShop

IN_THE_BROWSER = [experiment for experiment in EXPERIMENTS if experiment.slug != "worker"]
PATIENCE_MS = 30_000


@pytest.mark.parametrize("_case", IN_THE_BROWSER, ids=lambda case: case.slug)
def test_an_experiment_does_what_it_promises(
    _case: Experiment, browser_page: Page, screenshot: Callable[..., None]
) -> None:
    browser_page.goto("/lab/")
    bench = browser_page.locator(f"#{_case.slug}")

    bench.get_by_role("button", name=_case.button).click()
    expect(bench.locator(".lab-lines li").first).to_be_visible()

    expect(bench.get_by_text("As promised. Everything held.")).to_be_visible(timeout=PATIENCE_MS)
    screenshot(f"lab-{_case.slug}")
    expect(browser_page.locator(".lab-promise.broken")).to_have_count(0)
    run = Run.objects.get()
    assert [line for line in run.lines if "placed order" in line["text"]]
    assert set(Order.objects.values_list("state", flat=True)) <= {"shipped", "cancelled"}
    assert stock_of([SKU])[SKU].available == NO_STOCK.available


def test_the_promises_move_while_orders_are_under_way(shop: LiveShop, browser_page: Page) -> None:
    browser_page.goto("/lab/")
    promise = browser_page.locator(".lab-promise", has_text="Every order ends")
    expect(promise).to_contain_text("Holds")

    with shop.paused():
        browser_page.locator("#declined").get_by_role("button").click()
        expect(promise).to_contain_text("1 order.")

    expect(promise).to_contain_text("Holds")


def test_one_experiment_at_a_time(shop: LiveShop, visits: Visits) -> None:
    one, other = visits.open(), visits.open()
    for page in (one, other):
        page.goto("/lab/")

    with shop.paused():
        one.locator("#declined").get_by_role("button").click()
        expect(one.locator("#declined").get_by_role("button")).to_be_disabled()
        other.locator("#last-one").get_by_role("button").click()
        refused = "One thing at a time: “Decline a card” is under way. Wait for its end, then try again."
        expect(other.locator("#last-one").get_by_role("status")).to_have_text(refused)

    expect(one.get_by_text("As promised. Everything held.")).to_be_visible()
    assert Run.objects.count() == 1


def test_without_javascript_the_page_looks_again_by_itself(shop: LiveShop, visits: Visits) -> None:
    page = visits.open(java_script_enabled=False)
    page.goto("/lab/")

    page.locator("#last-one").get_by_role("button").click()

    expect(page.get_by_text("As promised. Everything held.")).to_be_visible()


def test_the_lab_lets_everybody_in(
    browser_page: Page, screenshot: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    browser_page.goto("/")
    browser_page.get_by_role("link", name="The lab").click()

    screenshot("lab")
    axe(browser_page)
