"""What every item repository and every view of offers promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.catalog import (
    Item,
    ItemRepository,
    ItemStatus,
    ItemType,
    Offer,
    Offers,
    SkuTaken,
    Variant,
)
from commerce_core.kernel.ids import ItemId, SellerId, SkuId
from commerce_core.kernel.money import MAX_MINOR, Money
from commerce_core.kernel.transaction import Database

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
LATER: Final = AT + timedelta(seconds=30)
ANN, BOB = SellerId("seller-ann"), SellerId("seller-bob")
LAMP, DESK, SOFA = ItemId("item-1-lamp"), ItemId("item-2-desk"), ItemId("item-3-sofa")


def simple_item(item_id: ItemId, sku: str, **fields: Any) -> Item:
    """An active item in one form, of Ann's; everything else unless given."""
    form = Variant(sku_id=SkuId(f"{item_id}/only"), variant_id=None, price=Money(1_999, "USD"))
    plain: dict[str, Any] = {
        "seller_id": ANN, "type": ItemType.SIMPLE, "status": ItemStatus.ACTIVE, "name": "Lamp",
        "description": "", "brand": "", "category": "",
        "tags": (), "images": (), "gtins": (), "specifications": {}, "attributes": {},
        "variants": (form,), "created_at": AT, "updated_at": AT,
    }  # fmt: skip
    return Item(id=item_id, sku=sku, **(plain | fields))


def full_item() -> Item:
    """An item with a value in every place, of Bob's, in two forms."""
    free: dict[str, Any] = {
        "Größe \N{GRINNING FACE}": [1, 2.5, None, True, {"tief": ["x"]}],
        "": "",
        "leer": {},
        "viel": 2**53,
    }
    red = Variant(
        sku_id=SkuId("sofa-red"), variant_id="red", price=Money(MAX_MINOR, "JPY"),
        options={"Colour": "Red", "Sizes": ["S", 1]},
        images=("https://x.test/red.png", "https://x.test/red2.png"),
        gtins=("4006381333931", "00012345678905"), weight=0,
    )  # fmt: skip
    blue = Variant(sku_id=SkuId("sofa-blue"), variant_id="blue", price=Money(0, "JPY"))
    return simple_item(
        SOFA, "S-1", seller_id=BOB, type=ItemType.VARIANT, status=ItemStatus.WITHDRAWN,
        name="Sofa 'x' \N{GRINNING FACE}", description='"\n\\%_',
        brand="Lofty", category="Living room", tags=("soft", "soft"),
        images=("https://x.test/1.png", "https://x.test/2.png"), gtins=("1", "0012"),
        specifications=free, attributes=free, variants=(red, blue),
        source={"id": "doc-1", "createdAt": "2020-01-01T00:00:00Z"}, version=7,
        updated_at=LATER, tax_class="reduced-größe", weight=10**9, metadata=free,
    )  # fmt: skip


