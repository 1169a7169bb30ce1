"""What is offered, and below it the read model that shoppers browse and search."""

import re
from collections.abc import Mapping
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Greatest, Ln, Round

from payments.money import Money

LONGEST_NAME = 120


class Category(models.Model):
    """A shelf of the shop."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something on offer, at one price."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    sku = models.CharField("SKU", max_length=64, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=LONGEST_NAME)
    description = models.TextField(blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    price_amount = models.BigIntegerField(help_text="In minor units: 1250 is £12.50.")
    currency = models.CharField(max_length=3, default="GBP")
    attributes = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), blank=True, help_text="Such as its colour."
    )
    picture = models.CharField(max_length=200, blank=True, help_text="The path of a static file.")
    is_published = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="product_price_not_negative"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def price(self) -> Money:
        """What one of it costs."""
        return Money(self.price_amount, self.currency)


UPLOADED = "pictures/"


class ProductPicture(models.Model):
    """One view of a product. The first in order is the one on the shelves: `Product.picture`."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="pictures")
    path = models.CharField(max_length=200, help_text="Of an uploaded file, or of a static one.")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(
        "what it shows", max_length=200, blank=True, help_text="For those who cannot see it."
    )
    position = models.PositiveSmallIntegerField(default=0)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.alt or self.path


class PriceChange(models.Model):
    """A product cost something else from then on. Written once, never changed."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="price_changes")
    changed_at = models.DateTimeField()
    old_amount = models.BigIntegerField()
    old_currency = models.CharField(max_length=3)
    new_amount = models.BigIntegerField()
    new_currency = models.CharField(max_length=3)
    by = models.CharField(max_length=150, blank=True, help_text="Who changed it; empty: the shop itself.")

    class Meta:
        ordering = ("-changed_at", "-id")
        indexes = (models.Index(fields=("product", "-changed_at"), name="price_change_of_product"),)

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"

    @property
    def old(self) -> Money:
        """What one cost before."""
        return Money(self.old_amount, self.old_currency)

    @property
    def new(self) -> Money:
        """What one cost from then on."""
        return Money(self.new_amount, self.new_currency)


# Where one band of prices ends and the next begins, in minor units.
PRICE_BANDS = [1000, 2000, 5000, 10000]


class CatalogListingRow(models.Model):
    """One product as shoppers see it; written by the `CatalogListing` projection only."""

    sku = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=120, default="")
    slug = models.CharField(max_length=120, default="", db_index=True)
    description = models.TextField(default="")
    category_slug = models.CharField(max_length=50, default="")
    category_name = models.CharField(max_length=80, default="")
    price_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="GBP")
    picture = models.CharField(max_length=200, default="")
    available = models.IntegerField(default=0)
    units_sold = models.IntegerField(default=0)
    visible = models.BooleanField(default=False)
    listed_at = models.DateTimeField(null=True)
    # The prices of the last month, oldest first, each with the moment it was asked from: what an honest
    # "was" is taken from when the price falls.
    prices = models.JSONField(default=list)
    was_amount = models.BigIntegerField(null=True)
    reduced_at = models.DateTimeField(null=True)
    sold_out = models.GeneratedField(
        expression=models.ExpressionWrapper(Q(available__lte=0), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    price_band = models.GeneratedField(
        expression=Func(
            F("price_amount"),
            Value(PRICE_BANDS, output_field=ArrayField(models.BigIntegerField())),
            function="width_bucket",
        ),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    # Every sale changes units_sold; this moves only when sales have grown by a sixth, so that the index
    # below seldom has to be written.
    popularity = models.GeneratedField(
        expression=Cast(Round(Ln(Greatest(F("units_sold"), 0) + 1.0) * 6), models.SmallIntegerField()),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    # All its traits, one on a line ("colour:green"): products of one blend are counted together.
    blend = models.TextField(default="", db_default="")
    traits = models.GeneratedField(
        expression=Func(F("blend"), Value("\n"), function="string_to_array"),
        output_field=ArrayField(models.TextField()),
        db_persist=True,
    )
    # Words as they are written find prefixes ("cerami"), their stems find other endings ("candles").
    search = models.GeneratedField(
        expression=SearchVector("name", config="simple", weight="A")
        + SearchVector("sku", config="simple", weight="A")
        + SearchVector("name", config="english", weight="A")
        + SearchVector("category_name", config="english", weight="B")
        + SearchVector("description", config="english", weight="C"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        db_table = "catalog_listing"
        indexes = (
            GinIndex(fields=("search",), name="catalog_listing_search"),
            models.Index(fields=("category_slug", "name"), name="catalog_listing_category"),
            # One per order, each read from any place on in one direction.
            models.Index("sold_out", F("popularity") * -1, "name", "sku", name="catalog_listing_popular"),
            models.Index("price_amount", "name", "sku", name="catalog_listing_price"),
            models.Index("name", "sku", name="catalog_listing_name"),
            models.Index("listed_at", "sku", name="catalog_listing_newest"),
            # All that the facets count, so that they are counted without reading the rows.
            models.Index(
                fields=("category_slug", "sold_out", "price_band"),
                condition=Q(visible=True),
                name="catalog_listing_facets",
            ),
            models.Index(
                fields=("price_amount", "category_slug", "sold_out", "price_band"),
                condition=Q(visible=True),
                name="catalog_listing_facets_priced",
            ),
            GinIndex(fields=("traits",), name="catalog_listing_traits"),
            models.Index(
                fields=("category_slug", "blend", "sold_out", "price_amount"),
                condition=Q(visible=True, blend__gt=""),
                name="catalog_listing_blends",
            ),
            models.Index(
                fields=("reduced_at",),
                condition=Q(visible=True, was_amount__isnull=False),
                name="catalog_listing_reduced",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.sku


class CatalogWordRow(models.Model):
    """A word that products were ever called by; written by the `CatalogWords` projection only."""

    word = models.CharField(max_length=120, primary_key=True)
    trigrams = ArrayField(models.CharField(max_length=3), default=list)

    class Meta:
        db_table = "catalog_words"
        indexes = (GinIndex(fields=("trigrams",), name="catalog_words_trigrams"),)

    def __str__(self) -> str:
        return self.word


def blend_of(attributes: Mapping[str, str]) -> str:
    """A product's attributes as one text, the same for all that share them."""
    return "\n".join(f"{name}:{value}" for name, value in sorted(attributes.items()))


def attributes_in(blend: str) -> dict[str, str]:
    """The attributes of which a blend was made."""
    return dict(trait.split(":", 1) for trait in blend.split("\n") if trait)


_APOSTROPHES = {ord("'"): None, 0x2019: None}


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, apostrophes dropped: "Gardener's mug" is gardeners, mug."""
    return re.findall(r"[^\W_]+", text.lower().translate(_APOSTROPHES))


def trigrams_of(text: str) -> list[str]:
    """The distinct three-letter pieces of a text's words, padded as pg_trgm does: "  m", " mu", "mug", …"""
    pieces: set[str] = set()
    for word in words_of(text):
        padded = f"  {word} "
        pieces.update(padded[start : start + 3] for start in range(len(padded) - 2))
    return sorted(pieces)
