"""The drawings of the demo products: one function per kind of thing, coloured by a palette."""

from collections.abc import Callable

from catalog.management.pictures import desk, garden, house, light, linen, table
from catalog.management.pictures.canvas import Palette

_ROOMS = (table, light, linen, garden, desk, house)
__all__ = ["Palette", "draw"]


def draw(kind: str, palette: Palette) -> str:
    """The SVG text of a kind of thing, such as "mug"."""
    return _drawing(kind)(palette)


def _drawing(kind: str) -> Callable[[Palette], str]:
    for room in _ROOMS:
        drawing = vars(room).get(kind)
        if drawing is not None and drawing.__module__ == room.__name__:
            return drawing  # type: ignore[no-any-return]
    raise LookupError(f"There is no drawing of a {kind}.")
