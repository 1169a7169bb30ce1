"""Uploaded pictures: proved to be pictures, drawn anew without what came along, stored under a random name.

A file is believed in nothing: not in its name, not in the type the browser claims. Pillow has to read it as
one of the formats below, and only its pixels go on, as WebP in two sizes.
"""

import secrets
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from catalog.errors import NotAPicture, PictureTooLarge
from catalog.models import UPLOADED
from catalog.queries.pictures import SMALL

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600
SMALL_SIDE = 480
_QUALITY = 82
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a picture lies, and how large it is, so that a page can keep its place free."""

    path: str
    width: int
    height: int


def read(file: IO[bytes]) -> Image.Image:
    """The picture in a file, upright and without anything but its pixels."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PictureTooLarge(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as opened:
            # Known from the head of the file: nothing was decoded yet.
            if opened.width * opened.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            opened.load()
            upright = ImageOps.exif_transpose(opened)
            return upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except _BOMBS:
        raise PictureTooLarge(
            f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels."
        ) from None
    except Exception:  # Pillow's readers stumble over a broken file with errors of every kind.
        raise NotAPicture(FORMATS) from None


def store(image: Image.Image) -> Stored:
    """Write a picture in two sizes, under a name that tells nothing and cannot be guessed."""
    name = f"{UPLOADED}{secrets.token_hex(16)}"
    large, small = _fitted(image, LONGEST_SIDE), _fitted(image, SMALL_SIDE)
    for suffix, sized in (("", large), (SMALL, small)):
        default_storage.save(f"{name}{suffix}.webp", ContentFile(_encoded(sized)))
    return Stored(f"{name}.webp", large.width, large.height)


def _fitted(image: Image.Image, side: int) -> Image.Image:
    fitted = image.copy()
    fitted.thumbnail((side, side))
    return fitted


def _encoded(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY)
    return buffer.getvalue()
