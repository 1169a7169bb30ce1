"""What a cart comes to: its goods, their delivery, and the tax in both, by the rules of the day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db import connection

from orders.errors import MixedCurrencies, NoDelivery
from orders.models import ANYWHERE
from payments.money import Money

_RULES = """
(SELECT DISTINCT ON (country) 'tax', country, name, rate, 0 FROM orders_taxrule
 WHERE country IN (%(country)s, %(anywhere)s) AND valid_from <= %(day)s ORDER BY country, valid_from DESC)
UNION ALL
(SELECT 'delivery', country, name, charge, from_subtotal FROM orders_shippingrule
 WHERE active AND country IN (%(country)s, %(anywhere)s) AND currency = %(currency)s)
"""
_WHOLE = 100_00


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax that prices include; the rate is in basis points: 2000 is 20 %."""

    name: str
    rate: int

    def part_of(self, amount: Money) -> Money:
        """What of this amount is the tax, rounded to the nearest penny, half of one up."""
        whole = _WHOLE + self.rate
        return Money((2 * amount.amount * self.rate + whole) // (2 * whole), amount.currency)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A way of delivery, for goods of at least this value."""

    reached: int
    name: str
    charge: Money


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rules that hold in a country, in one currency, on one day."""

    country: str
    currency: str
    tax: Tax | None
    deliveries: tuple[Delivery, ...]

    def delivery(self, subtotal: Money) -> Delivery:
        """What goods of this value cost to deliver; raises NoDelivery where no rule is for them."""
        reached = [one for one in self.deliveries if one.reached <= subtotal.amount]
        if not reached:
            raise NoDelivery(self.country, self.currency)
        return max(reached, key=lambda one: one.reached)


@dataclass(frozen=True, slots=True)
class Totals:
    """What some lines come to. All amounts include their tax; `line_taxes` and `tax` say how much that is."""

    subtotal: Money
    shipping_name: str
    shipping: Money
    total: Money
    tax: Money | None
    tax_name: str
    tax_rate: int
    line_taxes: tuple[Money | None, ...]


def tariff_for(*, country: str, currency: str, day: date) -> Tariff:
    """The rules that hold: those for the country, or else those for every other one. One statement."""
    asked: dict[str, str | date] = {"country": country, "currency": currency, "day": day}
    with connection.cursor() as cursor:
        cursor.execute(_RULES, asked | {"anywhere": ANYWHERE})
        rules = cursor.fetchall()
    taxes, deliveries = (
        [rule[2:] for rule in _closest(rules, kind, country)] for kind in ("tax", "delivery")
    )
    return Tariff(
        country=country,
        currency=currency,
        tax=next((Tax(name, rate) for name, rate, _ in taxes), None),
        deliveries=tuple(
            Delivery(reached, name, Money(charge, currency)) for name, charge, reached in deliveries
        ),
    )


def totals(prices: Sequence[Money], tariff: Tariff) -> Totals:
    """What lines of these prices come to, delivered; no lines are not delivered and cost nothing.

    The tax is that of the whole sum, shared out so that lines and delivery add up to it to the penny.
    Raises NoDelivery, and MixedCurrencies for prices in another currency than the tariff's.
    """
    if foreign := {price.currency for price in prices} - {tariff.currency}:
        raise MixedCurrencies({tariff.currency, *foreign})
    subtotal = sum(prices, Money.zero(tariff.currency))
    delivery = tariff.delivery(subtotal) if prices else Delivery(0, "", subtotal)
    total = subtotal + delivery.charge
    tax = tariff.tax.part_of(total) if tariff.tax else None
    return Totals(
        subtotal=subtotal,
        shipping_name=delivery.name,
        shipping=delivery.charge,
        total=total,
        tax=tax,
        tax_name=tariff.tax.name if tariff.tax else "",
        tax_rate=tariff.tax.rate if tariff.tax else 0,
        line_taxes=_shares(tax, prices, delivery.charge),
    )


def fingerprint(lines: Iterable[tuple[str, int, Money]], total: Money) -> str:
    """Stands for what a shopper has seen: every SKU, quantity and price, and the total."""
    seen = sorted(f"{sku} {quantity} {price.amount} {price.currency}" for sku, quantity, price in lines)
    return sha256("\n".join((*seen, str(total))).encode()).hexdigest()[:24]


def _closest(
    rules: Sequence[tuple[str, str, str, int, int]], kind: str, country: str
) -> list[tuple[str, str, str, int, int]]:
    alike = [rule for rule in rules if rule[0] == kind]
    return [rule for rule in alike if rule[1] == country] or alike


def _shares(tax: Money | None, prices: Sequence[Money], charge: Money) -> tuple[Money | None, ...]:
    amounts = [price.amount for price in prices]
    if tax is None:
        return (None,) * len(amounts)
    if not tax:
        return (tax,) * len(amounts)
    return tax.allocate([*amounts, charge.amount])[:-1]
