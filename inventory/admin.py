"""Staff: what is on the shelf, and every movement that led there."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from inventory import services
from inventory.errors import InventoryError
from inventory.models import LONGEST_REASON, MOST_UNITS, Reservation, StockItem, StockMovement

LATEST_MOVEMENTS = 20


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only the services may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted by hand."""
        return False


class StockForm(forms.ModelForm[StockItem]):
    """Receive units or correct a count, with the reason that goes into the ledger; say when it is low."""

    low_at = forms.IntegerField(
        label="Low at",
        required=False,
        initial=StockItem._meta.get_field("low_at").default,
        min_value=0,
        max_value=MOST_UNITS,
        help_text="A mail goes out when no more than so many are left to sell.",
    )
    movement = forms.ChoiceField(choices=(("receive", "Receive a delivery"), ("adjust", "Correct the count")))
    quantity = forms.IntegerField(
        min_value=-MOST_UNITS,
        max_value=MOST_UNITS,
        required=False,
        help_text="Units; a negative number takes units off a count. Empty, with no reason: nothing moves.",
    )
    reason = forms.CharField(max_length=LONGEST_REASON, required=False)

    class Meta:
        model = StockItem
        fields: ClassVar[list[str]] = ["sku", "low_at"]

    @property
    def moves(self) -> bool:
        """Whether any units are to move; a new SKU comes with some."""
        return self.instance._state.adding or bool({"quantity", "reason"} & set(self.changed_data))

    def clean_low_at(self) -> int:
        """As it was, where nothing is said."""
        given: int | None = self.cleaned_data["low_at"]
        return self.instance.low_at if given is None else given

    def clean(self) -> dict[str, Any]:
        """A delivery brings at least one unit, a correction is not nothing, and either has its reason."""
        cleaned = super().clean() or {}
        for name in ("quantity", "reason") if self.moves else ():
            if name in cleaned and cleaned[name] in (None, ""):
                self.add_error(name, "This field is required.")
        quantity = cleaned.get("quantity")
        if quantity == 0 or (quantity and quantity < 0 and cleaned.get("movement") == "receive"):
            self.add_error("quantity", "A delivery brings one unit or more; a correction cannot be 0.")
        return cleaned


@admin.register(StockItem)
class StockItemAdmin(admin.ModelAdmin[StockItem]):
    """The shelf. Counters move through the services only, and each movement is in the ledger."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["staff/staff.css"]}

    form = StockForm
    list_display = ("sku", "on_hand", "reserved", "available", "enough")
    search_fields = ("sku",)
    fields = ("sku", "on_hand", "reserved", "low_at", "movement", "quantity", "reason", "ledger")

    def get_readonly_fields(self, request: HttpRequest, obj: StockItem | None = None) -> tuple[str, ...]:
        """The SKU can be given once; the counters never."""
        return ("on_hand", "reserved", "ledger", *(("sku",) if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: StockItem | None = None) -> bool:
        """A SKU with a history stays."""
        return False

    def save_model(self, request: HttpRequest, obj: StockItem, form: Any, change: bool) -> None:
        """Hand it to the services; no counter is saved from here."""
        if "low_at" in form.changed_data:
            services.set_alert(sku=obj.sku, low_at=obj.low_at)
        if not form.moves:
            return
        move = services.receive_stock if form.cleaned_data["movement"] == "receive" else services.adjust_stock
        move(sku=obj.sku, quantity=form.cleaned_data["quantity"], reason=form.cleaned_data["reason"])

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say why the service refused, and nothing of a change that was not made."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except InventoryError as refusal:
            messages.error(request, f"Nothing was moved. {refusal}")
            return HttpResponseRedirect(request.path)

    @admin.display(boolean=True)
    def enough(self, item: StockItem) -> bool:
        """Is there more than the low-stock threshold?"""
        return item.available > item.low_at

    @admin.display(description="latest movements")
    def ledger(self, item: StockItem) -> SafeString:
        """The newest ledger lines, and the way to all of them."""
        latest = StockMovement.objects.filter(item_id=item.sku).order_by("-id")[:LATEST_MOVEMENTS]
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    f"{localtime(line.made_at):%Y-%m-%d %H:%M}",
                    line.kind,
                    f"{line.on_hand_change:+}",
                    f"{line.reserved_change:+}",
                    line.why,
                )
                for line in latest
            ),
        )
        return format_html(
            '<div class="staff"><table><tr><th scope="col">When<th scope="col">What<th scope="col">On hand'
            '<th scope="col">Reserved<th scope="col">Why</tr>{}</table>'
            '<a href="{}?{}">The whole ledger</a></div>',
            rows,
            reverse("admin:inventory_stockmovement_changelist"),
            urlencode({"item__exact": item.sku}),
        )


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The ledger, to be read."""

    list_display = ("made_at", "item_id", "kind", "on_hand_change", "reserved_change", "reference", "reason")
    list_filter = ("kind",)
    search_fields = ("=item__sku", "=reference")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """What is held for whom, to be read."""

    list_display = ("order_id", "state", "expires_at", "goods", "turn", "made_at", "changed_at")
    list_filter = ("state", ("expires_at", admin.EmptyFieldListFilter))
    search_fields = ("=order_id",)
    ordering = ("-made_at",)
    show_full_result_count = False

    @admin.display
    def goods(self, reservation: Reservation) -> str:
        """What is or was held, as "2 MUG, 1 BOWL"."""
        lines = zip(reservation.quantities, reservation.skus, strict=True)
        return ", ".join(f"{quantity} {sku}" for quantity, sku in lines)
