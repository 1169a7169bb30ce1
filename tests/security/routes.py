"""Every address of the shop, as the resolver knows it, with what stands for each part that varies."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


class Route(NamedTuple):
    """One address: its name, and its path with {part} for each part that varies."""

    name: str
    path: str

    @property
    def parts(self) -> list[str]:
        """What varies."""
        return re.findall(r"{(\w+)}", self.path)


def routes() -> list[Route]:
    """All of them."""
    return list(_below(get_resolver().url_patterns, "/", ""))


def _below(patterns: list[URLPattern | URLResolver], path: str, space: str) -> Iterator[Route]:
    for pattern in patterns:
        here = path + _written(pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _below(pattern.url_patterns, here, space + inner)
        else:
            yield Route(space + (pattern.name or pattern.lookup_str), here)


def _written(pattern: URLPattern | URLResolver) -> str:
    if isinstance(pattern.pattern, RoutePattern):
        return _CONVERTER.sub(r"{\1}", str(pattern.pattern))
    return (
        _plain(str(pattern.pattern)).removeprefix("^").removesuffix("$").removesuffix("\\Z").replace("\\", "")
    )


def _plain(regex: str) -> str:
    """A regular expression with {name} for each named group, whatever is nested in it."""
    while found := re.search(r"\(\?P<(\w+)>", regex):
        depth, end = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(regex[end], 0)
            end += 1
        regex = f"{regex[: found.start()]}{{{found[1]}}}{regex[end:]}"
    return regex
