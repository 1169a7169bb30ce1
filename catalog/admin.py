"""Staff: categories and products. Every change goes through the services, so that it is announced."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from catalog import queries, services
from catalog.errors import CatalogError, InvalidAttributes
from catalog.models import Category, Product
from catalog.services.distinguishing import tidy
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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Say to whoever listens what the box in each row of the list is for."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in self.list_editable and field is not None:
            field.widget.attrs["aria-label"] = db_field.verbose_name.capitalize()
        return field

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Announce a new name for the products in it; the position concerns the shelf alone."""
        if "name" in form.changed_data and change:
            services.rename_category(slug=obj.slug, name=obj.name)
        super().save_model(request, obj, form, change)


class ProductForm(forms.ModelForm[Product]):
    """A product, its price written as in the shop."""

    price = forms.DecimalField(min_value=0, max_digits=10, decimal_places=2)
    told_apart = forms.CharField(
        required=False,
        label="Attributes",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One on a line, such as colour: green.",
    )
    new_picture = forms.FileField(
        required=False, help_text="Shown behind those that are there; what it says of its maker is left out."
    )
    new_picture_shows = forms.CharField(
        required=False, max_length=200, help_text="For those who cannot see it."
    )
    put_first = forms.ChoiceField(required=False, label="Shown on the shelves")
    take_down = forms.MultipleChoiceField(
        required=False, label="Take down", widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Product
        fields: ClassVar[list[str]] = ["sku", "slug", "name", "description", "category", "picture"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.sku:
            self.fields["price"].initial = self.instance.price.decimal
            lines = (f"{name}: {value}" for name, value in self.instance.attributes.items())
            self.fields["told_apart"].initial = "\n".join(lines)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        pictures = self.instance.pictures.all() if self.instance.pk else ()
        named = [(str(one.id), one.alt or one.path.rpartition("/")[2]) for one in pictures]
        for name, choices in (("put_first", [("", "as it is"), *named]), ("take_down", named)):
            if isinstance(field := self.fields.get(name), forms.ChoiceField):
                field.choices = choices

    def clean_told_apart(self) -> dict[str, str]:
        """The attributes, line by line."""
        lines = filter(None, map(str.strip, self.cleaned_data["told_apart"].splitlines()))
        parted = (line.partition(":") for line in lines)
        try:
            return tidy({name: value for name, _, value in parted})
        except InvalidAttributes as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def asked(self) -> Money:
        """The price that was typed, exactly."""
        return Money.parse(str(self.cleaned_data["price"]), self.instance.currency)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """What is offered, and at what price."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["staff/staff.css"]}

    form = ProductForm
    list_display = ("name", "sku", "category", "price", "is_published")
    list_filter = ("is_published", "category")
    list_select_related = ("category",)
    search_fields = ("name", "=sku")
    fieldsets = (
        (None, {"fields": ("sku", "slug", "name", "description", "category", "told_apart", "is_published")}),
        ("Price", {"fields": ("price", "currency", "prices_before")}),
        (
            "Pictures",
            {"fields": ("gallery", "put_first", "take_down", "new_picture", "new_picture_shows", "picture")},
        ),
    )
    actions = ("withdraw", "relist")

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """A product keeps its SKU and its address; offering it is an action of its own."""
        told = ("currency", "is_published", "prices_before", "gallery")
        return (*told, *(("sku", "slug") if obj else ()))

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        """A new product has no past, and pictures once it is there."""
        if obj is not None:
            return self.fieldsets
        new = ("sku", "slug", "name", "description", "category", "told_apart", "price", "picture")
        return ((None, {"fields": new}),)

    @admin.display(description="what it cost before")
    def prices_before(self, product: Product) -> SafeString:
        """Each change: when, from what to what, and by whom."""
        steps = queries.price_history(product.sku)
        if not steps:
            return SafeString("It never cost anything else.")
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            ((f"{localtime(one.changed_at):%-d %b %Y, %H:%M}", one.old, one.new, one.by) for one in steps),
        )
        head = "<tr><th scope='col'>When<th scope='col'>From<th scope='col'>To<th scope='col'>By</tr>"
        return format_html('<div class="staff"><table>{}{}</table></div>', SafeString(head), rows)

    @admin.display(description="as it is shown")
    def gallery(self, product: Product) -> SafeString:
        """Its pictures, in their order."""
        shown = (
            (queries.picture_url(one.path, small=True), one.alt) for one in queries.pictures_of(product.sku)
        )
        pictures = format_html_join("", '<img src="{}" alt="{}" width="120" height="120">', shown)
        return (
            format_html('<div class="staff gallery">{}</div>', pictures) if pictures else SafeString("none")
        )

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Products are withdrawn; orders still name them."""
        return False

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Call the service of each thing that changed."""
        if change:
            _change(obj, form, request.user.get_username())
            try:
                _hang(obj, form, request.user.get_username())
            except CatalogError as refusal:
                messages.error(request, f"The picture was not taken. {refusal}")
        else:
            services.add_product(product=_new(obj, form))
            obj.id = Product.objects.get(sku=obj.sku).id

    @admin.action(description="Withdraw from sale", permissions=["change"])
    def withdraw(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """Offer the selected products no longer."""
        for product in products:
            services.withdraw_product(sku=product.sku)
            self.log_change(request, product, "Withdrawn from sale.")

    @admin.action(description="Offer again", permissions=["change"])
    def relist(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        """Offer the selected products again."""
        for product in products:
            services.relist_product(sku=product.sku)
            self.log_change(request, product, "Offered again.")


def _change(product: Product, form: ProductForm, who: str) -> None:
    changed = set(form.changed_data)
    if "price" in changed:
        services.change_price(sku=product.sku, price=form.asked(), by=who)
    if "category" in changed:
        services.move_product(sku=product.sku, category_slug=product.category.slug)
    if "told_apart" in changed:
        services.change_attributes(sku=product.sku, attributes=form.cleaned_data["told_apart"])
    if changed & {"name", "description", "picture"}:
        services.describe_product(
            sku=product.sku,
            name=product.name,
            description=product.description,
            picture=product.picture,
        )


def _hang(product: Product, form: ProductForm, who: str) -> None:
    """Take down, take up, and put first what was asked for."""
    asked = form.cleaned_data
    for picture_id in asked["take_down"]:
        services.remove_picture(picture_id=UUID(picture_id))
    if asked["new_picture"]:
        services.add_picture(
            sku=product.sku, file=asked["new_picture"], alt=asked["new_picture_shows"], by=who
        )
    if asked["put_first"] and asked["put_first"] not in asked["take_down"]:
        services.arrange_pictures(sku=product.sku, picture_ids=[UUID(asked["put_first"])])


def _new(product: Product, form: ProductForm) -> services.NewProduct:
    return services.NewProduct(
        sku=product.sku,
        slug=product.slug,
        name=product.name,
        description=product.description,
        category_slug=product.category.slug,
        price=form.asked(),
        picture=product.picture,
        attributes=form.cleaned_data["told_apart"],
    )
