"""Putting the cart of a visit into the account's when somebody logs in, and taking the two apart again."""

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from orders.errors import CartAlreadyOrdered, UnionNotFound, UnionOutdated
from orders.models import MOST_LINES, Cart, CartLine, CartUnion, Order
from orders.services.carts import CART_IN_SESSION

_KEPT = ("sku", "title", "quantity", "seen_amount", "currency")
UNITED_IN_SESSION = "united"
"""Where a visitor's session keeps what to tell about two carts that became one."""
Lines = dict[str, CartLine]


@dataclass(frozen=True, slots=True)
class United:
    """The account's cart from here on; where two became one, how to undo it and what changed in sentences."""

    cart_id: UUID | None
    union_id: UUID | None = None
    changes: tuple[str, ...] = ()


@transaction.atomic
def unite_carts(*, customer_id: int, cart_id: UUID | None) -> United:
    """Bring the cart of a visit into the account's: of each article the larger quantity, nothing twice.

    A cart that was ordered, or is another account's, is left alone. A guest's becomes the account's own
    where that has none. The limit per line holds by itself; what costs another currency stays out, and so
    does what would be too many articles.
    """
    guest, mine = _open_carts(customer_id, cart_id)
    brought, had = _lines(guest), _lines(mine)
    if guest is None or not brought:
        return United(mine.pk if mine else None)
    if mine is None or not had:
        return United(_adopt(guest, customer_id, mine))
    before = _written(had.values())
    added, raised = _merged(brought, had)
    if not added and not raised:
        return United(mine.pk)
    CartLine.objects.bulk_update(raised, ["quantity"])
    CartLine.objects.bulk_create(CartLine(cart=mine, **_kept(line)) for line in added)
    union = CartUnion.objects.create(
        customer_id=customer_id,
        cart_id=mine.pk,
        guest_cart_id=guest.pk,
        before=before,
        after=_written(_lines(mine).values()),
    )
    return United(mine.pk, union.pk, tuple(_sentences(added, raised, before)))


def bring_basket(session: MutableMapping[str, Any], *, customer_id: int) -> None:
    """Bring the basket of a visit into the account's, and keep in the session what there is to tell."""
    visit = session.get(CART_IN_SESSION)
    united = unite_carts(customer_id=customer_id, cart_id=UUID(visit) if visit else None)
    session.pop(UNITED_IN_SESSION, None)
    if united.cart_id:
        session[CART_IN_SESSION] = str(united.cart_id)
    if united.union_id:
        session[UNITED_IN_SESSION] = {"id": str(united.union_id), "changes": list(united.changes)}


@transaction.atomic
def take_carts_apart(*, customer_id: int, union_id: UUID) -> UUID:
    """Give both carts back exactly as they were; answers with the guest's. Harmless when done before.

    Raises UnionNotFound, and UnionOutdated or CartAlreadyOrdered where the cart has moved on since.
    """
    union = CartUnion.objects.select_for_update().filter(pk=union_id, customer_id=customer_id).first()
    if union is None:
        raise UnionNotFound(union_id)
    if union.undone_at:
        return union.guest_cart_id
    both = [union.cart_id, union.guest_cart_id]
    list(Cart.objects.select_for_update().filter(pk__in=both).order_by("pk"))
    if ordered := Order.objects.filter(cart_id__in=both).first():
        raise CartAlreadyOrdered(ordered.cart_id or union.cart_id, ordered.pk)
    lines = CartLine.objects.filter(cart_id=union.cart_id)
    if _written(lines) != union.after:
        raise UnionOutdated(union_id)
    lines.delete()
    CartLine.objects.bulk_create(CartLine(cart_id=union.cart_id, **kept) for kept in union.before)
    CartUnion.objects.filter(pk=union_id).update(undone_at=timezone.now())
    return union.guest_cart_id


def _open_carts(customer_id: int, cart_id: UUID | None) -> tuple[Cart | None, Cart | None]:
    """The guest's and the account's newest, both locked in the order of their ids and not ordered."""
    newest = _unordered().filter(customer_id=customer_id).order_by("-created_at").values_list("pk", flat=True)
    wanted = Q(pk__in=list(newest[:1])) | Q(pk=cart_id, customer_id=None)
    list(Cart.objects.select_for_update().filter(wanted).order_by("pk"))
    found = list(_unordered().filter(wanted))
    guest = next((cart for cart in found if cart.customer_id is None), None)
    return guest, next((cart for cart in found if cart.customer_id is not None), None)


def _unordered() -> QuerySet[Cart]:
    return Cart.objects.exclude(Exists(Order.objects.filter(cart_id=OuterRef("pk"))))


def _adopt(guest: Cart, customer_id: int, emptied: Cart | None) -> UUID:
    if emptied:
        emptied.delete()
    Cart.objects.filter(pk=guest.pk).update(customer_id=customer_id)
    return guest.pk


def _merged(brought: Lines, had: Lines) -> tuple[list[CartLine], list[CartLine]]:
    """The lines to add, and those of the account's whose quantity grows."""
    currency = next(iter(had.values())).currency
    added = [line for sku, line in brought.items() if sku not in had and line.currency == currency]
    raised = []
    for sku, line in brought.items():
        if sku in had and line.quantity > had[sku].quantity:
            had[sku].quantity = line.quantity
            raised.append(had[sku])
    return added[: MOST_LINES - len(had)], raised


def _sentences(
    added: list[CartLine], raised: list[CartLine], before: list[dict[str, object]]
) -> Iterator[str]:
    was = {line["sku"]: line["quantity"] for line in before}
    yield from (f"{line.title}: {line.quantity} came from this visit." for line in added)
    yield from (f"{line.title}: {line.quantity} instead of {was[line.sku]}." for line in raised)


def _lines(cart: Cart | None) -> Lines:
    return {line.sku: line for line in cart.lines.all()} if cart else {}


def _kept(line: CartLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in _KEPT}


def _written(lines: Iterable[CartLine]) -> list[dict[str, object]]:
    return [_kept(line) for line in lines]
