"""A product's pictures, and where a browser finds them."""

from dataclasses import dataclass
from urllib.parse import urldefrag

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.encoding import iri_to_uri

from catalog.models import UPLOADED, ProductPicture

SMALL = "-small"


@dataclass(frozen=True, slots=True)
class Picture:
    """One view of a product, with the room it takes on the page."""

    path: str
    width: int
    height: int
    alt: str


def pictures_of(sku: str) -> list[Picture]:
    """A product's pictures in their order, as they are now."""
    rows = ProductPicture.objects.filter(product__sku=sku)
    return [Picture(*row) for row in rows.values_list("path", "width", "height", "alt")]


def picture_url(path: str, *, small: bool = False) -> str:
    """The address of a picture: an uploaded one in either size, else a static file, which has one for all."""
    if not path.startswith(UPLOADED):
        return _static_url(path)
    name = path.removeprefix(UPLOADED).removesuffix(".webp")
    return reverse("catalog:picture", args=[f"{name}{SMALL if small else ''}"])


def _static_url(path: str) -> str:
    file, fragment = urldefrag(path)
    try:
        address = static(file)
    except ValueError:
        # The name was typed, or is of another release: no reason to refuse the page.
        address = f"{settings.STATIC_URL}{iri_to_uri(file)}"
    return f"{address}#{fragment}" if fragment else address
