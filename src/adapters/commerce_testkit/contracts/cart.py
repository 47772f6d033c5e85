"""What every cart repository promises."""

from abc import abstractmethod
from datetime import timedelta

import attrs
import pytest

from commerce_core.cart import (
    MOST_LINES,
    MOST_PIECES,
    Cart,
    CartRepository,
    CartStatus,
    ReturnedLines,
)
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, CartId, OrderId
from commerce_core.kernel.transaction import Database
from commerce_testkit.contracts.sample_carts import (
    ANN,
    AT,
    BEN,
    CAT,
    LATER,
    METADATA,
    ONE,
    THREE,
    TWO,
    back,
    cart,
    full_cart,
    line,
)


class CartRepositoryContract:
    """Give ``repo`` and ``database``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> CartRepository:
        """The repository to examine."""

    # Erasing

    def test_a_buyers_carts_are_gone_through_by_id_and_blanked(
        self, database: Database, repo: CartRepository
    ) -> None:
        ordered = cart(ANN, TWO, line("a"), status=CartStatus.ORDERED, version=3)
        self._put(database, repo, full_cart(), ordered, cart(BEN, THREE))
        with database.begin() as tx:
            assert repo.of_buyer(tx, ANN, None, 1) == [full_cart()]
            assert repo.of_buyer(tx, ANN, ONE, 9) == [ordered]
            bare = attrs.evolve(full_cart(), lines=(), left_out=(), metadata={}, coupons=())
            repo.blank(tx, [bare])
            assert repo.of_buyer(tx, ANN, None, 9) == [bare, ordered]

    # Reading

    def test_a_cart_comes_back_whole(self, database: Database, repo: CartRepository) -> None:
        self._put(database, repo, full_cart())
        with database.snapshot() as tx:
            assert repo.load(tx, [(ANN, ONE)]) == {ONE: full_cart()}

    def test_only_open_carts_are_open(self, database: Database, repo: CartRepository) -> None:
        mine, other = cart(ANN, TWO, line("a")), cart(BEN, THREE)
        self._put(database, repo, full_cart(), mine, other)
        with database.snapshot() as tx:
            assert repo.open_of(tx, [ANN, BEN, CAT]) == {ANN: mine, BEN: other}
            assert repo.open_of(tx, []) == {}

    def test_carts_are_loaded_whatever_their_status_but_for_their_own_buyers(
        self, database: Database, repo: CartRepository
    ) -> None:
        mine, other = cart(ANN, TWO), cart(BEN, THREE)
        self._put(database, repo, full_cart(), mine, other)
        with database.snapshot() as tx:
            found = repo.load(
                tx, [(ANN, ONE), (ANN, TWO), (ANN, THREE), (BEN, THREE), (BEN, CartId("nothing"))]
            )
            assert found == {ONE: full_cart(), TWO: mine, THREE: other}
            assert repo.load(tx, [(ANN, THREE), (BEN, ONE)]) == {}
            assert repo.load(tx, []) == {}

    def test_carts_are_counted_whatever_became_of_them(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, full_cart(), cart(ANN, TWO), cart(BEN, THREE))
        with database.begin() as tx:
            assert repo.count_of(tx, [ANN, BEN, CAT]) == {ANN: 2, BEN: 1}
            repo.consume(tx, [(ANN, TWO, 1)])
            assert repo.count_of(tx, [ANN]) == {ANN: 2}
            assert repo.count_of(tx, [CAT]) == repo.count_of(tx, []) == {}

    # Writing

    def test_a_buyer_has_one_open_cart_at_most(
        self, database: Database, repo: CartRepository
    ) -> None:
        mine = cart(ANN, TWO)
        self._put(database, repo, full_cart(), mine)
        with database.begin() as tx, pytest.raises(Conflict):
            repo.insert(tx, [cart(BEN, ONE), cart(ANN, THREE)])
        with database.snapshot() as tx:
            assert repo.open_of(tx, [ANN, BEN]) == {ANN: mine}

    def test_a_closed_cart_may_come_beside_an_open_one(
        self, database: Database, repo: CartRepository
    ) -> None:
        mine = cart(ANN, TWO)
        self._put(database, repo, mine)
        self._put(database, repo, full_cart())
        with database.snapshot() as tx:
            assert repo.open_of(tx, [ANN]) == {ANN: mine}

    def test_the_same_cart_of_another_buyer_is_another_cart(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE), attrs.evolve(full_cart(), buyer_id=BEN))
        with database.snapshot() as tx:
            assert repo.load(tx, [(BEN, ONE)])[ONE].buyer_id == BEN
            assert repo.load(tx, [(ANN, ONE)])[ONE].buyer_id == ANN

    def test_a_change_is_written_over_the_version_that_was_read_alone(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE, version=3), cart(BEN, TWO, version=3))
        mine, other = (
            cart(ANN, ONE, line("a", 2), version=4, updated_at=LATER),
            cart(BEN, TWO, line("b"), version=4),
        )
        with database.begin() as tx:
            assert repo.update(tx, []) == []
            assert repo.update(tx, [(2, other), (3, mine)]) == [ONE]
            assert repo.update(tx, [(3, mine)]) == []
            assert (
                repo.update(
                    tx, [(1, cart(CAT, THREE, version=2)), (4, attrs.evolve(mine, buyer_id=BEN))]
                )
                == []
            )
            tx.commit()
        with database.snapshot() as tx:
            assert repo.load(tx, [(ANN, ONE), (BEN, TWO)]) == {
                ONE: mine,
                TWO: cart(BEN, TWO, version=3),
            }

    def test_many_carts_change_at_once(self, database: Database, repo: CartRepository) -> None:
        carts = [cart(BuyerId(f"buyer-{n:03}"), CartId(f"cart-{n}")) for n in range(200)]
        self._put(database, repo, *carts)
        changed = [
            attrs.evolve(c, lines=(line("a", 1 + n),), version=2) for n, c in enumerate(carts)
        ]
        with database.begin() as tx:
            assert set(repo.update(tx, [(1, c) for c in changed])) == {c.id for c in carts}
            assert repo.open_of(tx, [c.buyer_id for c in carts]) == {c.buyer_id: c for c in changed}

    def test_a_cart_is_spent_once_and_never_changes_again(
        self, database: Database, repo: CartRepository
    ) -> None:
        mine = cart(ANN, ONE, line("a"))
        self._put(database, repo, mine)
        spent = mine.as_merged_into(TWO, LATER)
        with database.begin() as tx:
            assert repo.update(tx, [(1, spent)]) == [ONE]
            assert repo.load(tx, [(ANN, ONE)]) == {ONE: spent}
            assert repo.open_of(tx, [ANN]) == {}
            assert repo.update(tx, [(2, attrs.evolve(mine, version=3))]) == []
            assert repo.consume(tx, [(ANN, ONE, 2)]) == []
            repo.insert(tx, [cart(ANN, TWO)])

    def test_open_carts_become_orders_at_the_version_given_alone(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE, line("a"), version=3), cart(BEN, TWO, version=3))
        with database.begin() as tx:
            assert repo.consume(tx, []) == []
            assert repo.consume(
                tx, [(BEN, TWO, 2), (ANN, ONE, 3), (CAT, THREE, 1), (BEN, ONE, 3)]
            ) == [ONE]
            assert repo.consume(tx, [(ANN, ONE, 3), (ANN, ONE, 4)]) == []
            tx.commit()
        with database.snapshot() as tx:
            ordered = cart(ANN, ONE, line("a"), status=CartStatus.ORDERED, version=4)
            assert repo.load(tx, [(ANN, ONE)]) == {ONE: ordered}
            assert repo.open_of(tx, [ANN, BEN]) == {BEN: cart(BEN, TWO, version=3)}

    def test_what_is_not_committed_never_happened(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE))
        with database.begin() as tx:
            repo.consume(tx, [(ANN, ONE, 1)])
            repo.give_back(tx, [back(BEN, "o1", TWO, line("a"))], LATER)
        with database.snapshot() as tx:
            assert repo.open_of(tx, [ANN, BEN]) == {ANN: cart(ANN, ONE)}

    # Giving back

    def test_lines_go_back_into_the_open_cart_and_quantities_add_up(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE, line("a", 2), line("b", minor=500), version=3))
        took = self._give_back(
            database, repo, back(ANN, "o1", TWO, line("c", 4), line("a", 5, minor=1))
        )
        assert took == {"o1": ONE}
        now = self._open(database, repo, ANN)
        assert now.lines == (line("a", 7), line("b", minor=500), line("c", 4))
        assert (now.id, now.version > 3, now.updated_at) == (ONE, True, LATER)

    def test_lines_go_back_into_a_new_cart_where_none_is_open(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, full_cart())
        returned = [
            back(BEN, "o2", THREE, line("b", 3)),
            back(ANN, "o1", TWO, line("a", 2, variant="v")),
        ]
        assert self._give_back(database, repo, *returned) == {"o1": TWO, "o2": THREE}
        mine = self._open(database, repo, ANN)
        assert (mine.id, mine.lines, mine.updated_at) == (TWO, (line("a", 2, variant="v"),), LATER)
        assert mine.version >= 1
        assert self._open(database, repo, BEN).lines == (line("b", 3),)

    def test_orders_of_one_buyer_share_the_new_cart(
        self, database: Database, repo: CartRepository
    ) -> None:
        returned = [
            back(ANN, "o1", ONE, line("a", 2)),
            back(ANN, "o2", TWO, line("b"), line("a", 3)),
        ]
        took = self._give_back(database, repo, *returned)
        assert took == {"o1": ONE, "o2": ONE}
        assert self._open(database, repo, ANN).lines == (line("a", 5), line("b"))

    def test_lines_beyond_the_bounds_of_a_cart_are_noted_as_left_out(
        self, database: Database, repo: CartRepository
    ) -> None:
        full = tuple(line(f"s{n:03}") for n in range(MOST_LINES - 1))
        self._put(database, repo, cart(ANN, ONE, *full))
        self._give_back(
            database, repo, back(ANN, "o1", TWO, line("x"), line("y"), line("s000", MOST_PIECES))
        )
        now = self._open(database, repo, ANN)
        assert now.lines == (line("s000", MOST_PIECES), *full[1:], line("x"))
        assert now.left_out == (line("y"), line("s000", 1))

    def test_a_cart_that_took_lines_back_goes_on_as_any_other(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._give_back(database, repo, back(ANN, "o1", ONE, line("a")))
        taken = self._open(database, repo, ANN)
        with database.begin() as tx:
            assert repo.give_back(tx, [], LATER) == {}
            assert repo.update(tx, [(taken.version, taken.emptied(LATER))]) == [ONE]
            assert repo.consume(tx, [(ANN, ONE, taken.version + 1)]) == [ONE]

    def test_a_change_read_before_lines_came_back_is_refused(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE, line("a")))
        self._give_back(database, repo, back(ANN, "o1", TWO, line("b")))
        with database.begin() as tx:
            assert repo.update(tx, [(1, cart(ANN, ONE, version=2))]) == []
            assert repo.consume(tx, [(ANN, ONE, 1)]) == []

    # Ending

    def test_carts_come_by_buyer_and_id_a_page_at_a_time(
        self, database: Database, repo: CartRepository
    ) -> None:
        merged = cart(ANN, TWO, status=CartStatus.MERGED, merged_into=ONE)
        self._put(database, repo, cart(BEN, ONE), merged, cart(ANN, ONE, updated_at=LATER))
        with database.snapshot() as tx:
            first = repo.by_key(tx, None, 2)
            assert [(c.buyer_id, c.id, c.status, c.updated_at) for c in first] == [
                (ANN, ONE, CartStatus.OPEN, LATER),
                (ANN, TWO, CartStatus.MERGED, AT),
            ]
            assert [c.buyer_id for c in repo.by_key(tx, (ANN, TWO), 2)] == [BEN]
            assert [c.id for c in repo.by_key(tx, (ANN, ONE), 1)] == [TWO]
            assert repo.by_key(tx, (BEN, ONE), 2) == []

    def test_a_guests_carts_go_together_once_all_are_idle(
        self, database: Database, repo: CartRepository
    ) -> None:
        merged = cart(ANN, TWO, status=CartStatus.MERGED, merged_into=THREE)
        self._put(database, repo, merged, cart(ANN, ONE, line("a"), updated_at=LATER))
        self._put(database, repo, cart(BEN, ONE, line("a")))
        with database.begin() as tx:
            assert repo.drop_guests(tx, [ANN, BEN], LATER) == 1
            assert repo.open_of(tx, [BEN]) == {}
            assert repo.count_of(tx, [ANN, BEN]) == {ANN: 2}
            assert repo.drop_guests(tx, [ANN, BEN], LATER + timedelta(microseconds=1)) == 2
            assert repo.count_of(tx, [ANN]) == {}
            repo.insert(tx, [cart(ANN, ONE)])

    def test_whose_cart_became_an_order_keeps_all_of_them(
        self, database: Database, repo: CartRepository
    ) -> None:
        ordered = cart(ANN, TWO, line("a"), status=CartStatus.ORDERED)
        self._put(database, repo, ordered, cart(ANN, ONE))
        with database.begin() as tx:
            assert repo.drop_guests(tx, [ANN], LATER) == 0
            assert repo.count_of(tx, [ANN]) == {ANN: 2}

    def test_an_idle_cart_loses_its_lines_and_no_other_does(
        self, database: Database, repo: CartRepository
    ) -> None:
        ordered = cart(CAT, THREE, line("a"), status=CartStatus.ORDERED)
        fresh = cart(BEN, TWO, line("a"), updated_at=LATER)
        self._put(database, repo, cart(ANN, ONE, line("a"), version=3), fresh, ordered)
        end = LATER + timedelta(days=1)
        with database.begin() as tx:
            keys = [(CAT, THREE), (BEN, TWO), (ANN, ONE)]
            assert repo.empty_idle(tx, keys, LATER, end) == 1
            assert repo.empty_idle(tx, keys, LATER, end) == 0
            assert repo.empty_idle(tx, [], LATER, end) == 0
            emptied = cart(ANN, ONE, version=4, updated_at=end)
            assert repo.load(tx, keys) == {ONE: emptied, TWO: fresh, THREE: ordered}

    def test_metadata_is_written_over_and_taken_away(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE, line("a", metadata={"a": 1}), metadata={"b": 2}))
        said = cart(
            ANN, ONE, line("a", metadata=METADATA), version=2, metadata=METADATA, coupons=("X",)
        )
        silent = cart(ANN, ONE, line("a"), version=3)
        for was, now in ((1, said), (2, silent)):
            with database.begin() as tx:
                assert repo.update(tx, [(was, now)]) == [ONE]
                tx.commit()
            assert self._open(database, repo, ANN) == now

    def test_metadata_of_an_undone_order_comes_back_with_its_lines(
        self, database: Database, repo: CartRepository
    ) -> None:
        self._put(database, repo, cart(ANN, ONE, line("a"), metadata={"gift": "no"}))
        self._give_back(
            database,
            repo,
            back(ANN, "o-1", TWO, line("a", metadata={"a": 1}), metadata={"gift": "yes", "b": 2}),
            back(
                BEN,
                "o-2",
                THREE,
                line("b", metadata=METADATA),
                metadata=METADATA,
                coupons=("SAVE10", "X"),
            ),
        )
        mine, other = self._open(database, repo, ANN), self._open(database, repo, BEN)
        assert mine.metadata == {"gift": "no", "b": 2}
        assert mine.lines[0].metadata == {"a": 1}
        assert (other.metadata, other.lines[0].metadata) == (METADATA, METADATA)
        assert (mine.coupons, other.coupons) == ((), ("SAVE10", "X"))

    def _put(self, database: Database, repo: CartRepository, *carts: Cart) -> None:
        with database.begin() as tx:
            repo.insert(tx, carts)
            tx.commit()

    def _open(self, database: Database, repo: CartRepository, buyer_id: BuyerId) -> Cart:
        with database.snapshot() as tx:
            return repo.open_of(tx, [buyer_id])[buyer_id]

    def _give_back(
        self, database: Database, repo: CartRepository, *returned: ReturnedLines
    ) -> dict[OrderId, CartId]:
        with database.begin() as tx:
            took = repo.give_back(tx, returned, LATER)
            tx.commit()
        return dict(took)
