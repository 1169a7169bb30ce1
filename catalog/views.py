"""The storefront's shelves; each view parses, asks the queries and renders."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog import queries
from catalog.errors import UnknownCursor
from catalog.forms import Ask, ask
from catalog.models import UPLOADED
from catalog.queries import Band, Facets, Filters, Shelf, Shelfmark
from inventory.queries import stock_of
from payments.money import Money

_SORTS = {
    "price": "Price, low to high",
    "-price": "Price, high to low",
    "newest": "New in",
    "name": "Name",
}
_Choice = tuple[str, int | None, bool]
_MOST_VALUES = 12
_SUGGESTED = 6
_SHORTEST_TEXT = 2
_RELATED = 4
_A_YEAR_SECONDS = 365 * 24 * 3600


def departments(request: HttpRequest) -> dict[str, object]:
    """Context processor: the categories, asked for only by pages that list them."""
    return {"departments": SimpleLazyObject(queries.categories)}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door: the categories, what sells best, what is reduced, and what is new."""
    categories, best, found = (
        queries.categories(),
        queries.best_pictures(),
        queries.shelf(size=8, attributes=False),
    )
    counted = found.facets.categories
    context = {
        "departments": categories,
        "tiles": [(each, best.get(each.slug, ""), counted.get(each.slug, 0)) for each in categories],
        "popular": found.page.items,
        "newest": queries.search(sort="newest", size=4).items,
        "reduced": queries.search("", Filters(reduced=True, in_stock=True), size=4).items,
    }
    return render(request, "catalog/home.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What fits the words in the search box; everything when it is empty."""
    return _shelf(request, ask(request.GET), queries.categories())


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """One category's shelf."""
    categories = queries.categories()
    found = next((each for each in categories if each.slug == slug), None)
    if found is None:
        raise Http404(f"There is no category {slug}.")
    return _shelf(request, ask(request.GET, slug), categories, found)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """What the words that are being typed would find, for the panel below the search box."""
    asked = ask(request.GET)
    found = None
    if len(asked.text) >= _SHORTEST_TEXT:
        found = queries.shelf(asked.text, size=_SUGGESTED, attributes=False)
    return render(request, "catalog/_suggestions.html", {"text": asked.text, "found": found})


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product: its stock as it is now, what it has cost, and others from its category."""
    item = queries.listing(slug)
    if item is None:
        raise Http404(f"There is no product {slug}.")
    beside = queries.search("", Filters((item.category_slug,)), size=_RELATED + 1).items
    context = {
        "item": item,
        "stock": stock_of([item.sku])[item.sku].available,
        "pictures": queries.pictures_of(item.sku),
        "prices": queries.price_history(item.sku),
        "more": [other for other in beside if other.sku != item.sku][:_RELATED],
    }
    return render(request, "catalog/product.html", context)


@require_safe
@cache_control(public=True, max_age=_A_YEAR_SECONDS, immutable=True)
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """An uploaded picture; its name was drawn by chance and is never given to another."""
    try:
        file = default_storage.open(f"{UPLOADED}{name}.webp")
    except FileNotFoundError:
        raise Http404(f"There is no picture {name}.") from None
    response = FileResponse(file, content_type="image/webp")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _shelf(
    request: HttpRequest, asked: Ask, categories: list[Shelfmark], category: Shelfmark | None = None
) -> HttpResponse:
    try:
        found = queries.shelf(asked.text, asked.filters, sort=asked.sort, at=asked.at)
    except UnknownCursor:
        return redirect(f"{request.path}{asked.address()}")
    if asked.at and not found.page.items:
        return redirect(f"{request.path}{asked.address()}")
    context = _context(asked, found, categories, category)
    # htmx asks for the part that it swaps in; everybody else gets the page around it.
    template = "catalog/_shelf.html" if request.headers.get("HX-Request") else "catalog/listing.html"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _context(
    asked: Ask, found: Shelf, categories: list[Shelfmark], category: Shelfmark | None
) -> dict[str, object]:
    page = found.page
    return {
        "heading": f"“{asked.text}”" if asked.text else (category.name if category else "Everything"),
        "asked": asked,
        "text": asked.text,
        "category": category,
        "departments": categories,
        "page": page,
        "as_of": queries.listed_until(),
        "facets": found.facets,
        "shelves": [
            (each, found.facets.categories.get(each.slug, 0), each.slug in asked.filters.categories)
            for each in categories
        ],
        "attributes": _attributes(asked, found.facets),
        "bands": [_band(asked, band) for band in found.facets.bands],
        "sorts": _sorts(asked),
        "start_query": asked.address(),
        "previous_query": page.previous_cursor and asked.address(at=page.previous_cursor),
        "next_query": page.next_cursor and asked.address(at=page.next_cursor),
        "could_be_narrowed": bool(found.facets.unfiltered or asked.filters.traits),
        "filters_on": _filters_on(asked, categories, fixed=bool(category)),
    }


def _attributes(asked: Ask, facets: Facets) -> list[tuple[str, list[_Choice]]]:
    """Each attribute with its most frequent values, and with those that are chosen however rare they are."""
    chosen = asked.filters.by_attribute
    offered = []
    for name in sorted({*facets.attributes, *chosen}):
        counted = facets.attributes.get(name, {})
        frequent = dict.fromkeys(f"{name}:{value}" for value in [*counted][:_MOST_VALUES])
        values = [trait.partition(":")[2] for trait in frequent | dict.fromkeys(chosen.get(name, ()))]
        # Without a count where there was too much to be counted.
        missing = 0 if facets.attributes else None
        offered.append(
            (name, [(v, counted.get(v, missing), f"{name}:{v}" in asked.filters.traits) for v in values])
        )
    return offered


def _band(asked: Ask, band: Band) -> dict[str, object]:
    low, high = (None if end is None else f"{end / 100:.2f}" for end in (band.price_from, band.price_to))
    chosen = (band.price_from, band.price_to) == (asked.filters.price_from, asked.filters.price_to)
    return {
        "name": _prices(band.price_from, band.price_to),
        "products": band.products,
        "chosen": chosen,
        "query": asked.address(min=None, max=None) if chosen else asked.address(min=low, max=high),
    }


def _prices(low: int | None, high: int | None) -> str:
    if low is None:
        return f"Up to {Money(high or 0, 'GBP')}"
    return f"{Money(low, 'GBP')} and over" if high is None else f"{Money(low, 'GBP')} to {Money(high, 'GBP')}"


def _sorts(asked: Ask) -> list[dict[str, object]]:
    offered = {"": "Best match" if asked.text else "Popular"} | _SORTS
    return [{"key": key, "name": name, "current": key == asked.sort} for key, name in offered.items()]


def _filters_on(asked: Ask, categories: list[Shelfmark], *, fixed: bool) -> list[dict[str, str]]:
    """Each filter that is on, with the address of the same page without it."""
    filters = asked.filters
    named = {each.slug: each.name for each in categories}
    on = [] if fixed else [(named.get(s, s), asked.without("category", s)) for s in filters.categories]
    for trait in filters.traits:
        on.append((trait.partition(":")[2].capitalize(), asked.without("trait", trait)))
    if filters.has_prices:
        on.append((_prices(filters.price_from or 0, filters.price_to), asked.address(min=None, max=None)))
    if filters.in_stock:
        on.append(("In stock", asked.address(stock=None)))
    if filters.reduced:
        on.append(("Reduced", asked.address(reduced=None)))
    return [{"name": name, "query": query} for name, query in on]
