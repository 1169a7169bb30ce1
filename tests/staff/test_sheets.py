"""Products, prices and stock counts, out of the shop and into it as sheets."""

import csv
import io
import tracemalloc
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog import queries as catalog
from catalog import services as offers
from catalog.events import PriceChanged, ProductAdded, ProductDescribed, ProductWithdrawn
from catalog.models import Product
from config.staff.models import Upload
from config.staff.sheets import cells, importing
from config.staff.sheets.importing import carry_out, trial
from config.staff.sheets.kinds import KINDS
from eventbus.testing import published
from inventory import services as shelf
from inventory.events import StockAdjusted
from inventory.models import StockItem, StockMovement
from tests.factories import UserFactory
from tests.inventory.builders import lines, meanwhile
from tests.orders.builders import ORDER, an_article, pounds

pytestmark = pytest.mark.usefixtures("bus")


@pytest.fixture
def staff(client: Client) -> Any:
    client.force_login(UserFactory.create(superuser=True, username="sam"))
    return client


def price_of(sku: str) -> Any:
    return catalog.product_records([sku])[sku].price


def many(count: int) -> None:
    offers.add_category(slug="mugs", name="Mugs", position=1)
    offers.add_products(
        [
            offers.NewProduct(sku=f"SKU-{n:05}", name=f"Mug {n}", category_slug="mugs", price=pounds("1"))
            for n in range(count)
        ]
    )


class TestPrices:
    """The smallest sheet."""

    def test_a_trial_says_what_would_change_and_changes_nothing(self) -> None:
        an_article("MUG", "8.50")
        an_article("POT", "20.00")

        with published() as told:
            found = trial(KINDS["prices"], "sku,price\nMUG,9.00\nPOT,20\n", "sam")

        assert found.changes == [(2, "MUG: £8.50 becomes £9.00")]
        assert (found.rows, found.same, found.bad) == (2, 1, [])
        assert told == []
        assert price_of("MUG") == pounds("8.50")

    def test_an_import_goes_through_the_service_and_says_who(self) -> None:
        an_article("MUG", "8.50")

        with published() as told:
            carry_out(KINDS["prices"], "sku,price\nMUG,9.00\n", "sam")

        assert told == [PriceChanged(sku="MUG", price=pounds("9.00"))]
        assert [step.by for step in catalog.price_history("MUG")] == ["sam"]

    def test_the_same_sheet_again_changes_nothing(self) -> None:
        an_article("MUG", "8.50")
        sheet = "sku,price\nMUG,9.00\n"
        carry_out(KINDS["prices"], sheet, "sam")

        with published() as told:
            again = carry_out(KINDS["prices"], sheet, "sam")

        assert (again.same, again.changes, told) == (1, [], [])

    @pytest.mark.parametrize(
        ("row", "why"),
        [
            ("CUP,9.00", "No product has the SKU CUP."),
            (",9.00", "There is no SKU."),
            ("MUG,-1", "-£1.00 is no price to ask."),
            ("MUG,cheap", "'cheap' is not an amount of GBP."),
            ("MUG,1.234", "'1.234' is not a whole number of GBP minor units."),
            ("MUG,", "'' is not an amount of GBP."),
            ("MUG,123456789012", "'123456789012' is not an amount of GBP."),
            ("MUG,1e999990", "'1e999990' is not an amount of GBP."),
            ("MUG,9.00,pounds", "POUNDS is no currency: GBP is one."),
        ],
    )
    def test_a_row_that_cannot_be_is_named_by_line_and_reason_and_stops_all(self, row: str, why: str) -> None:
        an_article("MUG", "8.50")
        an_article("POT", "20.00")
        sheet = f"sku,price,currency\nPOT,21.00\n{row}\n"

        assert trial(KINDS["prices"], sheet, "sam").bad == [(3, why)]
        assert carry_out(KINDS["prices"], sheet, "sam").changes == []
        assert price_of("POT") == pounds("20.00")

    def test_a_sku_that_comes_twice_is_refused_the_second_time(self) -> None:
        an_article("MUG")

        found = trial(KINDS["prices"], "sku,price\nMUG,9\nMUG,10\n", "sam")

        assert found.bad == [(3, "MUG is on line 2 already.")]

    def test_a_refused_batch_changes_nothing_and_what_was_before_it_stays(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importing, "BATCH", 2)
        for sku in ("A", "B", "C", "D"):
            shelf.receive_stock(sku=sku, quantity=5, reason="delivery")
        shelf.receive_stock(sku="D", quantity=5, reason="delivery")
        sheet = f"sku,on_hand,reason\nA,6,x\nB,6,x\nC,6,x\nD,6,{'y' * 1000}\n"

        done = carry_out(KINDS["stock"], sheet, "sam")

        assert [line for line, _ in done.changes] == [2, 3]
        assert [line for line, _ in done.bad] == [5]
        assert [item.on_hand for item in StockItem.objects.order_by("sku")] == [6, 6, 5, 10]
        again = carry_out(KINDS["stock"], sheet.replace("y" * 1000, "y"), "sam")
        assert (again.same, [line for line, _ in again.changes]) == (2, [4, 5])

    def test_a_batch_is_judged_in_a_fixed_number_of_queries(self) -> None:
        many(400)
        sheet = "sku,price\n" + "".join(f"SKU-{n:05},2\n" for n in range(400))

        with CaptureQueriesContext(connection) as asked:
            assert len(trial(KINDS["prices"], sheet, "sam").changes) == 400

        assert len(asked) == 1


