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
    path("orders/<str:token>/paid/", views.returned_from_bank, name="returned_from_bank"),
    path("orders/<str:token>/card/", views.another_card, name="another_card"),
    path("orders/<str:token>/cancel/", views.cancel, name="cancel"),
    path("orders/<str:token>/return/", views.return_goods, name="return"),
]
