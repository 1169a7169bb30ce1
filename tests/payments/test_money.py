"""Money is exact, keeps its currency, and splits without losing a penny."""

from decimal import Decimal
from operator import add, ge, gt, le, lt, sub
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import CurrencyMismatch, Money

CURRENCIES = ("GBP", "EUR", "USD", "JPY", "KWD", "CHF")
amounts = st.integers(-(10**12), 10**12)
pounds = amounts.map(lambda amount: Money(amount, "GBP"))
moneys = st.builds(Money, amounts, st.sampled_from(CURRENCIES))
weightings = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)


@given(pounds, pounds, pounds)
def test_addition_is_associative_and_commutative(one: Money, two: Money, three: Money) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one


@given(pounds, pounds)
def test_subtraction_undoes_addition(one: Money, two: Money) -> None:
    assert one + two - two == one
    assert one - two == -(two - one)


@given(pounds, st.integers(0, 20))
def test_multiplying_is_adding_repeatedly(price: Money, times: int) -> None:
    assert price * times == times * price == sum([price] * times, Money.zero("GBP"))


@given(pounds, pounds)
def test_order_is_the_order_of_the_amounts(one: Money, two: Money) -> None:
    assert (one < two) == (one.amount < two.amount)
    assert (one <= two) == (not two < one)
    assert (one > two) == (two < one)
    assert (one >= two) == (two <= one)


@pytest.mark.parametrize("operation", [add, sub, lt, le, gt, ge])
def test_mixing_currencies_is_refused(operation: Any) -> None:
    with pytest.raises(CurrencyMismatch, match="GBP and EUR cannot be added or compared"):
        operation(Money(1, "GBP"), Money(1, "EUR"))


def test_the_same_amount_in_another_currency_is_not_equal() -> None:
    assert Money(1, "GBP") != Money(1, "EUR")


@pytest.mark.parametrize("amount", [1.0, Decimal(1), "1", True, None])
def test_only_whole_minor_units_make_money(amount: Any) -> None:
    with pytest.raises(TypeError, match="expected whole minor units"):
        Money(amount, "GBP")


@pytest.mark.parametrize("operation", [add, sub, lt])
def test_a_bare_number_is_not_money(operation: Any) -> None:
    with pytest.raises(TypeError, match="only be added to or compared with Money"):
        operation(Money(1, "GBP"), 1)


def test_a_float_never_multiplies_money() -> None:
    with pytest.raises(TypeError):
        Money(100, "GBP") * 1.2  # type: ignore[operator]


@given(moneys)
def test_the_decimal_text_parses_back_to_the_same_money(money: Money) -> None:
    assert Money.parse(str(money.decimal), money.currency) == money
    assert Money.parse(f"{money.decimal:f}", money.currency) == money


@given(moneys)
def test_the_wire_form_is_two_plain_fields(money: Money) -> None:
    wire = msgspec.json.encode(money)

    assert msgspec.json.decode(wire) == {"amount": money.amount, "currency": money.currency}
    assert msgspec.json.decode(wire, type=Money) == money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1234, "GBP"), "£12.34"),
        (Money(5, "GBP"), "£0.05"),
        (Money(-1250, "GBP"), "-£12.50"),
        (Money(123456789, "EUR"), "€1,234,567.89"),
        (Money(100, "USD"), "$1.00"),
        (Money(1500, "JPY"), "JPY 1,500"),
        (Money(1234, "KWD"), "KWD 1.234"),
        (Money(0, "CHF"), "CHF 0.00"),
    ],
)
def test_money_reads_as_people_write_it(money: Money, text: str) -> None:
    assert str(money) == text


@pytest.mark.parametrize(
    ("text", "amount"), [("12.34", 1234), (" 7 ", 700), ("-0.5", -50), ("1E+2", 10000), ("12.340", 1234)]
)
def test_parsing_is_exact(text: str, amount: int) -> None:
    assert Money.parse(text, "GBP") == Money(amount, "GBP")


@pytest.mark.parametrize(
    "text",
    [
        "12.345",
        "0.001",
        "NaN",
        "Infinity",
        "",
        "twelve",
        "£12",
        "0.1" + "0" * 40 + "1",
        "1E+17",
        "-1E+999999",
    ],
)
def test_parsing_refuses_what_is_no_exact_amount_or_none_that_a_table_can_hold(text: str) -> None:
    with pytest.raises(ValueError, match="GBP"):
        Money.parse(text, "GBP")


@given(pounds, weightings)
def test_shares_add_up_and_each_is_within_one_unit_of_exact(money: Money, weights: list[int]) -> None:
    shares = money.allocate(weights)

    assert sum(shares, Money.zero("GBP")) == money
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.amount * sum(weights) - money.amount * weight) < sum(weights)
        assert weight or not share


@given(pounds, weightings)
def test_a_refund_is_shared_as_the_charge_was(money: Money, weights: list[int]) -> None:
    assert (-money).allocate(weights) == tuple(-share for share in money.allocate(weights))


def test_spare_units_go_to_the_largest_remainders() -> None:
    shares = Money(100, "GBP").allocate([1, 1, 1])
    assert [share.amount for share in shares] == [34, 33, 33]

    shares = Money(10, "GBP").allocate([1, 2, 4])
    assert [share.amount for share in shares] == [1, 3, 6]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 3]])
def test_impossible_weights_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"cannot share £1.00"):
        Money(100, "GBP").allocate(weights)
