"""Uploaded pictures: only pixels come in, and only what was stored goes out."""

import re
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import Client
from PIL import Image
from pytest_django import Settings

from catalog import images, services
from catalog.errors import NotAPicture, PictureTooLarge, UnknownPicture
from catalog.events import ProductDescribed
from catalog.models import Product, ProductPicture
from catalog.queries import picture_url, pictures_of
from eventbus.testing import published
from tests.catalog.builders import a_product, offered

pytestmark = pytest.mark.django_db
NAME = re.compile(r"pictures/[0-9a-f]{32}\.webp")


@pytest.fixture(autouse=True)
def shelf(db: None, settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    offered(a_product("MUG"))
    return tmp_path


def a_file(size: tuple[int, int] = (800, 600), format_: str = "PNG", **options: object) -> BytesIO:
    file = BytesIO()
    Image.new("RGB", size, "#336644").save(file, format_, **options)
    file.seek(0)
    return file


def shown() -> list[str]:
    return [picture.alt for picture in pictures_of("MUG")]


@pytest.mark.parametrize("_format", ["JPEG", "PNG", "WEBP"])
def test_an_upload_is_drawn_anew_in_two_sizes(_format: str, shelf: Path) -> None:
    services.add_picture(sku="MUG", file=a_file((2400, 1200), _format), alt="A green mug", by="ada")

    (picture,) = pictures_of("MUG")
    assert NAME.fullmatch(picture.path)
    assert (picture.width, picture.height, picture.alt) == (1600, 800, "A green mug")
    large, small = (
        Image.open(BytesIO((shelf / name).read_bytes()))
        for name in (picture.path, f"{picture.path[:-5]}-small.webp")
    )
    assert (large.format, large.size, small.format, small.size) == ("WEBP", (1600, 800), "WEBP", (480, 240))
    assert ProductPicture.objects.get().added_by == "ada"


def test_what_came_along_with_the_pixels_is_left_behind(shelf: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at 12 Private Road"
    exif[0x0112] = 6  # turned by a quarter
    services.add_picture(sku="MUG", file=a_file((80, 40), "JPEG", exif=exif, comment=b"<script>"))

    stored = (shelf / pictures_of("MUG")[0].path).read_bytes()
    assert Image.open(BytesIO(stored)).size == (40, 80)
    assert b"Private" not in stored
    assert b"<script>" not in stored
    assert not Image.open(BytesIO(stored)).getexif()


@pytest.mark.parametrize(
    "_content",
    [
        b"",
        b"GIF89a" + bytes(40),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_refused(_content: bytes, shelf: Path) -> None:
    with pytest.raises(NotAPicture, match="Please send one of JPEG, PNG, WEBP"):
        services.add_picture(sku="MUG", file=BytesIO(_content))

    assert list(shelf.iterdir()) == []


@pytest.mark.parametrize("_format", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_a_picture_in_a_format_nobody_needs_is_refused(_format: str) -> None:
    with pytest.raises(NotAPicture):
        services.add_picture(sku="MUG", file=a_file((64, 64), _format))


def test_half_a_picture_is_refused() -> None:
    whole = a_file((400, 400), "JPEG", quality=95).getvalue()

    with pytest.raises(NotAPicture):
        services.add_picture(sku="MUG", file=BytesIO(whole[: len(whole) // 2]))


def test_a_picture_whose_notes_are_cut_short_is_refused() -> None:
    with pytest.raises(NotAPicture):
        services.add_picture(sku="MUG", file=a_file((40, 30), "PNG", exif=b"II*\0"))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_picture_is_shown_even_if_its_notes_are_torn() -> None:
    torn = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x0e\x01"
    services.add_picture(sku="MUG", file=a_file((40, 30), "JPEG", exif=torn), alt="Whole enough")

    assert shown() == ["Whole enough"]


@pytest.mark.parametrize("_size", [(6400, 6300), (12000, 12000)])
def test_a_small_file_with_too_many_pixels_is_refused(_size: tuple[int, int]) -> None:
    file = BytesIO()
    Image.new("1", _size).save(file, "PNG")

    assert file.tell() < images.MOST_BYTES
    file.seek(0)
    with pytest.raises(PictureTooLarge, match="more than 40 million pixels"):
        services.add_picture(sku="MUG", file=file)


def test_a_file_with_too_many_bytes_is_refused() -> None:
    with pytest.raises(PictureTooLarge, match="larger than 10 MB"):
        services.add_picture(sku="MUG", file=BytesIO(bytes(images.MOST_BYTES + 1)))


def test_the_first_picture_stands_on_the_shelves_and_is_announced() -> None:
    with published() as events:
        services.add_picture(sku="MUG", file=a_file(), alt="front")
        services.add_picture(sku="MUG", file=a_file(), alt="back")

    first = pictures_of("MUG")[0].path
    assert shown() == ["front", "back"]
    assert Product.objects.get(sku="MUG").picture == first
    assert len(events) == 1
    assert [each.picture for each in events if isinstance(each, ProductDescribed)] == [first]


def test_pictures_are_arranged_described_and_removed() -> None:
    ids = [services.add_picture(sku="MUG", file=a_file(), alt=alt) for alt in ("front", "back", "inside")]

    services.arrange_pictures(sku="MUG", picture_ids=[ids[2], ids[0]])
    services.describe_picture(picture_id=ids[0], alt="from the front")
    assert shown() == ["inside", "from the front", "back"]

    services.remove_picture(picture_id=ids[2])
    assert shown() == ["from the front", "back"]
    assert Product.objects.get(sku="MUG").picture == pictures_of("MUG")[0].path


def test_with_its_last_picture_a_product_has_none() -> None:
    picture_id = services.add_picture(sku="MUG", file=a_file())

    services.remove_picture(picture_id=picture_id)

    assert Product.objects.get(sku="MUG").picture == ""


def test_a_picture_of_another_product_is_not_arranged() -> None:
    offered(a_product("JUG", "Jug"))
    other = services.add_picture(sku="JUG", file=a_file())

    for unknown in (other, uuid4()):
        with pytest.raises(UnknownPicture):
            services.arrange_pictures(sku="MUG", picture_ids=[unknown])
    with pytest.raises(UnknownPicture):
        services.remove_picture(picture_id=uuid4())


def test_an_upload_is_served_as_a_picture_and_nothing_else() -> None:
    services.add_picture(sku="MUG", file=a_file())
    path = pictures_of("MUG")[0].path

    for address in (picture_url(path), picture_url(path, small=True)):
        answer = Client().get(address)
        assert answer.status_code == 200
        assert b"".join(answer)[8:12] == b"WEBP"
        assert answer["Content-Type"] == "image/webp"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("_name", ["../../manage.py", f"{'0' * 32}.webp", "x.webp", f"{'a' * 32}-large.webp"])
def test_no_other_file_is_served(_name: str) -> None:
    assert Client().get(f"/pictures/{_name}").status_code == 404


def test_a_static_picture_has_one_address() -> None:
    assert picture_url("catalog/products/mug-hearth.svg", small=True).startswith(
        "/static/catalog/products/mug"
    )
    closer = picture_url("catalog/products/mug-hearth.svg#svgView(viewBox(1,2,3,4))")
    assert closer.endswith(".svg#svgView(viewBox(1,2,3,4))")
    assert picture_url('no such "file".svg') == "/static/no%20such%20%22file%22.svg"
