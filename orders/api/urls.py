"""Addresses below `/api/v1/`."""

from django.urls import path, re_path

from orders.api import carts, orders, own, returning, staff

_LINE = r"^carts/(?P<cart_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/lines/(?P<sku>[!-.0-~ ]{1,40})/$"

urlpatterns = [
    path("carts/", carts.Carts.as_view(), name="api-carts"),
    path("carts/<uuid:cart_id>/", carts.Cart.as_view(), name="api-cart"),
    path("carts/<uuid:cart_id>/lines/", carts.CartLines.as_view(), name="api-cart-lines"),
    re_path(_LINE, carts.CartLine.as_view(), name="api-cart-line"),
    path("carts/<uuid:cart_id>/checkout/", carts.CartCheckout.as_view(), name="api-checkout"),
    path("orders/", own.OwnOrders.as_view(), name="api-orders"),
    path("orders/<str:token>/", orders.Order.as_view(), name="api-order"),
    path("orders/<str:token>/events/", orders.OrderEvents.as_view(), name="api-order-events"),
    path("orders/<str:token>/cancel/", orders.OrderCancellation.as_view(), name="api-order-cancel"),
    path("orders/<str:token>/card/", orders.OrderCard.as_view(), name="api-order-card"),
    path("orders/<str:token>/returns/", orders.OrderReturns.as_view(), name="api-order-returns"),
    path("staff/orders/<str:number>/", staff.StaffOrder.as_view(), name="api-staff-order"),
    path("staff/orders/<str:number>/events/", staff.StaffOrderEvents.as_view(), name="api-staff-events"),
    path("staff/orders/<str:number>/cancel/", staff.StaffCancellation.as_view(), name="api-staff-cancel"),
    path("staff/orders/<str:number>/refunds/", staff.StaffRefunds.as_view(), name="api-staff-refunds"),
    path(
        "staff/orders/<str:number>/returns/<uuid:return_id>/receive/",
        returning.StaffReceipt.as_view(),
        name="api-staff-receive",
    ),
    path(
        "staff/orders/<str:number>/returns/<uuid:return_id>/refuse/",
        returning.StaffRefusal.as_view(),
        name="api-staff-refuse",
    ),
]
