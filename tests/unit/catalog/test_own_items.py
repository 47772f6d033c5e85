"""A seller sees the own items and imports, newest first, page by page."""

import pytest

from commerce_core.catalog import (
    ImportFormat,
    ItemStatus,
    NewItem,
    NewVariant,
    OwnItemFilter,
)
from commerce_core.catalog.service import items as items_service
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import BadCursor, encode_cursor
from commerce_testkit.memory.shop import MemoryShop

ANN, BOB = SellerId("seller-ann"), SellerId("seller-bob")
PRICE = Money.parse("5", "USD")
ALL = OwnItemFilter()


def onboard(shop: MemoryShop, name: str, quantity: int = 9, seller: SellerId = ANN) -> str:
    new = NewItem(name=name, price=PRICE, quantity=quantity)
    return shop.items.onboard(seller, new).item.id


def names(shop: MemoryShop, wanted: OwnItemFilter, size: int) -> list[list[str]]:
    """The names on each page of Ann's list."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while True:
        page = shop.items.own(ANN, wanted, cursor, size)
        pages.append([view.item.name for view in page.items])
        if page.next_cursor is None:
            return pages
        cursor = page.next_cursor


def test_own_items_come_newest_first_and_nobody_elses(shop: MemoryShop) -> None:
    for name in "abcde":
        onboard(shop, name)
    onboard(shop, "bob's", seller=BOB)
    assert names(shop, ALL, 2) == [["e", "d"], ["c", "b"], ["a"]]
    assert names(shop, ALL, 5) == [["e", "d", "c", "b", "a"]], "no page is empty at the end"


def test_own_items_are_listed_by_status_with_drafts_and_withdrawn_ones(shop: MemoryShop) -> None:
    onboard(shop, "on sale")
    shop.items.withdraw(ANN, onboard(shop, "gone"))
    shop.items.onboard(ANN, NewItem(name="to be", price=PRICE, quantity=0, status="draft"))
    assert names(shop, ALL, 9) == [["to be", "gone", "on sale"]]
    for status, name in zip(ItemStatus, ("to be", "on sale", "gone"), strict=True):
        assert names(shop, OwnItemFilter(status=status), 9) == [[name]]


def test_what_is_scarce_is_told_by_the_form_of_which_fewest_are_free(shop: MemoryShop) -> None:
    onboard(shop, "few", 2)
    onboard(shop, "just enough", 3)
    forms = [NewVariant(variant_id=str(n), price=PRICE, stock=n) for n in (50, 1)]
    shop.items.onboard(ANN, NewItem(name="one form", variants=tuple(forms)))
    assert names(shop, OwnItemFilter(stock_below=3), 9) == [["one form", "few"]]


def test_a_page_of_scarce_items_looks_at_so_many_and_goes_on_behind_them(
    shop: MemoryShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items_service, "_LOOKED_AT", 3)
    for number in range(8):
        onboard(shop, str(number), quantity=0 if number in (0, 5, 6, 7) else 9)
    scarce = OwnItemFilter(stock_below=1)
    assert names(shop, scarce, 2) == [["7", "6"], ["5"], ["0"], []]


@pytest.mark.parametrize(
    "cursor", ["no", encode_cursor("own-items", "x"), encode_cursor("own-imports", "0" * 36)]
)
def test_a_cursor_of_no_list_of_items_is_refused(shop: MemoryShop, cursor: str) -> None:
    with pytest.raises(BadCursor):
        shop.items.own(ANN, ALL, cursor, 9)


def test_own_imports_come_newest_first_and_nobody_elses(shop: MemoryShop) -> None:
    taken = [shop.imports.take(ANN, ImportFormat.CSV, [b"sku,name\n"]).id for _ in range(3)]
    shop.imports.take(BOB, ImportFormat.CSV, [b"sku,name\n"])
    first = shop.imports.own(ANN, None, 2)
    assert [job.id for job in first.items] == [taken[2], taken[1]]
    last = shop.imports.own(ANN, first.next_cursor, 2)
    assert ([job.id for job in last.items], last.next_cursor) == ([taken[0]], None)
    for cursor in ("no", encode_cursor("own-imports", "x")):
        with pytest.raises(BadCursor):
            shop.imports.own(ANN, cursor, 9)