class TestProducts:
    """All that can be changed of a product."""

    def test_a_new_product_is_added_and_a_known_one_changed(self) -> None:
        an_article("MUG", "8.50")
        offers.add_category(slug="pots", name="Pots", position=2)
        sheet = (
            "sku,name,category,price,description,offered\n"
            "MUG,A mug,pots,9.00,Blue,no\n"
            "POT,A pot,pots,20.00,Round,yes\n"
        )

        with published() as told:
            done = carry_out(KINDS["products"], sheet, "sam")

        assert done.changes == [
            (2, "MUG: is called A mug, moves to pots, £8.50 becomes £9.00, is withdrawn"),
            (3, "POT: new, A pot for £20.00"),
        ]
        assert {type(event) for event in told} >= {
            ProductAdded,
            ProductDescribed,
            PriceChanged,
            ProductWithdrawn,
        }
        mug = Product.objects.get(sku="MUG")
        assert (mug.name, mug.category.slug, mug.description, mug.is_published) == (
            "A mug",
            "pots",
            "Blue",
            False,
        )

    def test_a_category_that_is_not_there_is_named(self) -> None:
        an_article("MUG")

        found = trial(KINDS["products"], "sku,name,category,price\nMUG,Mug,cups,1\n", "sam")

        assert found.bad == [(2, "No category has the slug cups; add the category first.")]

    def test_what_the_shop_has_no_room_for_is_refused_before_anything_is_put_in(self) -> None:
        an_article("MUG")
        sheet = f"sku,name,category,price\n{'S' * 65},Mug,mugs,1\nMUG,{'n' * 121},mugs,1\n"

        assert trial(KINDS["products"], sheet, "sam").bad == [
            (2, "A SKU has 64 characters at most."),
            (3, "A product has a name of 120 characters at most."),
        ]

    def test_the_longest_that_there_is_room_for_is_put_in(self) -> None:
        an_article("MUG")
        sku, other, name = "s" * 64, "S" * 64, "n" * 120
        sheet = f"sku,name,category,price\n{sku},{name},mugs,99999999.99\n{other},{name},mugs,1\n"

        assert carry_out(KINDS["products"], sheet, "sam").bad == []

        assert price_of(sku) == pounds("99999999.99")

    def test_what_comes_out_goes_in_again_without_a_change(self, staff: Any) -> None:
        an_article("MUG", "8.50")
        offers.describe_product(
            sku="MUG", name='=SUM(A1) "mug", big', description="-5 degrees\nand +\n", picture=""
        )
        for name, kind in KINDS.items():
            text = b"".join(staff.get(reverse("admin:staff_export", args=[name])).streaming_content)

            found = trial(kind, cells.decoded(text), "sam")

            assert (found.rows, found.same, found.bad) == (1, 1, []), name


class TestStock:
    """What was counted."""

    def test_a_count_moves_the_difference_with_its_reason(self) -> None:
        an_article("MUG", stock=10)

        with published() as told:
            carry_out(KINDS["stock"], "sku,on_hand,reason\nMUG,8,Two broken\n", "sam")

        assert told == [StockAdjusted(sku="MUG", quantity=-2, reason="Two broken")]
        assert StockMovement.objects.latest("id").reason == "Two broken"

    def test_without_a_reason_it_says_who_counted(self) -> None:
        an_article("MUG", stock=10)

        carry_out(KINDS["stock"], "sku,on_hand\nMUG,11\n", "sam")

        assert StockMovement.objects.latest("id").reason == "counted by sam"

    @pytest.mark.parametrize("counted", ["-1", "many", "1.5", "", "²"])
    def test_what_is_no_count_is_refused(self, counted: str) -> None:
        an_article("MUG", stock=10)

        assert trial(KINDS["stock"], f"sku,on_hand\nMUG,{counted}\n", "sam").bad[0][0] == 2

    def test_what_is_reserved_cannot_be_counted_away(self) -> None:
        an_article("MUG", stock=10)
        StockItem.objects.update(reserved=4)

        found = trial(KINDS["stock"], "sku,on_hand\nMUG,3\n", "sam")

        assert found.bad == [(2, "4 of MUG are reserved: 3 cannot be all there are.")]

    def test_a_count_that_is_handed_in_twice_at_once_moves_the_shelf_once(self) -> None:
        an_article("MUG", stock=10)
        put_in = partial(carry_out, KINDS["stock"], "sku,on_hand\nMUG,12\n", "sam")

        with transaction.atomic():
            StockItem.objects.select_for_update().get(sku="MUG")
            both = meanwhile(put_in), meanwhile(put_in)

        assert sorted(len(done().changes) for done in both) == [0, 1]
        assert StockItem.objects.get().on_hand == 12

    def test_counts_in_any_order_are_put_in_while_shoppers_reserve(self) -> None:
        an_article("MUG", stock=10)
        an_article("POT", stock=10)
        sheet = "sku,on_hand\nPOT,20\nMUG,20\n"

        with transaction.atomic():
            StockItem.objects.select_for_update().get(sku="MUG")
            reserved = meanwhile(partial(shelf.reserve_stock, order_id=ORDER, lines=lines(MUG=1, POT=1)))
            counted = meanwhile(partial(carry_out, KINDS["stock"], sheet, "sam"))

        assert (reserved(), len(counted().changes)) == (None, 2)
        assert list(StockItem.objects.order_by("sku").values_list("on_hand", "reserved")) == [
            (20, 1),
            (20, 1),
        ]


