"""Staff read payments with their ledger, credits and webhooks; nobody edits money here."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from payments import services
from payments.models import AccountCredit, EntryKind, InboxNotice, NoticeState, Payment, PaymentEntry, Refund
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


class PartsOfPayment(ReadOnly, admin.TabularInline[Any, Payment]):
    """What one payment consists of, each with its amount."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the payment, which knows the currency."""
        return super().get_queryset(request).select_related("payment")

    @admin.display(description="amount")
    def money(self, part: PaymentEntry | Refund) -> Money:
        """The amount, with its currency."""
        return part.money


class EntryInline(PartsOfPayment):
    """The ledger of one payment."""

    model = PaymentEntry
    fields = readonly_fields = ("kind", "money", "reference", "recorded_at")


class RefundInline(PartsOfPayment):
    """What was asked back of one payment."""

    model = Refund
    fields = readonly_fields = ("money", "reason", "state", "failure", "requested_at", "ended_at")


class Duplicates(admin.SimpleListFilter):
    """Payments whose money came although the order had another payment."""

    title = "paid twice"
    parameter_name = "duplicated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One choice besides all."""
        return [("yes", "Second payments of an order")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Payment]) -> QuerySet[Payment]:
        """Those with such an entry in their ledger."""
        if self.value() == "yes":
            second = PaymentEntry.objects.filter(kind=EntryKind.DUPLICATED, payment=OuterRef("pk"))
            return queryset.filter(Exists(second))
        return queryset


@admin.register(Payment)
class PaymentAdmin(ReadOnly, admin.ModelAdmin[Payment]):
    """What is due, held and given back for each order; money goes back by the order's page."""

    list_display = (
        "order_id",
        "state",
        "settles",
        "method",
        "due",
        "held",
        "decline_message",
        "requested_at",
    )
    ordering = ("-requested_at",)
    list_filter = ("state", "method", "provider", Duplicates, "decline_reason")
    search_fields = ("=id", "=order_id", "=reference", "=entries__reference")
    inlines = (EntryInline, RefundInline)
    fields = readonly_fields = (
        "id",
        "order_id",
        "state",
        "settles",
        "replaced",
        "method",
        "provider",
        "reference",
        "card_token",
        "due",
        "held",
        "refundable",
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

    @admin.display
    def refundable(self, payment: Payment) -> Money:
        """What was captured and nobody has asked back yet."""
        return payment.refundable


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin[Refund]):
    """What was asked back, and what became of it."""

    list_display = ("requested_at", "order_id", "money", "state", "reason", "failure")
    list_filter = ("state",)
    list_select_related = ("payment",)
    search_fields = ("=id", "=payment__order_id")
    fields = ("id", "order_id", "money", "state", "reason", "failure", "requested_at", "ended_at")
    show_full_result_count = False

    @admin.display
    def order_id(self, refund: Refund) -> Any:
        """Which order it belongs to."""
        return refund.payment.order_id

    @admin.display(description="amount", ordering="amount")
    def money(self, refund: Refund) -> Money:
        """The amount, with its currency."""
        return refund.money


@admin.register(AccountCredit)
class AccountCreditAdmin(ReadOnly, admin.ModelAdmin[AccountCredit]):
    """Credit notes."""

    list_display = ("customer_reference", "money", "reason", "credited_at")
    search_fields = ("=id", "=customer_reference")
    fields = ("id", "customer_reference", "money", "reason", "credited_at")

    @admin.display(description="amount", ordering="amount")
    def money(self, credit: AccountCredit) -> Money:
        """The amount, with its currency."""
        return Money(credit.amount, credit.currency)


@admin.register(InboxNotice)
class InboxNoticeAdmin(ReadOnly, admin.ModelAdmin[InboxNotice]):
    """What processors have told us. Parked ones wait for a person, or for code that understands them."""

    list_display = ("received_at", "provider", "kind", "state", "remark", "payment_id")
    list_filter = ("state", "provider", "kind")
    ordering = ("-received_at",)
    search_fields = ("=event_id", "=payment_id", "=reference")
    actions = ("read_again",)
    fields = (
        "provider",
        "event_id",
        "kind",
        "state",
        "remark",
        "payment_id",
        "reference",
        "received_at",
        "read_at",
        "said",
    )
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxNotice]:
        """Without the bodies: a page of them may be as large as twenty-five megabytes."""
        return super().get_queryset(request).defer("body", "headers")

    def has_read_again_permission(self, request: HttpRequest) -> bool:
        """Whoever may change webhooks, though nobody edits one."""
        return request.user.has_perm("payments.change_inboxnotice")

    @admin.action(description="Read again", permissions=["read_again"])
    def read_again(self, request: HttpRequest, chosen: QuerySet[InboxNotice]) -> None:
        """Have what is parked or has failed read once more, by today's code."""
        with transaction.atomic():
            waiting = list(chosen.exclude(state=NoticeState.DONE))
            count = services.read_notices_again(notice_ids=[notice.pk for notice in waiting])
            LogEntry.objects.log_actions(int(request.user.pk or 0), waiting, CHANGE, "Read again.")
        self.message_user(
            request, f"To be read again: {count}. What is done already stays as it is.", messages.SUCCESS
        )

    @admin.display(description="body")
    def said(self, notice: InboxNotice) -> str:
        """The body, as it came."""
        return bytes(notice.body).decode(errors="replace")
