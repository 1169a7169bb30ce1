"""How the console says times, lengths of time, rates and payloads."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from eventbus.doctor.findings import span as _span
from eventbus.lanes import headline as _headline
from eventbus.looking.traffic import told

register = template.Library()

# What the state of anything is drawn as; everything else is quiet.
_TONES: dict[str, tuple[str, ...]] = {
    "good": (
        "ok",
        "done",
        "folded",
        "heard",
        "handled",
        "delivered",
        "sent",
        "taken",
        "at work",
        "completed",
        "closed",
    ),
    "care": (
        *("warning", "failing", "unknown", "behind", "paused", "outdated", "to be probed"),
        *("stopping", "stopped", "parked"),
    ),
    "bad": ("critical", "dead", "failed", "open", "breaker open", "needs a person", "absent", "refused"),
}
_BY_STATE = {state: tone for tone, states in _TONES.items() for state in states}


@register.filter
def tone(state: Any) -> str:
    """How a state is coloured: good, quiet, care or bad."""
    return _BY_STATE.get(str(state).lower(), "quiet")


@register.filter
def span(seconds: float) -> str:
    """A length of time."""
    return _span(float(seconds))


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago it was."""
    return f"{_span(max(0.0, (timezone.now() - moment).total_seconds()))} ago" if moment else "never"


@register.filter
def rate(number: float) -> str:
    """A rate, as people read it."""
    return told(float(number))


@register.filter
def headline(error: str) -> str:
    """The first line of an error."""
    return _headline(error)


@register.filter
def ticks(sentence: str) -> str:
    """A sentence, with what stands between backticks as code."""
    parts = enumerate(sentence.split("`"))
    shown = (format_html("<code>{}</code>", part) if odd % 2 else part for odd, part in parts)
    return format_html_join("", "{}", ((part,) for part in shown))


@register.filter
def pretty(data: Any) -> str:
    """A payload, one field a line."""
    return json.dumps(data, indent=2, ensure_ascii=False)


@register.filter
def room(name: str) -> str:
    """The part of a name before its dot."""
    return name.partition(".")[0]


@register.filter
def rest(name: str) -> str:
    """The part of a name behind its dot."""
    return name.partition(".")[2] or name


@register.filter
def percent(part: float, whole: float) -> int:
    """How many hundredths of the whole a part is."""
    return min(100, round(100 * part / whole)) if whole else 0


@register.simple_tag(takes_context=True)
def console_query(context: Any, **changed: Any) -> str:
    """The address's query with some values changed; an empty one is left out."""
    values = context["request"].GET.dict() | {name: str(value) for name, value in changed.items()}
    return "?" + urlencode({name: value for name, value in values.items() if value not in ("", "None")})
