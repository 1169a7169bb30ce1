"""Looking at the whole file before anything is written."""

from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from msgspec import Struct, field

from orders.importing.buckets import bucket_of
from orders.importing.documents import Desk, Document, Sale
from orders.importing.lines import Line, Malformed, UnreadableFile, read_lines


class Index(Struct):
    """Where things stand in a file."""

    lines: int = 0
    last_number: int = 0
    first_at: datetime | None = None
    last_lines: dict[str, int] = field(default_factory=dict)
    days: list[date] = field(default_factory=list)
    skus: set[str] = field(default_factory=set)
    malformed: list[Malformed] = field(default_factory=list)


class Article(Struct):
    """What the sale lines say about a stock code."""

    descriptions: Counter[str] = field(default_factory=Counter)
    prices: Counter[Decimal] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        """The most frequent description, the earliest on a tie; nothing when it never had one."""
        return max(self.descriptions, key=self.descriptions.__getitem__, default="")

    @property
    def price(self) -> Decimal:
        """The most frequent price, the lowest on a tie."""
        return min(self.prices, key=lambda price: (-self.prices[price], price))


class Stocktake(Struct):
    """What must be on offer and on the shelf before the first line."""

    articles: dict[str, Article] = field(default_factory=lambda: defaultdict(Article))
    needed: Counter[str] = field(default_factory=Counter)


def index(path: Path) -> Index:
    """Read the file once, to the end: where each invoice ends, which lines are malformed."""
    found = Index()
    for line in read_lines(path):
        found.lines += 1
        found.last_number = line.number
        if isinstance(line, Malformed):
            found.malformed.append(line)
            continue
        found.last_lines[line.invoice] = line.number
        found.skus.add(line.sku)
        if not found.days or found.days[-1] < line.at.date():
            found.days.append(line.at.date())
        found.first_at = found.first_at or line.at
    if not found.last_lines:
        raise UnreadableFile(f"{path} has no line that can be imported.")
    return found


def take_stock(path: Path, last_lines: dict[str, int]) -> Stocktake:
    """Read the file again, and rehearse on an imaginary shelf what the import will do."""
    stock, desk, levels = Stocktake(), Desk(last_lines), Counter[str]()
    for line in read_lines(path):
        bucket, _ = bucket_of(line)
        if isinstance(line, Line):
            for document in desk.take(line, bucket):
                _rehearse(document, stock, levels)
    return stock


def _rehearse(document: Document, stock: Stocktake, levels: Counter[str]) -> None:
    if isinstance(document, Sale):
        for line in document.goods:
            article = stock.articles[line.sku]
            article.prices[line.price] += 1
            if line.description:
                article.descriptions[line.description] += 1
    for sku, change in document.moves:
        levels[sku] += change
        stock.needed[sku] = max(stock.needed[sku], -levels[sku])
