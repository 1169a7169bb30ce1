"""Money: whole minor units and a currency; exact, and never mixed."""

from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Self

import msgspec

_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
# Eighteen digits: whatever has no more fits into a column of the database.
_EXACT = Context(prec=18, Emax=17, traps=[InvalidOperation, Inexact, Overflow])
_DECIMALS = {"JPY": 0, "KRW": 0, "BHD": 3, "KWD": 3, "TND": 3}


class CurrencyMismatch(ValueError):
    """Two currencies met where only one makes sense."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} cannot be added or compared; convert one of them first.")
        self.one, self.other = one, other


class Money(msgspec.Struct, frozen=True, gc=False):
    """An exact amount in minor units (pence, cents), in one currency."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"Money.amount is {self.amount!r}; expected whole minor units as an int.")

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in this currency."""
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """The amount written as decimal text: "12.34" in GBP is 1,234 pence. Never rounds, nor overflows."""
        try:
            minor = Decimal(text.strip()).scaleb(_decimals(currency), _EXACT)
        except (InvalidOperation, Inexact, Overflow):
            raise ValueError(f"{text!r} is not an amount of {currency}.") from None
        if not minor.is_finite() or minor != int(minor):
            raise ValueError(f"{text!r} is not a whole number of {currency} minor units.")
        return cls(int(minor), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact: 12.34."""
        return Decimal(self.amount).scaleb(-_decimals(self.currency))

    def __str__(self) -> str:
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{'-' if self.amount < 0 else ''}{symbol}{abs(self.decimal):,f}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.amount != 0

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.amount >= self._same(other)

    def allocate(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Shares by weight that add up to exactly this amount; spare units go to the largest remainders."""
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError(f"Weights {list(weights)} cannot share {self}: need none below 0, one above.")
        sign = -1 if self.amount < 0 else 1
        parts = [divmod(abs(self.amount) * weight, whole) for weight in weights]
        spare = abs(self.amount) - sum(share for share, _ in parts)
        favoured = set(sorted(range(len(parts)), key=lambda i: -parts[i][1])[:spare])
        return tuple(
            Money(sign * (share + (i in favoured)), self.currency) for i, (share, _) in enumerate(parts)
        )

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"{self} can only be added to or compared with Money, not {other!r}.")
        if other.currency != self.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount


def _decimals(currency: str) -> int:
    return _DECIMALS.get(currency, 2)
