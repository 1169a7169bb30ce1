"""Addresses of the catalogue below `/api/v1/`."""

from django.urls import path, re_path

from catalog.api import shelves, staff

_SKU = r"^staff/products/(?P<sku>[!-.0-~ ]{1,64})"
urlpatterns = [
    path("categories/", shelves.Categories.as_view(), name="api-categories"),
    path("products/", shelves.Products.as_view(), name="api-products"),
    path("products/<slug:slug>/", shelves.Product.as_view(), name="api-product"),
    path("staff/products/", staff.StaffProducts.as_view(), name="api-staff-products"),
    re_path(_SKU + "/$", staff.StaffProduct.as_view(), name="api-staff-product"),
    re_path(_SKU + "/description/$", staff.Description.as_view(), name="api-staff-description"),
    re_path(_SKU + "/category/$", staff.Place.as_view(), name="api-staff-place"),
    re_path(_SKU + "/attributes/$", staff.Attributes.as_view(), name="api-staff-attributes"),
    re_path(_SKU + "/price/$", staff.Price.as_view(), name="api-staff-price"),
    re_path(_SKU + "/offer/$", staff.Offering.as_view(), name="api-staff-offer"),
]
