"""Staff read payments with their ledger, and credits; nobody edits money here."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payments.models import AccountCredit, Payment, PaymentEntry
from payments.money import Money


class ReadOnly:
    """Money moves by services alone."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class EntryInline(ReadOnly, admin.TabularInline[PaymentEntry, Payment]):
    """The ledger of one payment."""

    model = PaymentEntry
    fields = ("kind", "money", "reference", "recorded_at")
    readonly_fields = fields

    @admin.display(description="amount")
    def money(self, entry: PaymentEntry) -> Money:
        """The amount, with its currency."""
        return Money(entry.amount, entry.payment.currency)


@admin.register(Payment)
class PaymentAdmin(ReadOnly, admin.ModelAdmin[Payment]):
    """What is due, held and given back for each order."""

    list_display = ("order_id", "state", "method", "due", "held", "decline_message", "requested_at")
    list_filter = ("state", "method", "decline_reason")
    search_fields = ("=id", "=order_id", "=entries__reference")
    date_hierarchy = "requested_at"
    inlines = (EntryInline,)
    fields = (
        "id",
        "order_id",
        "state",
        "method",
        "card_token",
        "due",
        "held",
        "decline_message",
        "requested_at",
    )
    show_full_result_count = False

    @admin.display(ordering="amount")
    def due(self, payment: Payment) -> Money:
        """What the order costs."""
        return payment.due

    @admin.display
    def held(self, payment: Payment) -> Money:
        """What was captured and not given back."""
        return payment.held


@admin.register(AccountCredit)
class AccountCreditAdmin(ReadOnly, admin.ModelAdmin[AccountCredit]):
    """Credit notes."""

    list_display = ("customer_reference", "money", "reason", "credited_at")
    search_fields = ("=id", "=customer_reference")
    date_hierarchy = "credited_at"
    fields = ("id", "customer_reference", "money", "reason", "credited_at")

    @admin.display(description="amount", ordering="amount")
    def money(self, credit: AccountCredit) -> Money:
        """The amount, with its currency."""
        return Money(credit.amount, credit.currency)
