"""Taking out of log lines what identifies people or pays: the last step before a line is written.

The vocabulary has no key for such values; this is for what they may be wrapped in: an exception's text, a
library's own words. A value is replaced, never the line.
"""

import re
from typing import Any

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"), "[login]"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[\w.~+/=-]{8,}"), r"\1 [secret]"),
    (re.compile(r"\b(?:(?:tok|pm|whsec)_\w+|[sr]k_(?:live|test)_\w+|(?:card|shop)_[\w-]{16,})"), "[token]"),
    # A signed link opens an order without a login: /orders/<token>/.
    (re.compile(r"/orders/(?!<)[^/\s?\"']+"), "/orders/[link]"),
    (
        re.compile(
            r"(?i)\b((?:password|passwd|secret|token|cvc|signature)[\"']?\s*[=:]\s*[\"']?)[^\s&\"',)]+"
        ),
        r"\1[secret]",
    ),
)
_DIGITS = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")


def redacted(value: Any) -> Any:
    """The value without what is nobody's business, however deep it lies."""
    if isinstance(value, str):
        return _redacted_text(value)
    if isinstance(value, dict):
        return {key: redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(inner) for inner in value]
    return value if isinstance(value, int | float | bool | None) else _redacted_text(str(value))


def _redacted_text(text: str) -> str:
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return _DIGITS.sub(lambda found: "[card]" if _is_card(found[0]) else found[0], text)


def _is_card(text: str) -> bool:
    """Whether the digits add up as those of a card do (Luhn)."""
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
