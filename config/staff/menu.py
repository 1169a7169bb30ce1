"""The sidebar: what staff come for, in the order in which they do; each sees what they may open."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

Item = dict[str, Any]

# For a shop of several processes.
_ARRIVALS = ("Arrivals", "move_to_inbox", "eventbus.view_arrival", "eventbus_arrival_changelist")
# Title, icon, permission ("" is for everybody on the staff), and the page's name in the admin.
_GROUPS: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...] = (
    (
        "Shop",
        (
            ("Today", "monitoring", "", "index"),
            ("Orders", "receipt_long", "orders.view_order", "orders_order_changelist"),
            ("Waiting for a person", "inbox", "", "staff_queue"),
            ("Parcels", "local_shipping", "orders.view_shipment", "orders_shipment_changelist"),
            ("Mails", "mail", "orders.view_notification", "orders_notification_changelist"),
            ("Products", "storefront", "catalog.view_product", "catalog_product_changelist"),
            ("Categories", "category", "catalog.view_category", "catalog_category_changelist"),
            ("Sheets", "table_view", "", "staff_sheets"),
        ),
    ),
    (
        "Stock",
        (
            ("Shelves", "inventory_2", "inventory.view_stockitem", "inventory_stockitem_changelist"),
            ("Movements", "swap_vert", "inventory.view_stockmovement", "inventory_stockmovement_changelist"),
            ("Holds", "lock_clock", "inventory.view_reservation", "inventory_reservation_changelist"),
        ),
    ),
    (
        "Money",
        (
            ("Payments", "credit_card", "payments.view_payment", "payments_payment_changelist"),
            ("Refunds", "undo", "payments.view_refund", "payments_refund_changelist"),
            (
                "Account credits",
                "account_balance",
                "payments.view_accountcredit",
                "payments_accountcredit_changelist",
            ),
            ("Credit notes", "assignment_return", "orders.view_return", "orders_return_changelist"),
            ("Webhooks", "webhook", "payments.view_inboxnotice", "payments_inboxnotice_changelist"),
            (
                "Sales by day",
                "calendar_month",
                "orders.view_salesbydayrow",
                "orders_salesbydayrow_changelist",
            ),
            ("Taxes", "percent", "orders.view_taxrule", "orders_taxrule_changelist"),
            ("Delivery charges", "sell", "orders.view_shippingrule", "orders_shippingrule_changelist"),
        ),
    ),
    (
        "Messages",
        (
            ("Bus overview", "traffic", "eventbus.view_checkpoint", "eventbus_overview"),
            ("Failures", "report", "eventbus.view_delivery", "eventbus_failures"),
            ("Subscriptions", "alt_route", "eventbus.view_checkpoint", "eventbus_checkpoint_changelist"),
            ("Message log", "list_alt", "eventbus.view_message", "eventbus_message_changelist"),
            ("Map", "hub", "eventbus.view_message", "eventbus_map"),
            ("Sagas", "account_tree", "eventbus.view_sagastate", "eventbus_sagastate_changelist"),
            *((_ARRIVALS,) if settings.EVENTBUS.get("BRIDGE") else ()),
            ("Breakers", "power_off", "eventbus.view_breaker", "eventbus_breaker_changelist"),
            ("Decisions", "gavel", "eventbus.view_act", "eventbus_act_changelist"),
        ),
    ),
    (
        "People",
        (
            ("Users", "person", "auth.view_user", "auth_user_changelist"),
            ("Roles", "groups", "auth.view_group", "auth_group_changelist"),
            (
                "Second factors",
                "phonelink_lock",
                "accounts.view_secondfactor",
                "accounts_secondfactor_changelist",
            ),
            ("API tokens", "key", "api.view_apitoken", "api_apitoken_changelist"),
            ("Log-ins refused", "gpp_bad", "axes.view_accessattempt", "axes_accessattempt_changelist"),
            ("What staff did", "history", "admin.view_logentry", "admin_logentry_changelist"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[Item]:
    """The groups of the sidebar, with what this person may open."""
    groups = ((title, [_item(*item) for item in items if _may(request, item[2])]) for title, items in _GROUPS)
    return [
        {"title": title, "separator": False, "items": [item for item in items if item["link"]]}
        for title, items in groups
    ]


def _may(request: HttpRequest, permission: str) -> bool:
    return not permission or request.user.has_perm(permission)


def _item(title: str, icon: str, _permission: str, page: str) -> Item:
    item: Item = {"title": title, "icon": icon, "link": _link(page)}
    if page == "index":
        item["active"] = _is_index
    return item


def _link(page: str) -> str:
    try:
        return reverse(f"admin:{page}")
    except NoReverseMatch:
        return ""


def _is_index(request: HttpRequest) -> bool:
    return request.path == reverse("admin:index")
