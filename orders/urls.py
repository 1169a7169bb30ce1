"""Addresses of the cart, the checkout and the orders."""

from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("cart/", views.cart, name="cart"),
    path("cart/add/", views.add_to_cart, name="add_to_cart"),
    path("cart/change/", views.change_cart, name="change_cart"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/<str:token>/", views.status, name="status"),
    path("orders/<str:token>/mails/", views.mails, name="mails"),
]
