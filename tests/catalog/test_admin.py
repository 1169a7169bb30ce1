"""What staff do to the catalogue is announced, like everything else."""

import io

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from catalog.events import (
    AttributesChanged,
    PriceChanged,
    ProductAdded,
    ProductDescribed,
    ProductMoved,
    ProductWithdrawn,
)
from catalog.models import Category, Product
from catalog.queries import pictures_of
from eventbus.testing import published
from payments.money import Money
from tests.catalog.builders import a_product, offered

pytestmark = pytest.mark.django_db
PRODUCTS = "/admin/catalog/product/"


def typed(**changes: object) -> dict[str, object]:
    kitchen = Category.objects.get(slug="kitchen").pk
    form: dict[str, object] = {
        "name": "Stoneware mug",
        "description": "Holds a good half pint.",
        "category": kitchen,
        "price": "12.00",
        "picture": "catalog/products/mug.svg",
    }
    return form | changes


def test_staff_add_a_product(admin_client: Client) -> None:
    offered()

    with published() as events:
        admin_client.post(f"{PRODUCTS}add/", typed(sku="MUG", slug=""))

    assert [type(event) for event in events] == [ProductAdded]
    assert Product.objects.values_list("sku", "slug", "price_amount").get() == ("MUG", "stoneware-mug", 1200)


def test_staff_change_what_they_changed_and_nothing_else(admin_client: Client) -> None:
    offered(a_product())
    page = f"{PRODUCTS}{Product.objects.get().pk}/change/"
    garden = Category.objects.get(slug="garden").pk

    with published() as events:
        admin_client.post(page, typed())
        admin_client.post(page, typed(price="9.99"))
        admin_client.post(page, typed(price="9.99", name="Big mug"))
        admin_client.post(page, typed(price="9.99", name="Big mug", category=garden))

    assert events == [
        PriceChanged(sku="MUG", price=Money(999, "GBP")),
        ProductDescribed(
            sku="MUG",
            name="Big mug",
            description="Holds a good half pint.",
            picture="catalog/products/mug.svg",
        ),
        ProductMoved(sku="MUG", category_slug="garden", category_name="Garden"),
    ]


def test_staff_write_down_what_tells_a_product_apart(admin_client: Client) -> None:
    offered(a_product(colour="green"))
    page = f"{PRODUCTS}{Product.objects.get().pk}/change/"

    shown = admin_client.get(page).content.decode()
    with published() as events:
        admin_client.post(page, typed(told_apart="colour: green"))
        admin_client.post(page, typed(told_apart="Colour: green\r\n\r\nsize: Large "))
    refused = admin_client.post(page, typed(told_apart="green")).content.decode()

    assert "colour: green</textarea>" in shown
    assert events == [AttributesChanged(sku="MUG", attributes={"colour": "green", "size": "large"})]
    assert "The green of a product has 1 to 60 characters." in refused


def test_staff_withdraw_products(admin_client: Client) -> None:
    offered(a_product())

    with published() as events:
        admin_client.post(PRODUCTS, {"action": "withdraw", "_selected_action": [Product.objects.get().pk]})

    assert events == [ProductWithdrawn(sku="MUG")]


def test_staff_rename_a_category_for_its_products(admin_client: Client) -> None:
    offered(a_product())
    kitchen = Category.objects.get(slug="kitchen")

    with published() as events:
        admin_client.post(
            f"/admin/catalog/category/{kitchen.pk}/change/", {"name": "Scullery", "position": "7"}
        )

    kitchen.refresh_from_db()
    assert (kitchen.name, kitchen.position) == ("Scullery", 7)
    assert events == [ProductMoved(sku="MUG", category_slug="kitchen", category_name="Scullery")]


@pytest.mark.parametrize("page", ["", "add/", "?q=mug&is_published__exact=1"])
def test_the_pages_open(admin_client: Client, page: str) -> None:
    offered(a_product())

    assert admin_client.get(f"{PRODUCTS}{page}").status_code == 200


def a_png() -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    return SimpleUploadedFile("mug.png", content.getvalue(), "image/png")


def test_staff_hang_a_picture_put_it_first_and_take_it_down(admin_client: Client) -> None:
    offered(a_product())
    product = Product.objects.get()
    page = f"{PRODUCTS}{product.pk}/change/"

    admin_client.post(page, typed(new_picture=a_png(), new_picture_shows="From the side"))
    admin_client.post(page, typed(new_picture=a_png(), new_picture_shows="From above"))
    first, second = product.pictures.all()
    assert (first.alt, second.alt, second.added_by) == ("From the side", "From above", "admin")

    admin_client.post(page, typed(put_first=str(second.id)))
    assert [one.alt for one in pictures_of(product.sku)] == ["From above", "From the side"]

    admin_client.post(page, typed(take_down=[str(first.id)]))
    assert [one.alt for one in pictures_of(product.sku)] == ["From above"]
    assert 'alt="From above"' in admin_client.get(page).content.decode()


def test_what_is_no_picture_is_refused_on_the_page(admin_client: Client) -> None:
    offered(a_product())
    page = f"{PRODUCTS}{Product.objects.get().pk}/change/"
    script = SimpleUploadedFile("mug.png", b"<script>alert(1)</script>", "image/png")

    answer = admin_client.post(page, typed(new_picture=script), follow=True).content.decode()

    assert "The picture was not taken." in answer
    assert not Product.objects.get().pictures.exists()


def test_what_a_product_cost_is_shown_with_who_changed_it(admin_client: Client) -> None:
    offered(a_product())
    page = f"{PRODUCTS}{Product.objects.get().pk}/change/"
    before = str(Product.objects.get().price)

    admin_client.post(page, typed(price="99.00"))

    shown = admin_client.get(page).content.decode()
    assert f"<td>{before}</td><td>£99.00</td><td>admin</td>" in shown


def test_withdrawing_is_kept_with_who_did_it(admin_client: Client) -> None:
    offered(a_product())

    chosen = {"action": "withdraw", "_selected_action": [Product.objects.get().pk]}
    admin_client.post(PRODUCTS, chosen)

    assert not Product.objects.get().is_published
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Withdrawn from sale."]
