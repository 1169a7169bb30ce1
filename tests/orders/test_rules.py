"""Tax and delivery by the rules that staff set; sums that hold to the penny."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from http import HTTPStatus

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from eventbus import backdated
from eventbus.testing import published
from orders import queries, services
from orders.errors import MixedCurrencies, NoDelivery, NothingToPay
from orders.events import OrderLine, OrderPlaced
from orders.models import ShippingRule, TaxRule
from orders.queries.totals import Delivery, Tariff, Tax, fingerprint, tariff_for, totals
from payments.money import Money
from tests.journeys.shopper import ADA, Shopper, words
from tests.orders.builders import BRISTOL, NOON, ORDER, a_cart, an_article, an_order, pounds

TODAY = date(2026, 11, 21)
AT_HOME = Tariff(
    country="United Kingdom",
    currency="GBP",
    tax=Tax("VAT", 20_00),
    deliveries=(
        Delivery(0, "Standard delivery", pounds("3.95")),
        Delivery(50_00, "Free delivery", pounds("0")),
    ),
)


@pytest.fixture
def rules(bus: None) -> Iterator[None]:
    """The rules may be changed: they are put back."""
    kept = [*TaxRule.objects.all(), *ShippingRule.objects.all()]
    yield
    TaxRule.objects.all().delete()
    ShippingRule.objects.all().delete()
    for rule in kept:
        rule.save(force_insert=True)


class TestTotals:
    """Pure sums."""

    def test_what_two_lines_come_to(self) -> None:
        sums = totals([pounds("17.00"), pounds("8.50")], AT_HOME)

        assert (sums.subtotal, sums.shipping_name, sums.shipping) == (
            pounds("25.50"),
            "Standard delivery",
            pounds("3.95"),
        )
        assert (sums.total, sums.tax, sums.tax_name, sums.tax_rate) == (
            pounds("29.45"),
            pounds("4.91"),
            "VAT",
            20_00,
        )
        assert sums.line_taxes == (pounds("2.83"), pounds("1.42"))

    @pytest.mark.parametrize(
        ("goods", "name", "charge"),
        [
            ("0.00", "Standard delivery", "3.95"),
            ("49.99", "Standard delivery", "3.95"),
            ("50.00", "Free delivery", "0"),
            ("50.01", "Free delivery", "0"),
        ],
    )
    def test_the_highest_rule_that_the_goods_reach_applies(self, goods: str, name: str, charge: str) -> None:
        sums = totals([pounds(goods)], AT_HOME)

        assert (sums.shipping_name, sums.shipping) == (name, pounds(charge))

    def test_nothing_is_not_delivered(self) -> None:
        sums = totals([], AT_HOME)

        assert (sums.shipping_name, sums.total, sums.tax, sums.line_taxes) == (
            "",
            pounds("0"),
            pounds("0"),
            (),
        )

    def test_where_no_tax_rule_holds_nothing_is_said_of_tax(self) -> None:
        abroad = Tariff("Norway", "GBP", None, AT_HOME.deliveries)

        sums = totals([pounds("8.50")], abroad)

        assert (sums.tax, sums.tax_name, sums.tax_rate, sums.line_taxes) == (None, "", 0, (None,))

    @pytest.mark.parametrize(
        ("amount", "rate", "tax"),
        [("1.20", 20_00, "0.20"), ("0.02", 20_00, "0.00"), ("0.03", 20_00, "0.01"), ("9.99", 0, "0.00")],
    )
    def test_a_tax_is_rounded_to_the_nearest_penny_half_up(self, amount: str, rate: int, tax: str) -> None:
        assert Tax("VAT", rate).part_of(pounds(amount)) == pounds(tax)

    def test_a_price_in_another_currency_is_refused(self) -> None:
        with pytest.raises(MixedCurrencies, match="Prices in EUR and GBP cannot be ordered together"):
            totals([pounds("1.00"), Money.parse("1.00", "EUR")], AT_HOME)

    def test_goods_that_no_rule_delivers_are_refused(self) -> None:
        with pytest.raises(NoDelivery, match="We do not deliver to Norway for GBP yet"):
            totals([pounds("1.00")], Tariff("Norway", "GBP", None, ()))

    @given(
        prices=st.lists(st.integers(0, 10**7), min_size=1, max_size=30),
        rate=st.integers(0, 100_00),
        charge=st.integers(0, 10_000),
    )
    def test_lines_and_delivery_add_up_to_the_tax_of_the_whole(
        self, prices: list[int], rate: int, charge: int
    ) -> None:
        tariff = Tariff("", "GBP", Tax("VAT", rate), (Delivery(0, "Any", Money(charge, "GBP")),))

        sums = totals([Money(price, "GBP") for price in prices], tariff)

        assert sums.total.amount == sum(prices) + charge
        assert sums.tax is not None
        taxes = [tax.amount for tax in sums.line_taxes if tax]
        delivery_tax = sums.tax.amount - sum(taxes)
        exact = Fraction(sums.total.amount * rate, 100_00 + rate)
        assert abs(sums.tax.amount - exact) <= Fraction(1, 2)
        shares = [(sums.line_taxes[i].amount, price) for i, price in enumerate(prices)]  # type: ignore[union-attr]
        for tax, price in [*shares, (delivery_tax, charge)]:
            assert 0 <= tax <= price
            assert abs(tax - Fraction(price * rate, 100_00 + rate)) < 2

    def test_a_fingerprint_is_of_what_is_seen_in_any_order(self) -> None:
        mug, pot = ("MUG", 2, pounds("8.50")), ("POT", 1, pounds("9.00"))
        total = pounds("29.95")

        assert fingerprint([mug, pot], total) == fingerprint([pot, mug], total)
        others = [
            fingerprint([mug], total),
            fingerprint([("MUG", 3, pounds("8.50")), pot], total),
            fingerprint([("MUG", 2, pounds("8.51")), pot], total),
            fingerprint([mug, pot], pounds("29.96")),
        ]
        assert fingerprint([mug, pot], total) not in others
        assert len(set(others)) == 4


@pytest.mark.usefixtures("rules")
class TestTheRules:
    """What staff set."""

    def test_the_shop_starts_with_what_it_always_charged(self) -> None:
        assert tariff_for(country="United Kingdom", currency="GBP", day=TODAY) == AT_HOME

    def test_reading_the_rules_is_one_statement(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            tariff_for(country="United Kingdom", currency="GBP", day=TODAY)

        assert len(captured) == 1

    def test_the_newest_rate_that_has_begun_applies(self) -> None:
        TaxRule.objects.create(country="United Kingdom", name="VAT", rate=21_00, valid_from=TODAY)
        TaxRule.objects.create(
            country="United Kingdom", name="VAT", rate=25_00, valid_from=TODAY + timedelta(days=1)
        )

        rates = [
            (tariff_for(country="United Kingdom", currency="GBP", day=day).tax or Tax("", 0)).rate
            for day in (TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1), date(2010, 12, 31))
        ]

        assert rates == [20_00, 21_00, 25_00, 0]

    def test_a_country_of_its_own_comes_before_anywhere(self) -> None:
        TaxRule.objects.create(country="*", name="Sales tax", rate=5_00, valid_from=TODAY)
        ShippingRule.objects.create(country="Norway", from_subtotal=0, name="By sea", charge=12_00)

        norway = tariff_for(country="Norway", currency="GBP", day=TODAY)
        home = tariff_for(country="United Kingdom", currency="GBP", day=TODAY)

        assert norway.tax == Tax("Sales tax", 5_00)
        assert norway.delivery(pounds("99")) == Delivery(0, "By sea", pounds("12.00"))
        assert home == AT_HOME

    def test_a_rule_that_is_not_active_delivers_nothing(self) -> None:
        ShippingRule.objects.update(active=False)

        with pytest.raises(NoDelivery):
            tariff_for(country="United Kingdom", currency="GBP", day=TODAY).delivery(pounds("1"))

    def test_a_rule_of_another_currency_does_not_count(self) -> None:
        assert tariff_for(country="United Kingdom", currency="EUR", day=TODAY).deliveries == ()

    def test_two_rules_for_one_value_or_day_are_refused_by_the_database(self) -> None:
        with pytest.raises(IntegrityError, match="orders_shippingrule_one_per_value"), transaction.atomic():
            ShippingRule.objects.create(country="*", from_subtotal=0, name="Again", charge=0)
        with pytest.raises(IntegrityError, match="orders_taxrule_one_a_day"), transaction.atomic():
            TaxRule.objects.create(country="United Kingdom", name="VAT", rate=1, valid_from=date(2011, 1, 4))
        with pytest.raises(IntegrityError, match="orders_taxrule_rate_up_to_100"), transaction.atomic():
            TaxRule.objects.create(country="*", name="VAT", rate=100_01)

    def test_an_order_keeps_what_it_was_placed_with(self) -> None:
        cart_id = a_cart(an_article(), an_article("POT", price="2.55"))

        with published() as messages:
            order_id = an_order(cart_id)

        [placed] = messages
        assert isinstance(placed, OrderPlaced)
        taxed = [(line.slug, line.tax_name, line.tax_rate, line.tax) for line in placed.lines]
        assert taxed == [
            ("the-mug-red", "VAT", 20_00, pounds("2.83")),
            ("the-pot", "VAT", 20_00, pounds("0.85")),
        ]
        assert (placed.shipping_name, placed.shipping, placed.total, placed.tax) == (
            "Standard delivery",
            pounds("3.95"),
            pounds("26.05"),
            pounds("4.34"),
        )
        ShippingRule.objects.update(name="Dear delivery", charge=99_00)
        TaxRule.objects.update(rate=50_00)
        kept = queries.order_state(order_id)
        assert (kept.shipping_name, kept.tax, kept.total) == (
            "Standard delivery",
            pounds("4.34"),
            pounds("26.05"),
        )
        assert kept == queries.order_as_of(order_id)

    def test_a_cart_and_its_order_follow_the_rules_of_the_day(self) -> None:
        ShippingRule.objects.filter(from_subtotal=0).update(name="By bicycle", charge=1_00)
        TaxRule.objects.create(
            country="United Kingdom", name="VAT", rate=10_00, valid_from=timezone.localdate()
        )
        cart_id = a_cart(an_article())

        cart = queries.cart_view(cart_id)
        order = queries.order_state(an_order(cart_id, expected_total=cart.total, seen=cart.seen))

        assert (cart.sums.shipping_name, cart.total, cart.sums.tax) == (
            "By bicycle",
            pounds("18.00"),
            pounds("1.64"),
        )
        assert (order.shipping_name, order.total, order.tax) == (
            "By bicycle",
            pounds("18.00"),
            pounds("1.64"),
        )

    def test_an_order_of_the_past_has_the_rules_of_its_day(self) -> None:
        TaxRule.objects.create(country="United Kingdom", name="VAT", rate=10_00, valid_from=TODAY)
        cart_id = a_cart(an_article())

        with backdated(NOON):
            order_id = an_order(cart_id)

        assert queries.order_state(order_id).tax == pounds("3.49")

    def test_a_cart_that_cannot_be_delivered_says_so_and_cannot_be_ordered(self) -> None:
        cart_id = a_cart(an_article())
        ShippingRule.objects.update(active=False)

        cart = queries.cart_view(cart_id)

        assert (cart.can_order, cart.refusal, cart.total) == (
            False,
            "We do not deliver to United Kingdom for GBP yet.",
            pounds("17.00"),
        )
        with published() as messages, pytest.raises(NoDelivery):
            an_order(cart_id)
        assert messages == []

    def test_a_basket_that_costs_nothing_says_so_and_cannot_be_ordered(self) -> None:
        ShippingRule.objects.update(charge=0)
        shopper = Shopper()
        shopper.pick(an_article(price="0"))
        sentence = "There is nothing to pay for this basket, so it cannot be ordered by card."

        basket = shopper.see("/cart/")
        page = shopper.send("/checkout/", **ADA)

        assert (sentence in words(basket), "Check out" in words(basket)) == (True, False)
        assert (shopper.status, sentence in words(page)) == (422, True)
        cart_id = a_cart("MUG-RED")
        with published() as messages, pytest.raises(NothingToPay, match=sentence):
            an_order(cart_id)
        assert messages == []

    def test_an_order_on_account_is_not_touched_by_any_rule(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            services.place_order_on_account(
                order_id=ORDER,
                customer_reference="17850",
                lines=(OrderLine(sku="M", title="Manual", quantity=1, unit_price=pounds("5.00")),),
                shipping=pounds("15.00"),
                address=BRISTOL,
            )

        assert not [query for query in captured if "rule" in query["sql"]]
        assert queries.order_state(ORDER).tax is None

    def test_the_pages_say_what_is_included(self) -> None:
        an_article()
        shopper = Shopper()

        page = shopper.pick("MUG-RED")

        for seen in (page, shopper.see("/checkout/")):
            assert "Standard delivery £3.95 Total £12.45 Including VAT £2.08" in words(seen)

    def test_staff_edit_them(self) -> None:
        staff = get_user_model().objects.create_superuser("sam", password="sam")
        browser = Client()
        browser.force_login(staff)
        rule = ShippingRule.objects.get(from_subtotal=0)

        answer = browser.post(
            f"/admin/orders/shippingrule/{rule.pk}/change/",
            {
                "country": "*",
                "currency": "GBP",
                "from_subtotal": 0,
                "name": "By hand",
                "charge": 100,
                "active": "on",
            },
        )

        assert answer.status_code == HTTPStatus.FOUND
        assert queries.cart_view(a_cart(an_article())).total == pounds("18.00")
        pages = [browser.get(f"/admin/orders/{name}rule/") for name in ("tax", "shipping")]
        assert ["20 %" in pages[0].content.decode(), "£50.00" in pages[1].content.decode()] == [True, True]
