"""Onboarding and changing items: merge patches, versions, keys, and stock that only receipts
change.
"""

from typing import Any

import pytest

from commerce_core.catalog import (
    ItemKeyReused,
    ItemNotFound,
    ItemPatch,
    ItemStatus,
    ItemView,
    NewItem,
    NewVariant,
    SkuTaken,
    StockReceipt,
    VariantInStock,
)
from commerce_core.inventory import ReferenceReused, StockShort
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid, StaleVersion
from commerce_core.kernel.ids import SellerId
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import sell, usd

SELLER, OTHER = SellerId("seller"), SellerId("other")
SIMPLE: dict[str, Any] = {
    "sku": "A", "name": " Mug ", "price": "5.00", "quantity": 3, "brand": "B", "tags": ["x", "y"],
    "attributes": {"Colour": "red", "Size": {"cm": 9, "in": 4}},
}  # fmt: skip
FORMS: list[dict[str, Any]] = [
    {
        "variantId": "1",
        "price": "5.00",
        "stock": 4,
        "options": {"Colour": "red", "Size": "M"},
        "gtins": ["1"],
    },
    {"variantId": "2", "price": "3.00"},
]


def onboard(
    shop: MemoryShop, data: dict[str, Any], seller: SellerId = SELLER, key: str | None = None
) -> ItemView:
    return shop.items.onboard(seller, reader("USD").read(data, NewItem), key)


def patch(
    shop: MemoryShop, view: ItemView, data: dict[str, Any], version: int | None = None
) -> ItemView:
    return shop.items.change(
        SELLER,
        view.item.id,
        reader("USD").read(data, ItemPatch),
        view.item.version if version is None else version,
    )


def pointers(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [p.pointer for p in error.value.problems]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"name": "n"}, ["/price", "/quantity"]),
        (
            {"name": "n", "price": 1, "quantity": 1, "variants": [{"variantId": "1", "price": 1}]},
            ["/price", "/quantity"],
        ),
        ({"name": "n", "price": {"amount": "1", "currency": "EUR"}, "quantity": 1}, ["/price"]),
        (
            {
                "name": "n",
                "variants": [{"variantId": "1", "price": {"amount": "1", "currency": "EUR"}}],
            },
            ["/variants/0/price"],
        ),
    ],
)
def test_what_no_single_field_can_tell_is_named(
    shop: MemoryShop, data: dict[str, Any], expected: list[str]
) -> None:
    with pytest.raises(Invalid) as error:
        onboard(shop, data)
    assert pointers(error) == expected


