"""Addresses of the cart, the checkout and the orders."""

from django.urls import path

from orders import views
from orders.views.links import by_link

app_name = "orders"
urlpatterns = [
    path("cart/", views.cart, name="cart"),
    path("cart/add/", views.add_to_cart, name="add_to_cart"),
    path("cart/change/", views.change_cart, name="change_cart"),
    path("cart/apart/", views.take_apart, name="take_apart"),
    path("cart/together/", views.put_together, name="put_together"),
    path("cart/keep/", views.keep_basket, name="keep_basket"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/<str:token>/", by_link(views.status), name="status"),
    path("orders/<str:token>/mails/", by_link(views.mails), name="mails"),
    path("orders/<str:token>/paid/", by_link(views.returned_from_bank), name="returned_from_bank"),
    path("orders/<str:token>/card/", by_link(views.another_card), name="another_card"),
    path("orders/<str:token>/cancel/", by_link(views.cancel), name="cancel"),
    path("orders/<str:token>/return/", by_link(views.return_goods), name="return"),
    path("orders/<str:token>/claim/", by_link(views.claim), name="claim"),
    path("orders/<str:token>/links/", by_link(views.cut_links), name="cut_links"),
    path("account/orders/", views.history, name="history"),
    path("account/orders/<slug:number>/", views.own_order, name="own_order"),
    path("account/addresses/", views.addresses, name="addresses"),
    path("account/addresses/new/", views.new_address, name="new_address"),
    path("account/addresses/<uuid:address_id>/", views.edit_address, name="edit_address"),
    path("account/addresses/<uuid:address_id>/remove/", views.remove_address, name="remove_address"),
    path("account/addresses/<uuid:address_id>/usual/", views.choose_address, name="choose_address"),
]
