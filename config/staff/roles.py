"""Who may do what: five roles, each with no more rights than its work needs."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db import transaction

_HELPS_WITH_ORDERS = (
    "orders.view_order",
    "orders.view_orderhistoryrow",
    "orders.view_ordernote",
    "orders.add_ordernote",
    "orders.view_shipment",
    "orders.view_stafftask",
    "orders.change_stafftask",
)
ROLES: dict[str, tuple[str, ...]] = {
    "Sales": (
        *_HELPS_WITH_ORDERS,
        "orders.cancel_order",
        "orders.view_notification",
        "orders.send_again",
        "orders.view_return",
        "orders.view_salesbydayrow",
        "payments.view_payment",
        "payments.view_refund",
        "catalog.view_product",
        "catalog.view_category",
        "inventory.view_stockitem",
    ),
    "Warehouse": (
        *_HELPS_WITH_ORDERS,
        "inventory.view_stockitem",
        "inventory.add_stockitem",
        "inventory.change_stockitem",
        "inventory.view_stockmovement",
        "inventory.view_reservation",
        "catalog.view_product",
    ),
    "Finance": (
        *_HELPS_WITH_ORDERS,
        "orders.view_return",
        "orders.view_salesbydayrow",
        "orders.view_taxrule",
        "orders.add_taxrule",
        "orders.change_taxrule",
        "orders.view_shippingrule",
        "orders.add_shippingrule",
        "orders.change_shippingrule",
        "payments.view_payment",
        "payments.view_refund",
        "payments.refund_payment",
        "payments.view_accountcredit",
        "payments.view_inboxnotice",
        "payments.change_inboxnotice",
    ),
    "Catalogue": (
        "catalog.view_product",
        "catalog.add_product",
        "catalog.change_product",
        "catalog.view_category",
        "catalog.add_category",
        "catalog.change_category",
        "inventory.view_stockitem",
    ),
    "Operations": (
        "admin.view_logentry",
        "eventbus.view_message",
        "eventbus.view_checkpoint",
        "eventbus.view_delivery",
        "eventbus.change_delivery",
        "eventbus.view_sagastate",
        "eventbus.change_sagastate",
        "eventbus.view_timer",
        "eventbus.view_breaker",
        "eventbus.change_breaker",
        "eventbus.view_arrival",
        "eventbus.change_arrival",
        "eventbus.view_act",
        "eventbus.view_pause",
        "eventbus.change_pause",
        "eventbus.view_rebuild",
        "eventbus.change_rebuild",
        "orders.view_order",
        "orders.view_notification",
        "orders.view_stafftask",
        "payments.view_inboxnotice",
        "payments.change_inboxnotice",
    ),
}


class UnknownPermission(Exception):
    """A role names a right that no model has."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"No model has {', '.join(sorted(names))}. Migrate first, or mend config/staff/roles.py."
        )


@dataclass(frozen=True, slots=True)
class Change:
    """What bringing a role up to date has changed."""

    role: str
    given: tuple[str, ...]
    taken: tuple[str, ...]


@transaction.atomic
def bring_up_to_date() -> list[Change]:
    """Make the groups, and give each exactly its rights; who is in them stays. Raises UnknownPermission."""
    known = {
        f"{one.content_type.app_label}.{one.codename}": one
        for one in Permission.objects.select_related("content_type")
    }
    if missing := {name for names in ROLES.values() for name in names} - known.keys():
        raise UnknownPermission(missing)
    return [_bring_up_to_date(role, set(names), known) for role, names in ROLES.items()]


def _bring_up_to_date(role: str, wanted: set[str], known: dict[str, Permission]) -> Change:
    group, _ = Group.objects.get_or_create(name=role)
    names = {permission.pk: name for name, permission in known.items()}
    held = {names[pk] for pk in group.permissions.values_list("pk", flat=True)}
    group.permissions.set([known[name] for name in wanted])
    return Change(role, tuple(sorted(wanted - held)), tuple(sorted(held - wanted)))
