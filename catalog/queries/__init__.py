"""What can be asked of the catalogue.

`search`, `listing` and their kin read the listing that is folded from the log: a moment behind, which is why
they say so. `product_for_sale` reads what is true now: the price that an order is placed at.
"""

from catalog.models import LONGEST_NAME
from catalog.queries.facets import Band, Facets, Filters
from catalog.queries.listings import (
    CategoryCount,
    Listing,
    Shelfmark,
    best_pictures,
    categories,
    categories_with_counts,
    listed_until,
    listing,
    listings_by_sku,
)
from catalog.queries.offers import ProductForSale, known_skus, product_for_sale, products_for_sale
from catalog.queries.ordering import SORTS
from catalog.queries.pictures import Picture, picture_url, pictures_of
from catalog.queries.prices import PriceStep, price_history
from catalog.queries.records import ProductRecord, every_product_record, product_records
from catalog.queries.searching import PAGE_SIZE, Page, Shelf, search, shelf

__all__ = [
    "LONGEST_NAME",
    "PAGE_SIZE",
    "SORTS",
    "Band",
    "CategoryCount",
    "Facets",
    "Filters",
    "Listing",
    "Page",
    "Picture",
    "PriceStep",
    "ProductForSale",
    "ProductRecord",
    "Shelf",
    "Shelfmark",
    "best_pictures",
    "categories",
    "categories_with_counts",
    "every_product_record",
    "known_skus",
    "listed_until",
    "listing",
    "listings_by_sku",
    "picture_url",
    "pictures_of",
    "price_history",
    "product_for_sale",
    "product_records",
    "products_for_sale",
    "search",
    "shelf",
]
