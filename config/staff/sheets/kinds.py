"""The three kinds of sheets: what is in them, what a row would change, and the service that changes it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from catalog import queries as catalog
from catalog import services as offers
from catalog.errors import UnknownCategory
from catalog.queries import ProductRecord
from config.staff.sheets.cells import Row
from inventory import queries as stock
from inventory import services as shelf
from payments.money import Money

_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")
# As wide as the columns of a product are, and as long as prices are typed in the admin.
_LONGEST_SKU, _LONGEST_NAME, _LONGEST_PRICE = 64, 120, 11


class BadRow(Exception):
    """A row that cannot be, and why."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a row would change, in words, and the calls that do it."""

    sentence: str
    calls: tuple[Callable[[], None], ...]


Plan = Callable[[Sequence[Row], str], Iterator[Step | BadRow | None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sheet. `plan` answers for each row of a batch; None is a row that changes nothing.

    `begin` is called in the transaction of a batch that is carried out, before it is planned.
    """

    name: str
    title: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    rows: Callable[[], Iterator[Sequence[str]]]
    plan: Plan
    sees: str
    changes: tuple[str, ...]
    hint: str
    begin: Callable[[], None] = lambda: None

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which they are written."""
        return (*self.needed, *self.optional)


def _each(rows: Sequence[Row], step: Callable[[Row], Step | None]) -> Iterator[Step | BadRow | None]:
    for row in rows:
        try:
            yield step(row)
        except BadRow as bad:
            yield bad


def _price(row: Row) -> Money:
    currency, written = (row.cells.get("currency") or "GBP").upper(), row.cells.get("price", "")
    if not re.fullmatch("[A-Z]{3}", currency):
        raise BadRow(f"{currency} is no currency: GBP is one.")
    if len(written) > _LONGEST_PRICE or "e" in written.lower():
        raise BadRow(f"{written!r} is not an amount of {currency}.")
    try:
        price = Money.parse(written, currency)
    except ValueError as refusal:
        raise BadRow(str(refusal)) from None
    if price.amount < 0:
        raise BadRow(f"{price} is no price to ask.")
    return price


def _sku(row: Row) -> str:
    sku = row.cells.get("sku", "")
    if not 0 < len(sku) <= _LONGEST_SKU:
        raise BadRow(f"A SKU has {_LONGEST_SKU} characters at most." if sku else "There is no SKU.")
    return sku


def _plan_prices(rows: Sequence[Row], who: str) -> Iterator[Step | BadRow | None]:
    known = catalog.product_records(row.cells.get("sku", "") for row in rows)

    def step(row: Row) -> Step | None:
        sku, price = _sku(row), _price(row)
        if sku not in known:
            raise BadRow(f"No product has the SKU {sku}.")
        if known[sku].price == price:
            return None
        change = partial(offers.change_price, sku=sku, price=price, by=who)
        return Step(f"{sku}: {known[sku].price} becomes {price}", (change,))

    return _each(rows, step)


def _plan_stock(rows: Sequence[Row], who: str) -> Iterator[Step | BadRow | None]:
    skus = [row.cells.get("sku", "") for row in rows]
    levels, products = stock.stock_of(skus), catalog.known_skus(skus)

    def step(row: Row) -> Step | None:
        sku, level = _sku(row), levels[row.cells["sku"]]
        counted = row.cells.get("on_hand", "")
        if not (counted.isascii() and counted.isdecimal() and len(counted) < 10):
            raise BadRow(f"{counted or 'Nothing'} is no number of units.")
        if sku not in products and level == stock.NO_STOCK:
            raise BadRow(f"No product has the SKU {sku}.")
        difference = int(counted) - level.on_hand
        if int(counted) < level.reserved:
            raise BadRow(f"{level.reserved} of {sku} are reserved: {counted} cannot be all there are.")
        if difference == 0:
            return None
        reason = row.cells.get("reason") or f"counted by {who}"
        change = partial(shelf.adjust_stock, sku=sku, quantity=difference, reason=reason)
        return Step(f"{sku}: {level.on_hand} on hand become {counted} ({difference:+})", (change,))

    return _each(rows, step)


def _plan_products(rows: Sequence[Row], who: str) -> Iterator[Step | BadRow | None]:
    known = catalog.product_records(row.cells.get("sku", "") for row in rows)
    shelves = {category.slug for category in catalog.categories()}

    def step(row: Row) -> Step | None:
        sku, price, offered = _sku(row), _price(row), _offered(row)
        name, category = row.cells.get("name", ""), row.cells.get("category", "")
        if not 0 < len(name) <= _LONGEST_NAME:
            raise BadRow(f"A product has a name of {_LONGEST_NAME} characters at most.")
        if category not in shelves:
            raise BadRow(str(UnknownCategory(category)))
        before = known.get(sku)
        described = row.cells.get("description", before.description if before else "")
        wanted = ProductRecord(
            sku, name, category, price, described, before.picture if before else "", offered
        )
        return _changed(before, wanted, who) if before else _added(wanted)

    return _each(rows, step)


def _offered(row: Row) -> bool:
    said = row.cells.get("offered", "yes").lower() or "yes"
    if said not in (*_YES, *_NO):
        raise BadRow(f"Offered is yes or no, not {said}.")
    return said in _YES


def _added(wanted: ProductRecord) -> Step:
    product = offers.NewProduct(
        sku=wanted.sku,
        name=wanted.name,
        category_slug=wanted.category_slug,
        price=wanted.price,
        description=wanted.description,
    )
    calls = [partial(offers.add_product, product=product)]
    if not wanted.is_published:
        calls.append(partial(offers.withdraw_product, sku=wanted.sku))
    return Step(f"{wanted.sku}: new, {wanted.name} for {wanted.price}", tuple(calls))


def _changed(before: ProductRecord, wanted: ProductRecord, who: str) -> Step | None:
    said: list[str] = []
    calls: list[Callable[[], None]] = []
    sku = wanted.sku
    if (before.name.strip(), before.description.strip()) != (wanted.name, wanted.description.strip()):
        said.append(f"is called {wanted.name}" if before.name != wanted.name else "is described anew")
        calls.append(
            partial(
                offers.describe_product,
                sku=sku,
                name=wanted.name,
                description=wanted.description,
                picture=before.picture,
            )
        )
    if before.category_slug != wanted.category_slug:
        said.append(f"moves to {wanted.category_slug}")
        calls.append(partial(offers.move_product, sku=sku, category_slug=wanted.category_slug))
    if before.price != wanted.price:
        said.append(f"{before.price} becomes {wanted.price}")
        calls.append(partial(offers.change_price, sku=sku, price=wanted.price, by=who))
    if before.is_published != wanted.is_published:
        said.append("is offered again" if wanted.is_published else "is withdrawn")
        calls.append(
            partial(offers.relist_product if wanted.is_published else offers.withdraw_product, sku=sku)
        )
    return Step(f"{sku}: {', '.join(said)}", tuple(calls)) if calls else None


def _product_rows() -> Iterator[Sequence[str]]:
    for one in catalog.every_product_record():
        offered = "yes" if one.is_published else "no"
        price = str(one.price.decimal)
        yield one.sku, one.name, one.category_slug, price, one.price.currency, one.description, offered


def _price_rows() -> Iterator[Sequence[str]]:
    for one in catalog.every_product_record():
        yield one.sku, str(one.price.decimal), one.price.currency


def _stock_rows() -> Iterator[Sequence[str]]:
    for sku, level in stock.every_stock_level():
        yield sku, str(level.on_hand), ""


_MAY_CHANGE = "catalog.change_product"
KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            name="products",
            title="Products",
            needed=("sku", "name", "category", "price"),
            optional=("currency", "description", "offered"),
            rows=_product_rows,
            plan=_plan_products,
            sees="catalog.view_product",
            changes=("catalog.add_product", _MAY_CHANGE),
            hint="Products that are not there yet are added; those not in the sheet stay as they are.",
        ),
        Kind(
            name="prices",
            title="Prices",
            needed=("sku", "price"),
            optional=("currency",),
            rows=_price_rows,
            plan=_plan_prices,
            sees="catalog.view_product",
            changes=(_MAY_CHANGE,),
            hint="Orders that were placed keep the prices they were placed at.",
        ),
        Kind(
            name="stock",
            title="Stock counts",
            needed=("sku", "on_hand"),
            optional=("reason",),
            rows=_stock_rows,
            plan=_plan_stock,
            sees="inventory.view_stockitem",
            changes=("inventory.change_stockitem",),
            hint="What was counted on the shelf; the difference goes into the ledger, with its reason.",
            # Differences hold as long as nobody else moves the shelf, such as the same sheet in another tab.
            begin=shelf.serve_alone,
        ),
    )
}
