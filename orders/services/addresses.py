"""Verbs of an account's address book; an address of another account is not found."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from orders.errors import AddressBookFull, AddressNotFound
from orders.events import Address
from orders.models import ADDRESS_PARTS, MOST_ADDRESSES, SavedAddress


@transaction.atomic
def save_address(*, customer_id: int, name: str, address: Address, usual: bool = False) -> UUID:
    """Keep an address; the first one is the usual one. Known already, it is not kept twice.

    Raises AddressBookFull.
    """
    _one_at_a_time(customer_id)
    kept = list(SavedAddress.objects.filter(customer_id=customer_id))
    parts = _parts(name, address)
    known = next((each for each in kept if all(getattr(each, part) == parts[part] for part in parts)), None)
    if known is None and len(kept) >= MOST_ADDRESSES:
        raise AddressBookFull(MOST_ADDRESSES)
    saved = known or SavedAddress.objects.create(customer_id=customer_id, **parts)
    if usual or not kept:
        _make_usual(saved)
    return saved.id


@transaction.atomic
def change_address(*, customer_id: int, address_id: UUID, name: str, address: Address) -> None:
    """Write an address anew; raises AddressNotFound. Orders keep what they were sent to."""
    if not _of(customer_id, address_id).update(**_parts(name, address)):
        raise AddressNotFound(address_id)


@transaction.atomic
def remove_address(*, customer_id: int, address_id: UUID) -> None:
    """Take an address out of the book; harmless when it is not in it.

    Of those that are left, the oldest is the usual one then.
    """
    _one_at_a_time(customer_id)
    gone = _of(customer_id, address_id).filter(is_default=True).exists()
    _of(customer_id, address_id).delete()
    heir = SavedAddress.objects.filter(customer_id=customer_id).order_by("added_at").first()
    if gone and heir:
        _make_usual(heir)


@transaction.atomic
def choose_address(*, customer_id: int, address_id: UUID) -> None:
    """Have parcels usually sent there; raises AddressNotFound."""
    _one_at_a_time(customer_id)
    chosen = _of(customer_id, address_id).first()
    if chosen is None:
        raise AddressNotFound(address_id)
    _make_usual(chosen)


def _of(customer_id: int, address_id: UUID) -> QuerySet[SavedAddress]:
    return SavedAddress.objects.filter(customer_id=customer_id, pk=address_id)


def _make_usual(saved: SavedAddress) -> None:
    SavedAddress.objects.filter(customer_id=saved.customer_id, is_default=True).update(is_default=False)
    SavedAddress.objects.filter(pk=saved.pk).update(is_default=True)


def _one_at_a_time(customer_id: int) -> None:
    """Two tabs must not each count nineteen, nor each choose another usual one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('orders.addresses', %s))", [customer_id]
        )


def _parts(name: str, address: Address) -> dict[str, str]:
    return {"name": name} | {part: getattr(address, part) for part in ADDRESS_PARTS}