class TestFiles:
    """What people hand in, and what spreadsheets would run."""

    @pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c calc'!A1"])
    def test_no_cell_is_a_formula(self, cell: str) -> None:
        (_, _, line) = cells.written(["name"], [[cell]])

        (row,) = csv.reader(io.StringIO(line, newline=""))
        assert row == ["'" + cell]

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"sku,cost\nMUG,1\n", "There is no column price."),
            (b"sku,price,colour\nMUG,1,red\n", "Nobody knows the column colour."),
            (b"sku,price,price\nMUG,1,2\n", "A column is there twice."),
            (b"", "There is no column sku, price."),
            (b"sku,price\nMUG,1,000\n", "Line 2 has more cells than there are columns."),
            (b"\xff\xfe\x00", "The file is not UTF-8 text."),
            (b"PK\x03\x04\x00", "The file is not text."),
            (b'sku,price\n"MUG,1\n', "cannot be read: unexpected end of data."),
            (b"x" * (5 * 1024 * 1024 + 1), "The file is larger than 5 MB."),
        ],
    )
    def test_what_is_no_sheet_is_explained(self, staff: Any, content: bytes, why: str) -> None:
        page = hand_in(staff, content)

        assert why in page.content.decode()
        assert not Upload.objects.exists()

    def test_semicolons_and_spaces_do_no_harm(self) -> None:
        an_article("MUG", "8.50")

        found = trial(KINDS["prices"], "SKU ; Price\n MUG ; 9.00 ; ;\n\n", "sam")

        assert found.changes == [(2, "MUG: £8.50 becomes £9.00")]

    def test_an_export_holds_no_more_than_a_part_of_it(self, staff: Any) -> None:
        many(6_000)
        answer = staff.get(reverse("admin:staff_export", args=["products"]))
        next(iter(answer.streaming_content))

        tracemalloc.start()
        lines = sum(chunk.count(b"\r\n") for chunk in answer.streaming_content)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert lines == 6_001
        assert peak < 4_000_000


def hand_in(client: Client, content: bytes, kind: str = "prices") -> Any:
    sheet = SimpleUploadedFile("new prices.csv", content, "text/csv")
    return client.post(reverse("admin:staff_upload", args=[kind]), {"sheet": sheet}, follow=True)


def test_a_sheet_is_looked_at_then_put_in_and_the_act_is_kept(staff: Any) -> None:
    an_article("MUG", "8.50")

    looked = hand_in(staff, b"sku,price\nMUG,9.00\n")

    assert "MUG: £8.50 becomes £9.00" in looked.content.decode()
    assert price_of("MUG") == pounds("8.50")
    for _ in range(2):
        done = staff.post(looked.request["PATH_INFO"], follow=True).content.decode()
    assert price_of("MUG") == pounds("9.00")
    assert "Done: the shop is as the sheet says" in done
    assert [(entry.user.get_username(), entry.change_message) for entry in LogEntry.objects.all()] == [
        ("sam", "Imported prices: 1 change.")
    ]


def test_a_wrong_row_leaves_no_button(staff: Any) -> None:
    an_article("MUG", "8.50")

    page = hand_in(staff, b"sku,price\nMUG,9.00\nCUP,1\n").content.decode()

    assert "No product has the SKU CUP." in page
    assert "Make 1 change" not in page


@pytest.mark.parametrize(
    ("permissions", "out", "put_in"),
    [((), 403, 403), (("view_product",), 200, 403), (("view_product", "change_product"), 200, 302)],
)
def test_each_sheet_asks_for_the_rights_of_what_it_changes(
    client: Client, permissions: tuple[str, ...], out: int, put_in: int
) -> None:
    clerk = UserFactory.create(staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(clerk)

    assert client.get(reverse("admin:staff_export", args=["prices"])).status_code == out
    assert client.post(reverse("admin:staff_upload", args=["prices"])).status_code == put_in
