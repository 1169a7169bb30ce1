"""The storefront's shelves; each view parses, asks one query and renders."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog import queries
from catalog.models import UPLOADED
from catalog.queries import CategoryCount

_SORTS = {
    "price": "Price, low to high",
    "-price": "Price, high to low",
    "newest": "New in",
}
_LAST_PAGE = 1000
_LONGEST_TEXT = 100
_A_YEAR_SECONDS = 365 * 24 * 3600


def departments(request: HttpRequest) -> dict[str, object]:
    """Context processor: the categories, asked for only by pages that list them."""
    return {"departments": SimpleLazyObject(queries.categories_with_counts)}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The front door: the categories, each with its best seller's picture, and what sells best of all."""
    tiles = [
        (each, queries.search(category=each.slug, size=1).items) for each in queries.categories_with_counts()
    ]
    return render(request, "catalog/home.html", {"tiles": tiles, "popular": queries.search(size=8).items})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What fits the words in the search box; everything when it is empty."""
    return _shelf(request, "Everything")


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """One category's shelf."""
    found = next((each for each in queries.categories_with_counts() if each.slug == slug), None)
    if found is None:
        raise Http404(f"There is no category {slug}.")
    return _shelf(request, found.name, found)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product, with others from its category."""
    item = queries.listing(slug)
    if item is None:
        raise Http404(f"There is no product {slug}.")
    beside = queries.search(category=item.category_slug, size=5).items
    more = [other for other in beside if other.sku != item.sku][:4]
    return render(request, "catalog/product.html", {"item": item, "more": more})


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


def _shelf(request: HttpRequest, heading: str, category: CategoryCount | None = None) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:_LONGEST_TEXT]
    sort = request.GET.get("sort", "")
    number = _page_number(request)
    slug = category.slug if category else ""
    page = queries.search(text, category=slug, sort=sort, page=number)
    if number > 1 and not page.items:
        return redirect(f"{request.path}?{_address(request, page=None)}")
    context = {
        "heading": f"“{text}”" if text else heading,
        "text": text,
        "category": category,
        "page": page,
        "sorts": _sorts(request, text, sort),
        "previous_query": page.previous and _address(request, page=page.previous),
        "next_query": page.next and _address(request, page=page.next),
    }
    return render(request, "catalog/listing.html", context)


def _sorts(request: HttpRequest, text: str, chosen: str) -> list[dict[str, object]]:
    offered = {"": "Best match" if text else "Popular"} | _SORTS
    current = chosen if chosen in offered else ""
    return [
        {"name": name, "query": _address(request, sort=key, page=None), "current": key == current}
        for key, name in offered.items()
    ]


def _page_number(request: HttpRequest) -> int:
    number = request.GET.get("page", "")
    return min(int(number), _LAST_PAGE) if number.isascii() and number.isdigit() else 1


def _address(request: HttpRequest, **changes: object) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = str(value)
    return query.urlencode()
