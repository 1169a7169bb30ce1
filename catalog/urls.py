"""Addresses of the storefront's shelves."""

from django.urls import path, re_path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("category/<slug:slug>/", views.category, name="category"),
    re_path(r"^pictures/(?P<name>[0-9a-f]{32}(?:-small)?)\.webp$", views.picture, name="picture"),
    path("product/<slug:slug>/", views.product, name="product"),
]