class ItemRepositoryContract:
    """Give ``database``, ``repo``, and ``offers`` that read what the repository writes."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> ItemRepository:
        """The repository to examine."""

    @pytest.fixture
    @abstractmethod
    def offers(self) -> Offers:
        """The offers to examine."""

    @pytest.fixture(autouse=True)
    def _a_lamp_a_desk_and_a_sofa(self, database: Database, repo: ItemRepository) -> None:
        with database.begin() as tx:
            repo.insert(
                tx,
                [full_item(), simple_item(DESK, "A-2"), simple_item(LAMP, "A-1")],
                {LAMP: ("key-1", "digest-1")},
            )
            tx.commit()

    def test_an_item_comes_back_as_it_was_written(
        self, database: Database, repo: ItemRepository
    ) -> None:
        with database.snapshot() as tx:
            assert repo.load(tx, [SOFA, LAMP, ItemId("nothing")]) == {
                SOFA: full_item(),
                LAMP: simple_item(LAMP, "A-1"),
            }
            assert repo.load(tx, []) == {}

    def test_items_are_found_by_their_sellers_own_sku(
        self, database: Database, repo: ItemRepository
    ) -> None:
        with database.snapshot() as tx:
            found = repo.by_sku(tx, [(ANN, "A-1"), (BOB, "S-1"), (BOB, "A-2"), (ANN, "A-9")])
            assert found == {(ANN, "A-1"): simple_item(LAMP, "A-1"), (BOB, "S-1"): full_item()}
            assert repo.by_sku(tx, []) == {}

    def test_an_item_is_found_by_the_key_that_made_it_within_its_seller(
        self, database: Database, repo: ItemRepository
    ) -> None:
        with database.snapshot() as tx:
            assert repo.made_with(tx, ANN, "key-1") == (simple_item(LAMP, "A-1"), "digest-1")
            assert repo.made_with(tx, ANN, "key-2") is None
            assert repo.made_with(tx, BOB, "key-1") is None

    def test_a_seller_uses_a_sku_once_and_two_sellers_may_use_the_same(
        self, database: Database, repo: ItemRepository
    ) -> None:
        with database.begin() as tx, pytest.raises(SkuTaken):
            repo.insert(
                tx, [simple_item(ItemId("item-4"), "A-4"), simple_item(ItemId("item-5"), "A-1")], {}
            )
        with database.begin() as tx:
            assert repo.load(tx, [ItemId("item-4")]) == {}
            repo.insert(tx, [simple_item(ItemId("item-5"), "A-1", seller_id=BOB)], {})
            assert len(repo.by_sku(tx, [(ANN, "A-1"), (BOB, "A-1")])) == 2

    def test_a_seller_uses_an_idempotency_key_once(
        self, database: Database, repo: ItemRepository
    ) -> None:
        again = simple_item(ItemId("item-4"), "A-4")
        with database.begin() as tx, pytest.raises(SkuTaken):
            repo.insert(tx, [again], {again.id: ("key-1", "digest-2")})
        with database.begin() as tx:
            repo.insert(tx, [attrs.evolve(again, seller_id=BOB)], {again.id: ("key-1", "digest-2")})
            made = repo.made_with(tx, BOB, "key-1")
            assert made is not None
            assert (made[0].id, made[1]) == (again.id, "digest-2")

    def test_a_form_leads_to_its_item(self, database: Database, repo: ItemRepository) -> None:
        sku_ids = [SkuId("sofa-red"), SkuId("sofa-blue"), SkuId(f"{LAMP}/only"), SkuId("nothing")]
        with database.snapshot() as tx:
            assert sorted(repo.owners_of(tx, sku_ids)) == [LAMP, SOFA]
            assert repo.owners_of(tx, []) == []

    def test_a_change_is_written_over_the_version_it_was_made_from_and_no_other(
        self, database: Database, repo: ItemRepository
    ) -> None:
        lamp = simple_item(
            LAMP,
            "A-9",
            name="Better lamp",
            version=2,
            brand="B",
            updated_at=LATER,
            attributes={"a": [1]},
        )
        desk = simple_item(DESK, "A-2", name="Better desk", version=9)
        gone = simple_item(ItemId("nothing"), "A-7")
        with database.begin() as tx:
            assert repo.update(tx, [(8, desk), (1, lamp), (1, gone)]) == [LAMP]
            tx.commit()
        with database.snapshot() as tx:
            assert repo.load(tx, [LAMP, DESK, gone.id]) == {
                LAMP: lamp,
                DESK: simple_item(DESK, "A-2"),
            }
            assert repo.by_sku(tx, [(ANN, "A-9"), (ANN, "A-1")]) == {(ANN, "A-9"): lamp}
            assert repo.made_with(tx, ANN, "key-1") == (lamp, "digest-1")

    def test_forms_go_stay_and_come_with_a_change_and_keep_their_order(
        self, database: Database, repo: ItemRepository, offers: Offers
    ) -> None:
        sofa = full_item()
        green = Variant(
            sku_id=SkuId("sofa-green"),
            variant_id="green",
            price=Money(5, "JPY"),
            options={"Colour": "Green"},
        )
        blue = attrs.evolve(sofa.variants[1], price=Money(77, "JPY"))
        after = attrs.evolve(sofa, variants=(green, blue), version=8)
        with database.begin() as tx:
            assert repo.update(tx, [(7, after)]) == [SOFA]
            tx.commit()
        with database.snapshot() as tx:
            assert repo.load(tx, [SOFA]) == {SOFA: after}
            assert repo.owners_of(tx, [SkuId("sofa-red")]) == []
            assert [o.variant_id for o in offers.by_item(tx, [SOFA])[SOFA]] == ["green", "blue"]
            assert offers.by_sku(tx, [SkuId("sofa-red")]) == {}

    def test_a_stale_change_leaves_the_forms_alone_too(
        self, database: Database, repo: ItemRepository, offers: Offers
    ) -> None:
        stale = attrs.evolve(full_item(), variants=full_item().variants[:1], version=7)
        with database.begin() as tx:
            assert repo.update(tx, [(6, stale)]) == []
            assert len(offers.by_item(tx, [SOFA])[SOFA]) == 2

    def test_a_change_cannot_take_the_sku_of_another_item(
        self, database: Database, repo: ItemRepository
    ) -> None:
        with database.begin() as tx, pytest.raises(SkuTaken):
            repo.update(tx, [(1, simple_item(LAMP, "A-2", version=2))])
        with database.begin() as tx:
            assert repo.load(tx, [LAMP])[LAMP].sku == "A-1"
            assert repo.update(tx, []) == []

    def test_pages_go_on_behind_an_item_in_the_order_of_ids(
        self, database: Database, repo: ItemRepository
    ) -> None:
        with database.snapshot() as tx:
            assert [i.id for i in repo.page(tx, None, None, 2)] == [LAMP, DESK]
            assert [i.id for i in repo.page(tx, None, DESK, 2)] == [SOFA]
            assert [i.id for i in repo.page(tx, ANN, None, 9)] == [LAMP, DESK]
            assert [i.id for i in repo.page(tx, ANN, LAMP, 9)] == [DESK]
            assert repo.page(tx, BOB, None, 9) == [full_item()]
            assert repo.page(tx, None, SOFA, 9) == []

    def test_a_sellers_latest_items_come_newest_first_before_an_item_and_by_status(
        self, database: Database, repo: ItemRepository
    ) -> None:
        draft = simple_item(ItemId("item-4-draft"), "A-4", status=ItemStatus.DRAFT)
        with database.begin() as tx:
            repo.insert(tx, [draft], {})
            tx.commit()
        with database.snapshot() as tx:
            assert [i.id for i in repo.latest(tx, ANN, None, None, 2)] == [draft.id, DESK]
            assert [i.id for i in repo.latest(tx, ANN, None, DESK, 9)] == [LAMP]
            assert [i.id for i in repo.latest(tx, ANN, ItemStatus.ACTIVE, None, 9)] == [DESK, LAMP]
            assert repo.latest(tx, ANN, ItemStatus.DRAFT, None, 9) == [draft]
            assert repo.latest(tx, BOB, ItemStatus.WITHDRAWN, None, 9) == [full_item()]
            assert repo.latest(tx, BOB, None, SOFA, 9) == []

    def test_a_seller_sells_what_is_on_sale(self, database: Database, repo: ItemRepository) -> None:
        nothing = SellerId("seller-without")
        draft = simple_item(ItemId("draft"), "D-1", seller_id=nothing, status=ItemStatus.DRAFT)
        with database.begin() as tx:
            repo.insert(tx, [draft], {})
            assert repo.sells(tx, ANN)
            assert not repo.sells(tx, nothing)

    def test_a_thousand_items_go_in_and_come_out_at_once(
        self, database: Database, repo: ItemRepository, offers: Offers
    ) -> None:
        many = [simple_item(ItemId(f"many-{n:04}"), f"M-{n:04}") for n in range(1_000)]
        changed = [attrs.evolve(item, version=2, name="Changed") for item in many]
        with database.begin() as tx:
            repo.insert(tx, many, {})
            assert len(repo.by_sku(tx, [(ANN, item.sku) for item in many])) == 1_000
            assert len(repo.update(tx, [(1, item) for item in changed])) == 1_000
            assert repo.load(tx, [item.id for item in many]) == {i.id: i for i in changed}
            assert len(offers.by_sku(tx, [item.variants[0].sku_id for item in many])) == 1_000

    def test_an_offer_tells_what_a_cart_needs(self, database: Database, offers: Offers) -> None:
        lamp = Offer(
            sku_id=SkuId(f"{LAMP}/only"), item_id=LAMP, variant_id=None, seller_id=ANN, name="Lamp",
            image=None, price=Money(1_999, "USD"),
            on_sale=True, sku="A-1", options={},
        )  # fmt: skip
        sofa = attrs.evolve(
            lamp,
            item_id=SOFA,
            seller_id=BOB,
            name=full_item().name,
            sku="S-1",
            on_sale=False,
            brand=full_item().brand,
            category="Living room",
            tax_class="reduced-größe",
            weight=10**9,
        )
        red = attrs.evolve(
            sofa,
            weight=0,
            sku_id=SkuId("sofa-red"),
            variant_id="red",
            image="https://x.test/red.png",
            price=Money(MAX_MINOR, "JPY"),
            options={"Colour": "Red", "Sizes": ["S", 1]},
        )
        blue = attrs.evolve(
            sofa,
            sku_id=SkuId("sofa-blue"),
            variant_id="blue",
            image="https://x.test/1.png",
            price=Money(0, "JPY"),
        )
        with database.snapshot() as tx:
            assert offers.by_item(tx, [SOFA, ItemId("nothing"), LAMP]) == {
                SOFA: [red, blue],
                LAMP: [lamp],
            }
            assert offers.by_sku(tx, [SkuId("sofa-blue"), SkuId("nothing"), lamp.sku_id]) == {
                "sofa-blue": blue,
                lamp.sku_id: lamp,
            }
            assert offers.by_item(tx, []) == {}
            assert offers.by_sku(tx, []) == {}

    def test_only_active_items_are_on_sale(
        self, database: Database, repo: ItemRepository, offers: Offers
    ) -> None:
        for version, status in enumerate(
            (ItemStatus.DRAFT, ItemStatus.ACTIVE, ItemStatus.WITHDRAWN), 2
        ):
            with database.begin() as tx:
                repo.update(
                    tx, [(version - 1, simple_item(LAMP, "A-1", status=status, version=version))]
                )
                assert [o.on_sale for o in offers.by_item(tx, [LAMP])[LAMP]] == [
                    status is ItemStatus.ACTIVE
                ]
                tx.commit()
