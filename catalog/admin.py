"""Staff: categories and products. Every change goes through the services, so that it is announced."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog import services
from catalog.models import Category, Product
from payments.money import Money


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    """The shelves of the shop, in their order."""

    list_display = ("name", "slug", "position")
    list_editable = ("position",)
    prepopulated_fields: ClassVar[dict[str, Sequence[str]]] = {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """A category keeps its address."""
        return ("slug",) if obj else ()

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Category | None = None
    ) -> dict[str, Sequence[str]]:
        """Suggest an address for a new category only."""
        return {} if obj else self.prepopulated_fields

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Announce a new name for the products in it; the position concerns the shelf alone."""
        if "name" in form.changed_data and change:
            services.rename_category(slug=obj.slug, name=obj.name)
        super().save_model(request, obj, form, change)


class ProductForm(forms.ModelForm[Product]):
    """A product, its price written as in the shop."""

    price = forms.DecimalField(min_value=0, max_digits=10, decimal_places=2)

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["sku", "slug", "name", "description", "category", "picture"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.sku:
            self.fields["price"].initial = self.instance.price.decimal
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def asked(self) -> Money:
        """The price that was typed, exactly."""
        return Money.parse(str(self.cleaned_data["price"]), self.instance.currency)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """What is offered, and at what price."""

    form = ProductForm
    list_display = ("name", "sku", "category", "price", "is_published")
    list_filter = ("is_published", "category")
    list_select_related = ("category",)
    search_fields = ("name", "=sku")
    fields = (
        "sku",
        "slug",
        "name",
        "description",
        "category",
        "price",
        "currency",
        "picture",
        "is_published",
    )
    actions = ("withdraw", "relist")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """A product keeps its SKU and its address; offering it is an action of its own."""
        return ("currency", "is_published", *(("sku", "slug") if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Products are withdrawn; orders still name them."""
        return False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Call the service of each thing that changed."""
        if change:
            _change(obj, form)
        else:
            services.add_product(product=_new(obj, form.asked()))
            obj.id = Product.objects.get(sku=obj.sku).id

    @admin.action(description="Withdraw from sale")
    def withdraw(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """Offer the selected products no longer."""
        for sku in products.values_list("sku", flat=True):
            services.withdraw_product(sku=sku)

    @admin.action(description="Offer again")
    def relist(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """Offer the selected products again."""
        for sku in products.values_list("sku", flat=True):
            services.relist_product(sku=sku)


def _change(product: Product, form: ProductForm) -> None:
    changed = set(form.changed_data)
    if "price" in changed:
        services.change_price(sku=product.sku, price=form.asked())
    if "category" in changed:
        services.move_product(sku=product.sku, category_slug=product.category.slug)
    if changed & {"name", "description", "picture"}:
        services.describe_product(
            sku=product.sku,
            name=product.name,
            description=product.description,
            picture=product.picture,
        )


def _new(product: Product, price: Money) -> services.NewProduct:
    return services.NewProduct(
        sku=product.sku,
        slug=product.slug,
        name=product.name,
        description=product.description,
        category_slug=product.category.slug,
        price=price,
        picture=product.picture,
    )