@pytest.mark.parametrize(
    "field",
    [
        {"name": ""}, {"name": "  "}, {"name": "x" * 501}, {"price": "-1"}, {"quantity": -1},
        {"quantity": 10**9 + 1}, {"sku": ""}, {"tags": [""]},
        {"tags": ["x"] * 101}, {"images": ["ftp://x"]}, {"status": "withdrawn"},
        {"attributes": {"": 1}}, {"description": "x" * 20_001},
    ],
)  # fmt: skip
def test_a_field_beyond_its_bounds_is_named(shop: MemoryShop, field: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as error:
        onboard(shop, {**SIMPLE, **field})
    assert [p.split("/")[1] for p in pointers(error)] == list(field)


def test_34_two_sellers_use_the_same_sku(shop: MemoryShop) -> None:
    mine, theirs = onboard(shop, SIMPLE), onboard(shop, {**SIMPLE, "quantity": 8}, OTHER)
    assert mine.item.id != theirs.item.id
    shop.items.receive(SELLER, mine.item.id, StockReceipt(quantity=1, reference="r"))
    assert [shop.items.details(v.item.id).stock for v in (mine, theirs)] == [4, 8]
    with pytest.raises(SkuTaken):
        onboard(shop, SIMPLE)


def test_without_an_sku_an_item_is_known_by_its_id(shop: MemoryShop) -> None:
    view = onboard(shop, {k: v for k, v in SIMPLE.items() if k != "sku"})
    assert (view.item.sku, view.item.name, view.item.status) == (
        view.item.id,
        "Mug",
        ItemStatus.ACTIVE,
    )


def test_a_key_makes_an_item_once_and_is_refused_for_another(shop: MemoryShop) -> None:
    first, again = (onboard(shop, SIMPLE, key="k") for _ in range(2))
    assert again.item == first.item
    with pytest.raises(ItemKeyReused):
        onboard(shop, {**SIMPLE, "sku": "B"}, key="k")
    assert onboard(shop, {**SIMPLE, "sku": "B"}, OTHER, key="k").item.id != first.item.id


@pytest.mark.parametrize(
    ("change", "field", "after"),
    [
        ({"name": " Cup "}, "name", "Cup"),
        ({"brand": None}, "brand", ""),
        ({"tags": ["z"]}, "tags", ("z",)),
        ({"tags": None}, "tags", ()),
        ({"attributes": {"Colour": None}}, "attributes", {"Size": {"cm": 9, "in": 4}}),
        (
            {"attributes": {"Size": {"in": None, "mm": 90}}},
            "attributes",
            {"Colour": "red", "Size": {"cm": 9, "mm": 90}},
        ),
        (
            {"attributes": {"Size": "L", "New": {"a": {"b": None, "c": 1}}}},
            "attributes",
            {"Colour": "red", "Size": "L", "New": {"a": {"c": 1}}},
        ),
        ({"attributes": None}, "attributes", {}),
        ({"attributes": {}}, "attributes", {"Colour": "red", "Size": {"cm": 9, "in": 4}}),
        ({"price": "7"}, "price", usd("7.00")),
    ],
)
def test_a_merge_patch_changes_what_it_mentions(
    shop: MemoryShop, change: dict[str, Any], field: str, after: Any
) -> None:
    before = onboard(shop, SIMPLE)
    view = patch(shop, before, change)
    assert getattr(view.item, field) == after
    untouched = {"name", "brand", "tags", "attributes", "price", "sku"} - {field}
    assert [getattr(view.item, f) for f in sorted(untouched)] == [
        getattr(before.item, f) for f in sorted(untouched)
    ]
    assert view.item.version == before.item.version + (view.item != before.item)


@pytest.mark.parametrize("field", ["name", "sku", "price", "variants"])
def test_what_must_be_there_cannot_be_taken_away(shop: MemoryShop, field: str) -> None:
    with pytest.raises(Invalid) as error:
        patch(shop, onboard(shop, SIMPLE), {field: None})
    assert f"/{field}" in pointers(error)


def test_a_quantity_is_changed_through_receipts_alone(shop: MemoryShop) -> None:
    with pytest.raises(Invalid) as error:
        patch(shop, onboard(shop, SIMPLE), {"quantity": 9})
    assert pointers(error) == ["/quantity"]


def test_a_patch_of_another_version_or_of_somebody_else_changes_nothing(shop: MemoryShop) -> None:
    view = onboard(shop, SIMPLE)
    with pytest.raises(StaleVersion):
        patch(shop, view, {"name": "x"}, version=7)
    for nobody in (OTHER, SellerId("nobody")):
        with pytest.raises(ItemNotFound):
            shop.items.change(nobody, view.item.id, ItemPatch(name="x"), 1)
    assert shop.items.details(view.item.id).item == view.item


def test_a_patch_of_variants_is_the_whole_list_each_merged_with_its_own(shop: MemoryShop) -> None:
    view = onboard(shop, {"name": "n", "variants": FORMS})
    changed = patch(
        shop,
        view,
        {
            "variants": [
                {"variantId": "3", "price": 9, "stock": 2},
                {"variantId": "1", "options": {"Size": None}},
            ]
        },
    )
    assert [(v.variant_id, v.price, v.options, v.gtins) for v in changed.item.variants] == [
        ("3", usd("9.00"), {}, ()),
        ("1", usd("5.00"), {"Colour": "red"}, ("1",)),
    ]
    assert [changed.available_as(v) for v in ("1", "2", "3")] == [4, 0, 2]


@pytest.mark.parametrize(
    ("variants", "expected"),
    [
        (
            [{"variantId": "1", "stock": 5}, {"variantId": "9"}],
            ["/variants/0/stock", "/variants/1/price"],
        ),
        ([{"variantId": "1", "price": {"amount": "1", "currency": "EUR"}}], ["/variants/0/price"]),
        ([{"variantId": "1"}, {"variantId": "1"}], ["/variants"]),
        ([], ["/variants"]),
    ],
)
def test_a_wrong_list_of_variants_is_named(
    shop: MemoryShop, variants: list[Any], expected: list[str]
) -> None:
    with pytest.raises(Invalid) as error:
        patch(shop, onboard(shop, {"name": "n", "variants": FORMS}), {"variants": variants})
    assert pointers(error) == expected


def test_a_form_that_is_in_stock_cannot_be_dropped(shop: MemoryShop) -> None:
    view = onboard(shop, {"name": "n", "variants": FORMS})
    with pytest.raises(VariantInStock) as error:
        patch(shop, view, {"variants": [{"variantId": "2"}]})
    assert error.value.facts == {"variantIds": ["1"]}


def test_the_version_of_a_document_never_falls_when_forms_go(shop: MemoryShop) -> None:
    view = onboard(shop, {"name": "n", "variants": FORMS})
    for n in range(3):
        shop.items.receive(
            SELLER, view.item.id, StockReceipt(variant_id="2", quantity=1, reference=f"in{n}")
        )
        view = shop.items.receive(
            SELLER, view.item.id, StockReceipt(variant_id="2", quantity=-1, reference=f"out{n}")
        )
    assert view.document_version == 7
    assert patch(shop, view, {"variants": [{"variantId": "1"}]}).document_version > 7


def test_price_and_variants_belong_to_their_own_types(shop: MemoryShop) -> None:
    for data, change in (
        (SIMPLE, {"variants": FORMS[1:]}),
        ({"name": "n", "variants": FORMS}, {"price": 1}),
    ):
        with pytest.raises(Invalid) as error:
            patch(shop, onboard(shop, data), change)
        assert pointers(error) == [f"/{next(iter(change))}"]


def test_a_withdrawn_item_is_seen_by_its_seller_alone_and_publishing_is_idempotent(
    shop: MemoryShop,
) -> None:
    view = onboard(shop, SIMPLE)
    versions = [shop.items.withdraw(SELLER, view.item.id).item.version for _ in range(2)]
    with pytest.raises(ItemNotFound):
        shop.items.details(view.item.id, OTHER)
    assert shop.items.details(view.item.id, SELLER).item.status is ItemStatus.WITHDRAWN
    assert (versions, shop.items.publish(SELLER, view.item.id).item.version) == ([2, 2], 3)


def test_35_a_receipt_sent_again_after_a_lost_answer_counts_once(shop: MemoryShop) -> None:
    view = sell(shop, 3)
    for _ in range(3):
        after = shop.items.receive(
            view.item.seller_id, view.item.id, StockReceipt(quantity=5, reference="delivery 1")
        )
    assert after.stock == 8


def test_no_more_is_taken_out_than_is_free(shop: MemoryShop) -> None:
    view = sell(shop, 3)
    with pytest.raises(StockShort):
        shop.items.receive(
            view.item.seller_id, view.item.id, StockReceipt(quantity=-4, reference="r")
        )
    assert (
        shop.items.receive(
            view.item.seller_id, view.item.id, StockReceipt(quantity=-3, reference="r")
        ).stock
        == 0
    )


def test_a_receipt_names_a_form_where_there_are_several(shop: MemoryShop) -> None:
    simple, forms = onboard(shop, SIMPLE), onboard(shop, {"name": "n", "variants": FORMS})
    for view, variant_id in ((simple, "1"), (forms, None), (forms, "9")):
        with pytest.raises(Invalid) as error:
            shop.items.receive(
                SELLER, view.item.id, StockReceipt(variant_id=variant_id, quantity=1, reference="r")
            )
        assert pointers(error) == ["/variantId"]


@pytest.mark.parametrize("item_id", ["", "x", "019b7000-0000-7000-8000-ffffffffffff"])
def test_what_does_not_exist_is_not_found(shop: MemoryShop, item_id: str) -> None:
    with pytest.raises(ItemNotFound):
        shop.items.details(item_id)


# --- one spelling at the door


def read_item(**fields: Any) -> NewItem:
    return reader("USD").read({"name": "n", "price": 1, "quantity": 1} | fields, NewItem)


@pytest.mark.parametrize("sku", ["K1", " K1", "K1 ", "K1\u00a0", "\u200bK1"])
def test_an_sku_is_the_same_whatever_blanks_stand_around_it(shop: MemoryShop, sku: str) -> None:
    shop.items.onboard(SELLER, read_item(sku="K1"))
    with pytest.raises(SkuTaken):
        shop.items.onboard(SELLER, read_item(sku=sku))


def test_names_and_options_are_composed_and_stripped() -> None:
    new = read_item(
        name=" Cafe\u0301\u00a0",
        brand="Gro\u0308ße ",
        tags=[" tv "],
        gtins=[" 4006381333931\u00a0"],
    )
    assert (new.name, new.brand, new.tags, new.gtins) == (
        "Caf\u00e9",
        "Größe",
        ("tv",),
        ("4006381333931",),
    )
    form = reader("USD").read(
        {"variantId": " V\u00a0", "price": 1, "options": {"Gro\u0308ße ": " M "}}, NewVariant
    )
    assert (form.variant_id, form.options) == ("V", {"Größe": "M"})
    assert NewItem(name=" n ", sku="\u00a0s").name == "n"


@pytest.mark.parametrize("blank", ["", " ", "\u00a0", "\u200b"])
def test_a_text_of_blanks_is_empty_and_named(blank: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_item(sku=blank, name=blank)
    assert {p.pointer for p in refused.value.problems} == {"/sku", "/name"}


@pytest.mark.parametrize("gtin", ["4.00638E+12", "abc", "-5", "40 06", "٤٠٠"])
def test_a_gtin_that_is_not_digits_is_refused(gtin: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_item(gtins=["4006381333931", gtin])
    assert [p.pointer for p in refused.value.problems] == ["/gtins"]


def test_a_gtin_of_odd_length_is_kept_as_given() -> None:
    assert read_item(gtins=["7", "0012345", "123456789012345"]).gtins == (
        "7",
        "0012345",
        "123456789012345",
    )


def test_35_the_same_receipt_counts_once_and_with_another_quantity_is_refused(
    shop: MemoryShop,
) -> None:
    item = shop.items.onboard(SELLER, read_item(sku="K1")).item
    receipt = {"quantity": 5, "reference": "delivery-1"}
    read = reader("USD").read
    assert shop.items.receive(SELLER, item.id, read(receipt, StockReceipt)).stock == 6
    assert (
        shop.items.receive(
            SELLER, item.id, read(receipt | {"reference": " delivery-1\u00a0"}, StockReceipt)
        ).stock
        == 6
    )
    with pytest.raises(ReferenceReused):
        shop.items.receive(SELLER, item.id, read(receipt | {"quantity": 6}, StockReceipt))
    assert shop.items.details(item.id).stock == 6
