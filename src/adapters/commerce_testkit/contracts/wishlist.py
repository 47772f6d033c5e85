"""What every wishlist repository promises."""

from abc import abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Final

import pytest

from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.ids import BuyerId, ItemId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database
from commerce_core.wishlist import (
    MOST_ENTRIES,
    WishlistCount,
    WishlistEntry,
    WishlistFull,
    WishlistKey,
    WishlistPosition,
    WishlistRepository,
)

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
ADA, BOB = BuyerId("ada"), BuyerId("bob")
LAMP, SHIRT = ItemId("lamp"), ItemId("shirt")
_SIDE_BY_SIDE: Final = 8


def an_entry(
    buyer_id: BuyerId = ADA, item_id: ItemId = LAMP, variant: str | None = None, minute: int = 0
) -> WishlistEntry:
    """An entry, added so many minutes after :data:`AT`."""
    return WishlistEntry(
        key=WishlistKey(buyer_id, item_id, variant),
        price=Money(2_450, "USD"),
        added_at=AT + timedelta(minutes=minute),
    )


def position(entry: WishlistEntry) -> WishlistPosition:
    """The place of *entry* in its list."""
    return WishlistPosition(entry.added_at, entry.key.item_id, entry.key.variant_id or "")


class WishlistRepositoryContract:
    """Give ``database`` and ``repo``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> WishlistRepository:
        """The repository to examine."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, repo: WishlistRepository) -> None:
        self._db, self._repo = database, repo

    def _add(self, *entries: WishlistEntry) -> list[bool]:
        with self._db.begin() as tx:
            added = [self._repo.add(tx, entry) for entry in entries]
            tx.commit()
        return added

    def _list(
        self, buyer_id: BuyerId = ADA, before: WishlistPosition | None = None, limit: int = 2_000
    ) -> list[WishlistEntry]:
        with self._db.snapshot() as tx:
            return [*self._repo.page(tx, buyer_id, before, limit)]

    def test_an_entry_comes_back_as_it_was_added(self) -> None:
        simple, variant = an_entry(), an_entry(variant="RED-M", minute=1)
        assert self._add(simple, variant) == [True, True]
        with self._db.snapshot() as tx:
            assert [*self._repo.of_item(tx, ADA, LAMP)] == [variant, simple]
            assert [*self._repo.of_item(tx, ADA, SHIRT)] == []

    def test_what_is_there_stays_as_it_is(self) -> None:
        first = an_entry()
        assert self._add(first, an_entry(minute=5)) == [True, False]
        assert self._add(an_entry(minute=9)) == [False]
        assert self._list() == [first]

    def test_a_list_goes_from_the_newest_and_on_behind_a_place(self) -> None:
        older, newer = an_entry(minute=1), an_entry(item_id=SHIRT, minute=2)
        same = [an_entry(item_id=SHIRT, variant=v, minute=1) for v in ("A", "B")]
        self._add(older, newer, *same, an_entry(BOB, minute=3))
        whole = [newer, same[1], same[0], older]
        assert self._list() == whole
        assert self._list(limit=2) == whole[:2]
        for no, entry in enumerate(whole, 1):
            assert self._list(before=position(entry)) == whole[no:]

    def test_who_has_an_item_is_read_by_buyer_and_variant_page_by_page(self) -> None:
        red, blue = (an_entry(ADA, SHIRT, variant) for variant in ("RED", "BLUE"))
        bob = an_entry(BOB, SHIRT)
        self._add(red, blue, bob, an_entry(BOB, LAMP))
        with self._db.snapshot() as tx:
            assert [*self._repo.holders(tx, SHIRT, None, 9)] == [blue, red, bob]
            assert [*self._repo.wished(tx, [LAMP, SHIRT, ItemId("chair")])] == [LAMP, SHIRT]
            assert [*self._repo.wished(tx, [])] == []
            assert [*self._repo.holders(tx, SHIRT, blue.key, 1)] == [red]
            assert [*self._repo.holders(tx, SHIRT, bob.key, 9)] == []

    def test_one_variant_is_removed_or_all_of_an_item(self) -> None:
        simple, red, blue = an_entry(), an_entry(variant="RED"), an_entry(variant="BLUE")
        others = [an_entry(item_id=SHIRT), an_entry(BOB)]
        self._add(simple, red, blue, *others)
        with self._db.begin() as tx:
            assert [self._repo.remove(tx, ADA, LAMP, "RED") for _ in range(2)] == [1, 0]
            assert {*self._repo.of_item(tx, ADA, LAMP)} == {simple, blue}
            assert [self._repo.remove(tx, ADA, LAMP, None) for _ in range(2)] == [2, 0]
            tx.commit()
        assert (self._list(), self._list(BOB)) == ([others[0]], [others[1]])

    def test_lists_are_counted_by_buyer_page_by_page(self) -> None:
        with self._db.snapshot() as tx:
            assert [*self._repo.counts(tx, None, 9)] == []
        self._add(an_entry(), an_entry(BOB), an_entry(item_id=SHIRT))
        ada, bob = (
            WishlistCount(buyer_id=buyer_id, entries=entries, counted=entries)
            for buyer_id, entries in ((ADA, 2), (BOB, 1))
        )
        with self._db.snapshot() as tx:
            assert [*self._repo.counts(tx, None, 9)] == [ada, bob]
            assert [*self._repo.counts(tx, None, 1)] == [ada]
            assert [*self._repo.counts(tx, ADA, 1)] == [bob]
            assert [*self._repo.counts(tx, BOB, 1)] == []

    def test_everything_of_a_buyer_is_forgotten(self) -> None:
        self._add(an_entry(), an_entry(item_id=SHIRT), an_entry(BOB))
        with self._db.begin() as tx:
            assert [self._repo.forget(tx, ADA) for _ in range(2)] == [2, 0]
            tx.commit()
        assert (self._list(), self._list(BOB)) == ([], [an_entry(BOB)])
        assert self._add(an_entry()) == [True]

    def test_a_list_is_full_at_its_bound_and_has_room_again(self) -> None:
        self._fill(MOST_ENTRIES)
        with pytest.raises(WishlistFull):
            self._add(an_entry())
        assert self._add(an_entry(item_id=ItemId("thing-0"))) == [False]
        assert len(self._list()) == MOST_ENTRIES
        with self._db.begin() as tx:
            self._repo.remove(tx, ADA, ItemId("thing-0"), None)
            tx.commit()
        assert self._add(an_entry()) == [True]
        assert self._add(an_entry(BOB)) == [True]

    def test_nobody_gets_beyond_the_bound_beside_one_another(self) -> None:
        self._fill(MOST_ENTRIES - 1)
        added = self._beside_one_another(
            [an_entry(item_id=ItemId(f"new-{no}")) for no in range(_SIDE_BY_SIDE)]
        )
        assert added.count(True) <= 1
        assert len(self._list()) == MOST_ENTRIES - 1 + added.count(True)

    def test_two_requests_at_once_leave_one_entry(self) -> None:
        added = self._beside_one_another([an_entry() for _ in range(_SIDE_BY_SIDE)])
        assert added.count(True) == 1
        assert self._list() == [an_entry()]

    def _fill(self, count: int) -> None:
        self._add(*(an_entry(item_id=ItemId(f"thing-{no}")) for no in range(count)))

    def _beside_one_another(self, entries: list[WishlistEntry]) -> list[bool | None]:
        """What each was answered in a transaction of its own; ``None``: it was refused."""
        together = Barrier(len(entries))

        def add(entry: WishlistEntry) -> bool | None:
            together.wait(10)
            try:
                return self._add(entry)[0]
            except CommerceError:
                return None

        with ThreadPoolExecutor(len(entries)) as threads:
            return [*threads.map(add, entries)]
