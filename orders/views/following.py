"""How an order's page follows its order: it looks again at lengthening intervals, and not for ever."""

from dataclasses import dataclass
from hashlib import sha256

from django.http import HttpRequest

from orders.queries import OrderStatus


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """Some looks at the first pause, then ever longer ones; `looks` in all, counted from the last change."""

    first: float
    steady: int
    longest: float
    looks: int

    def pause(self, look: int) -> float:
        if look >= self.looks:
            return 0.0
        # Past the longest pause anyway, and far from what a float can hold.
        growing = min(max(0, look - self.steady), 20)
        return min(self.first * 1.5**growing, self.longest)


_CHECKOUT = _Rhythm(first=1.0, steady=5, longest=15.0, looks=60)
_PARCEL = _Rhythm(first=10.0, steady=6, longest=60.0, looks=60)


@dataclass(frozen=True, slots=True)
class Following:
    """One look of a page at its order.

    `look` counts the looks since something changed; `seconds` is the pause until the next one, 0 where the
    page has looked often enough; `pulse` is what the page shows, in short; `changed`, whether that is news.
    """

    look: int
    seconds: float
    pulse: str
    changed: bool

    @property
    def milliseconds(self) -> int:
        """The pause as htmx wants it."""
        return round(self.seconds * 1000)

    @property
    def whole_seconds(self) -> int:
        """The pause as a page without script has it: such a page is fetched as a whole, so more rarely."""
        return max(2, round(self.seconds))

    @property
    def patience_seconds(self) -> int:
        """When to look although the answer to the last look never came."""
        return round(self.seconds) + 20


def follow(request: HttpRequest, order: OrderStatus) -> Following:
    """What the page that asks should do next, by what it says it has seen."""
    pulse = sha256(order.pulse.encode()).hexdigest()[:12]
    changed = request.GET.get("seen", "") != pulse
    look = 0 if changed and "seen" in request.GET else _number(request.GET.get("look", ""))
    return Following(look=look, seconds=_pause(order, look), pulse=pulse, changed=changed)


def _pause(order: OrderStatus, look: int) -> float:
    rhythm = _PARCEL if order.finished else _CHECKOUT
    return rhythm.pause(look) if order.live else 0.0


def _number(text: str) -> int:
    return min(int(text), 1000) if text.isascii() and text.isdigit() and len(text) < 5 else 0
