"""Who may do what: every role tries every act."""

from io import StringIO
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from config.staff.roles import ROLES, UnknownPermission, bring_up_to_date
from inventory import services as inventory
from inventory.models import StockItem
from orders import services
from tests.factories import UserFactory
from tests.orders.builders import ORDER, a_confirmed_order, an_article, pounds

pytestmark = pytest.mark.usefixtures("bus")
BACK = UUID(int=1)

# (act, method, page's name, its arguments, what is sent), and the roles that may; a superuser always may.
ACTS: dict[tuple[str, str, str], set[str]] = {
    ("look at orders", "GET", "orders_order_changelist"): {"Sales", "Warehouse", "Finance", "Operations"},
    ("call an order off", "POST", "orders_cancel"): {"Sales"},
    ("leave a note", "POST", "orders_note"): {"Sales", "Warehouse", "Finance"},
    ("send a mail again", "POST", "orders_mail_again"): {"Sales"},
    ("give money back", "GET", "orders_refund"): {"Finance"},
    ("receive goods", "GET", "orders_receive"): {"Sales", "Warehouse", "Finance"},
    ("read mails", "GET", "orders_notification_changelist"): {"Sales", "Operations"},
    ("set taxes", "GET", "orders_taxrule_add"): {"Finance"},
    ("set delivery charges", "GET", "orders_shippingrule_add"): {"Finance"},
    ("look at payments", "GET", "payments_payment_changelist"): {"Sales", "Finance"},
    ("look at webhooks", "GET", "payments_inboxnotice_changelist"): {"Finance", "Operations"},
    ("count stock", "GET", "inventory_stockitem_add"): {"Warehouse"},
    ("read the stock's ledger", "GET", "inventory_stockmovement_changelist"): {"Warehouse"},
    ("look at products", "GET", "catalog_product_changelist"): {"Sales", "Warehouse", "Catalogue"},
    ("add a product", "GET", "catalog_product_add"): {"Catalogue"},
    ("add a category", "GET", "catalog_category_add"): {"Catalogue"},
    ("read the log", "GET", "eventbus_message_changelist"): {"Operations"},
    ("look at dead letters", "GET", "eventbus_delivery_changelist"): {"Operations"},
    ("look at arrivals", "GET", "eventbus_arrival_changelist"): {"Operations"},
    ("hold a subscription back", "POST", "eventbus_subscription"): {"Operations"},
    ("open a breaker", "POST", "eventbus_breaker_changelist"): {"Operations"},
    ("look at sagas", "GET", "eventbus_sagastate_changelist"): {"Operations"},
    ("see what staff did", "GET", "admin_logentry_changelist"): {"Operations"},
    ("give rights", "GET", "auth_group_changelist"): set(),
    ("make users", "GET", "auth_user_add"): set(),
    ("hold tokens", "GET", "api_apitoken_changelist"): set(),
}
ARGUMENTS: dict[str, list[object]] = {
    "eventbus_subscription": ["orders.checkout"],
    "orders_cancel": [ORDER],
    "orders_note": [ORDER],
    "orders_mail_again": [ORDER, 1],
    "orders_refund": [ORDER],
    "orders_receive": [ORDER, BACK],
}


@pytest.fixture
def roles() -> None:
    bring_up_to_date()
    a_confirmed_order()


def somebody(role: str, client: Client) -> Client:
    person = UserFactory.create(staff=True, username=role.lower())
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return client


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_do_its_work_and_nothing_else(role: str, client: Client) -> None:
    person = somebody(role, client)
    done = set()

    for act, method, name in ACTS:
        page = reverse(f"admin:{name}", args=ARGUMENTS.get(name, []))
        answer = person.post(page, {"reason": "x", "text": "x"}) if method == "POST" else person.get(page)
        assert answer.status_code in (200, 302, 403), act
        if answer.status_code != 403:
            done.add(act)

    assert done == {act for (act, _, _), roles in ACTS.items() if role in roles}


@pytest.mark.usefixtures("roles")
def test_who_may_look_at_a_product_cannot_change_its_price(client: Client) -> None:
    an_article()
    seller = somebody("Sales", client)
    page = reverse("admin:catalog_product_change", args=[Product.objects.get().pk])

    assert seller.get(page).status_code == 200
    assert seller.post(page, {"price": "0.01"}).status_code == 403
    assert Product.objects.get().price == pounds("8.50")


@pytest.mark.usefixtures("roles")
def test_who_may_look_at_the_shelf_cannot_move_stock(client: Client) -> None:
    an_article()
    seller = somebody("Sales", client)
    page = reverse("admin:inventory_stockitem_change", args=["MUG-RED"])

    answer = seller.post(page, {"movement": "adjust", "quantity": "-5", "reason": "mine"})

    assert answer.status_code == 403
    assert StockItem.objects.get().on_hand == 10


@pytest.mark.usefixtures("roles")
def test_who_moves_stock_is_kept_and_shown(client: Client) -> None:
    inventory.receive_stock(sku="MUG-RED", quantity=10, reason="delivery")
    keeper = somebody("Warehouse", client)
    page = reverse("admin:inventory_stockitem_change", args=["MUG-RED"])

    keeper.post(page, {"movement": "adjust", "quantity": "-1", "reason": "A broken one."})

    assert StockItem.objects.get().on_hand == 9
    entry = LogEntry.objects.get()
    assert (entry.user.get_username(), entry.object_repr) == ("warehouse", str(StockItem.objects.get()))


@pytest.mark.usefixtures("roles")
def test_what_was_done_cannot_be_taken_back_from_the_log(client: Client) -> None:
    boss = UserFactory.create(superuser=True)
    client.force_login(boss)
    services.write_note(order_id=ORDER, text="x", written_by="x")
    client.post(reverse("admin:orders_note", args=[ORDER]), {"text": "Rang them."})
    entry = LogEntry.objects.get()

    for act in ("change", "delete"):
        page = reverse(f"admin:admin_logentry_{act}", args=[entry.pk])
        assert client.post(page, {"post": "yes"}).status_code == 403
    assert "Wrote a note." in client.get(reverse("admin:admin_logentry_changelist")).content.decode()


def test_the_command_gives_what_is_missing_and_takes_what_is_too_much() -> None:
    bring_up_to_date()
    sales = Group.objects.get(name="Sales")
    sales.permissions.remove(Permission.objects.get(codename="cancel_order"))
    sales.permissions.add(Permission.objects.get(codename="change_product"))
    person = UserFactory.create(staff=True)
    person.groups.add(sales)

    told = StringIO()
    call_command("staff_roles", stdout=told)

    assert "Sales: + orders.cancel_order, - catalog.change_product" in told.getvalue()
    assert "Finance: as it was" in told.getvalue()
    assert person.has_perm("orders.cancel_order")
    assert not person.has_perm("catalog.change_product")


def test_a_right_that_no_model_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ROLES, "Sales", ("orders.fly",))

    with pytest.raises(UnknownPermission, match=r"No model has orders\.fly\."):
        bring_up_to_date()

    assert not Group.objects.exists()
