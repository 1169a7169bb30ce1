"""Doing in the shop what a document says, at the document's own time, through the verbs of the rooms."""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID, uuid5

from catalog import services as catalog
from catalog.queries import known_skus
from eventbus import backdated
from inventory import services as inventory
from inventory.events import StockLine
from inventory.queries import stock_of
from orders import services as orders
from orders.events import Address, OrderLine
from orders.importing.documents import Correction, CreditNote, Document, Sale, moment_of
from orders.importing.lines import Line
from orders.importing.survey import Article, Stocktake
from payments.money import Money

CATEGORY = ("giftware", "Giftware")
_INVOICES = UUID("6d0f3f2e-6c0b-5a0e-9f0c-1b6a0c6f7a11")
# Samples, fees, charity, manual entries … are sold and moved as stock codes too, but are nothing to offer.
_IS_GOODS = re.compile(r"[0-9]{5}[A-Za-z]{0,2}|DCGS.*|gift_.*").fullmatch
_NAME_LENGTH = 120
_REASON_LENGTH = 200


def document_id(invoice: str) -> UUID:
    """The same for the same invoice, whenever and from whatever file it is imported."""
    return uuid5(_INVOICES, invoice)


def open_shop(stock: Stocktake, at: datetime) -> None:
    """Offer what is not offered yet, and put on the shelf what the first lines will find there."""
    with backdated(at):
        slug, name = CATEGORY
        catalog.add_category(slug=slug, name=name)
        known = known_skus(stock.articles)
        catalog.add_products(
            [
                _product(sku, article)
                for sku, article in stock.articles.items()
                if sku not in known and _IS_GOODS(sku)
            ]
        )
        inventory.receive_many(lines=_missing(stock), reason="opening stock")


def _product(sku: str, article: Article) -> catalog.NewProduct:
    name = (article.name or sku)[:_NAME_LENGTH]
    price = money(article.price)
    return catalog.NewProduct(sku=sku, name=name, category_slug=CATEGORY[0], price=price)


def _missing(stock: Stocktake) -> Iterable[StockLine]:
    levels = stock_of(stock.needed)
    for sku, needed in stock.needed.items():
        if needed > levels[sku].available:
            yield StockLine(sku=sku, quantity=needed - levels[sku].available)


def write(document: Document) -> None:
    """Do what the document says."""
    with backdated(moment_of(document)):
        match document:
            case Sale():
                _place(document)
            case CreditNote():
                _credit(document)
            case Correction():
                _correct(document)


def _place(sale: Sale) -> None:
    first = sale.lines[0]
    orders.place_order_on_account(
        order_id=document_id(first.invoice),
        number=first.invoice,
        customer_reference=first.customer,
        customer_name=_name(first),
        address=Address(line1="", city="", postcode="", country=first.country),
        lines=[_order_line(line, line.quantity) for line in sale.goods],
        shipping=_sum(sale.shipping),
    )


def _credit(note: CreditNote) -> None:
    first = note.lines[0]
    orders.record_return(
        return_id=document_id(first.invoice),
        number=first.invoice,
        customer_reference=first.customer,
        lines=[_order_line(line, -line.quantity) for line in note.lines],
        refund=-_sum(note.lines),
        restock=[StockLine(sku=sku, quantity=quantity) for sku, quantity in note.moves],
    )


def _correct(correction: Correction) -> None:
    line = correction.line
    reason = "gift" if line.customer else line.description[:_REASON_LENGTH] or "correction"
    for sku, quantity in correction.moves:
        inventory.adjust_stock(sku=sku, quantity=quantity, reason=reason)


def _name(line: Line) -> str:
    return f"Customer {line.customer}" if line.customer else "Customer unknown"


def _order_line(line: Line, quantity: int) -> OrderLine:
    return OrderLine(
        sku=line.sku, title=line.description or line.sku, quantity=quantity, unit_price=money(line.price)
    )


def _sum(lines: Iterable[Line]) -> Money:
    return sum((money(line.price) * line.quantity for line in lines), Money.zero("GBP"))


@lru_cache(maxsize=4096)
def money(price: Decimal) -> Money:
    """A price of the file as money."""
    return Money.parse(str(price), "GBP")
