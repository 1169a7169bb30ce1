"""Which day, how many days before it, and which currency a dashboard is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.utils.timezone import localdate

from orders.queries import currencies_sold, last_day_of_sales

SPANS = (7, 30, 90, 365)
HOME_CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `since` to `day`, and the currency looked at, of those there are."""

    day: date
    span: int
    currency: str
    currencies: tuple[str, ...]
    last_sale: date | None

    @property
    def since(self) -> date:
        """Its first day."""
        return self.day - timedelta(days=self.span - 1)

    @property
    def is_today(self) -> bool:
        """Whether its day is not over yet."""
        return self.day == localdate()

    @property
    def is_behind_the_sales(self) -> bool:
        """Whether there is nothing to see, while there was before."""
        return not self.currencies and self.last_sale is not None

    def at(self, day: date) -> str:
        """The same, another day."""
        return "?" + urlencode({"day": day.isoformat(), "days": self.span, "currency": self.currency})

    @property
    def before(self) -> str:
        """The day before."""
        return self.at(self.day - timedelta(days=1))

    @property
    def after(self) -> str:
        """The day after, unless it is still to come."""
        return "" if self.day >= localdate() else self.at(self.day + timedelta(days=1))

    @property
    def at_last_sale(self) -> str:
        """Where the last sale was."""
        return self.at(self.last_sale) if self.last_sale else ""


def asked_for(answers: Mapping[str, str]) -> Period:
    """What the address asks for; what makes no sense in it is passed over."""
    day = _day(answers.get("day", ""))
    span = answers.get("days", "")
    days = int(span) if span.isdecimal() and int(span) in SPANS else 30
    sold = tuple(currencies_sold(day - timedelta(days=days - 1), day))
    wanted = answers.get("currency", "")
    currency = wanted if wanted in sold else (sold[0] if sold else HOME_CURRENCY)
    return Period(day, days, currency, sold, None if sold else last_day_of_sales())


def _day(text: str) -> date:
    try:
        return min(max(date.fromisoformat(text), date(1990, 1, 1)), localdate())
    except ValueError:
        return localdate()
