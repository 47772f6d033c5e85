"""What every order repository and every sellers' list promises."""

from abc import abstractmethod
from datetime import timedelta
from typing import Any

import attrs
import pytest

from commerce_core.checkout import SagaStore
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import CartId, OrderId, SellerId
from commerce_core.kernel.transaction import Database
from commerce_core.orders import (
    Cancellation,
    Fact,
    KeptNumber,
    Order,
    OrderExists,
    OrderFilter,
    OrderKey,
    OrderPosition,
    OrderRepository,
    OrderState,
    OrderStatus,
    OrderView,
    SellerOrder,
    SellerOrders,
    Shipment,
    TimelineEntry,
)
from commerce_testkit.contracts.order_history import OrderHistoryContract
from commerce_testkit.contracts.sample_orders import (
    ANN,
    AT,
    BOB,
    EVERY,
    LATER,
    full_order,
    key_of,
    place,
    plain_order,
)


class OrderRepositoryContract(OrderHistoryContract):
    """Give ``database``, ``repo``, and ``sagas`` that the repository reads the states from."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def repo(self) -> OrderRepository:
        """The repository to examine."""

    @pytest.fixture
    @abstractmethod
    def sagas(self) -> SagaStore:
        """A saga store of the same kind."""

    def _load(self, database: Database, repo: OrderRepository, order: Order) -> OrderView:
        with database.snapshot() as tx:
            return repo.load(tx, [key_of(order)])[order.id]

    def test_an_order_comes_back_as_it_was_placed(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, full_order(1), plain_order(2))
        view = self._load(database, repo, full_order(1))
        assert view.order == full_order(1)
        assert (view.state, view.shipment, view.cancellation, view.updated_at) == (
            OrderState.PLACED,
            None,
            None,
            AT,
        )
        assert self._load(database, repo, plain_order(2)).order == plain_order(2)

    def test_only_the_whole_key_finds_an_order(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        one, two = plain_order(1), plain_order(2, BOB)
        place(database, repo, sagas, one, two)
        with database.snapshot() as tx:
            assert set(
                repo.load(tx, [key_of(one), key_of(two), OrderKey(ANN, OrderId("nothing"))])
            ) == {one.id, two.id}
            assert repo.load(tx, [OrderKey(BOB, one.id), OrderKey(ANN, two.id)]) == {}
            assert repo.load(tx, []) == {}

    def test_a_timeline_is_kept_whole_and_in_order(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        order = plain_order(1)
        place(database, repo, sagas, order)
        detail: dict[str, Any] = {
            "code": "x",
            "näme": [1, None, {"a": "\N{GRINNING FACE}"}],
            "cartId": None,
        }
        full = TimelineEntry(
            seq=4,
            fact=Fact.PAYMENT_DECLINED,
            at=LATER,
            actor="account-1",
            cause="because",
            detail=detail,
        )
        third = TimelineEntry(seq=3, fact=Fact.PAYMENT_COMPLETED, at=LATER)
        with database.begin() as tx:
            repo.append(tx, {key_of(order): [full, third]})
            tx.commit()
        timeline = self._load(database, repo, order).timeline
        assert [entry.seq for entry in timeline] == [1, 2, 3, 4]
        assert timeline[2:] == (third, full)

    def test_a_number_of_a_timeline_is_used_once(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, plain_order(1), plain_order(2))
        again = TimelineEntry(seq=2, fact=Fact.PAYMENT_COMPLETED, at=LATER)
        with database.begin() as tx, pytest.raises(Conflict):
            repo.append(tx, {key_of(plain_order(1)): [attrs.evolve(again, seq=3), again]})
        assert len(self._load(database, repo, plain_order(1)).timeline) == 2

    def test_a_cancelled_order_says_why_and_where_its_lines_are(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, plain_order(1))
        detail = {"code": "payment-declined", "detail": "no money", "cartId": "cart-9"}
        with database.begin() as tx:
            repo.append(
                tx,
                {
                    key_of(plain_order(1)): [
                        TimelineEntry(seq=3, fact=Fact.ORDER_CANCELLED, at=LATER, detail=detail)
                    ]
                },
            )
            tx.commit()
        cancelled = Cancellation(
            code="payment-declined", detail="no money", cart_id=CartId("cart-9")
        )
        assert self._load(database, repo, plain_order(1)).cancellation == cancelled

    def test_a_shipment_belongs_to_its_order(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, plain_order(1), plain_order(2))
        parcel = Shipment(carrier="sandbox", tracking_number="T-1")
        with database.begin() as tx:
            sagas.record_shipments(tx, {key_of(plain_order(1)): parcel}, LATER)
            tx.commit()
        assert self._load(database, repo, plain_order(1)).shipment == parcel
        assert self._load(database, repo, plain_order(2)).shipment is None

    @pytest.mark.parametrize("used", ["cart", "key", "id", "number"])
    def test_a_cart_a_key_an_id_and_a_number_make_one_order(
        self, database: Database, repo: OrderRepository, sagas: SagaStore, used: str
    ) -> None:
        first = plain_order(1, idem_key="key-1", number="26-1")
        place(database, repo, sagas, first)
        uses: dict[str, dict[str, Any]] = {
            "cart": {"cart_id": first.cart_id},
            "key": {"idem_key": "key-1"},
            "id": {"id": first.id},
            "number": {"number": "26-1"},
        }
        with database.begin() as tx, pytest.raises(OrderExists):
            repo.insert(tx, [plain_order(2), attrs.evolve(plain_order(3), **uses[used])])
        with database.snapshot() as tx:
            assert [view.order.id for view in repo.history(tx, ANN, EVERY, None, 9)] == [first.id]

    def test_another_buyer_may_use_the_same_cart_and_key_names(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, plain_order(1, idem_key="key-1"))
        place(
            database,
            repo,
            sagas,
            attrs.evolve(plain_order(2, BOB), idem_key="key-1", cart_id=plain_order(1).cart_id),
        )
        with database.snapshot() as tx:
            assert [o.buyer_id for o in repo.placed_with(tx, [(BOB, "key-1")], [])] == [BOB]

    def test_orders_without_a_key_do_not_meet(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, plain_order(1), plain_order(2))
        with database.snapshot() as tx:
            assert len(repo.history(tx, ANN, EVERY, None, 9)) == 2

    def test_an_order_is_found_by_its_key_or_its_cart_once(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        one, two, three = plain_order(1, idem_key="key-1"), plain_order(2, BOB), full_order(3, ANN)
        place(database, repo, sagas, one, two, three)
        with database.snapshot() as tx:
            by_both = repo.placed_with(
                tx,
                [(ANN, "key-1"), (BOB, "key-1")],
                [(ANN, one.cart_id), (BOB, two.cart_id), (ANN, two.cart_id)],
            )
            assert sorted(o.id for o in by_both) == [one.id, two.id]
            assert repo.placed_with(tx, [(ANN, three.idem_key or "")], []) == [three]
            assert repo.placed_with(tx, [(ANN, "key-9")], [(BOB, one.cart_id)]) == []
            assert repo.placed_with(tx, [], []) == []

    def test_anyone_can_be_told_whose_an_order_is(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(database, repo, sagas, plain_order(1), plain_order(2, BOB))
        with database.snapshot() as tx:
            order_ids = [plain_order(2).id, OrderId("nothing"), plain_order(1).id]
            assert repo.keys_of(tx, order_ids) == {
                plain_order(1).id: OrderKey(ANN, order_ids[2]),
                plain_order(2).id: OrderKey(BOB, order_ids[0]),
            }
            assert repo.keys_of(tx, []) == {}

    def test_a_number_leads_to_one_order_of_the_whole_shop(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        one, two = plain_order(1, number="26-1"), plain_order(2, BOB, number="26-2")
        place(database, repo, sagas, one, two, plain_order(3))
        with database.begin() as tx, pytest.raises(OrderExists):
            repo.insert(tx, [plain_order(4), plain_order(5, BOB, number="26-1")])
        with database.begin() as tx, pytest.raises(OrderExists):
            repo.insert(tx, [plain_order(4, number="26-4"), plain_order(5, BOB, number="26-4")])
        with database.snapshot() as tx:
            assert repo.numbered(tx, ["26-2", "26-1", "26-4", "26"]) == {
                "26-1": key_of(one),
                "26-2": key_of(two),
            }
            assert repo.numbered(tx, []) == {}
            assert repo.load(tx, [key_of(plain_order(4))]) == {}

    def test_numbers_are_listed_page_by_page_with_those_of_their_orders(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        orders = [plain_order(n, (ANN, BOB)[n % 2], number=f"26-{n}") for n in (3, 1, 4, 2)]
        place(database, repo, sagas, *orders, plain_order(9))
        kept = sorted((KeptNumber(f"{o.number}", key_of(o), o.number) for o in orders), key=str)
        with database.snapshot() as tx:
            first = repo.numbers(tx, None, 3)
            assert [*first, *repo.numbers(tx, first[-1].number, 3)] == kept
            assert len(first) == 3
            assert repo.numbers(tx, kept[-1].number, 3) == []


ACME, BIRCH = SellerId("seller-acme"), SellerId("seller-birch")


def seller_order(number: int, status: OrderStatus = OrderStatus.PENDING) -> SellerOrder:
    """What a seller sees of order *number*."""
    lines = full_order(number).lines[:2]
    total = lines[0].total + lines[1].total
    order_id = f"order-{number:03}"
    return SellerOrder(
        order_id=order_id, status=status, lines=lines, total=total, created_at=AT,
        updated_at=LATER, number=f"26-{number}",
    )  # fmt: skip


class SellerOrdersContract:
    """Give ``database`` and ``listed``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def listed(self) -> SellerOrders:
        """The list to examine."""

    def test_an_order_comes_back_as_it_was_put(
        self, database: Database, listed: SellerOrders
    ) -> None:
        with database.begin() as tx:
            listed.put(tx, [(ACME, 2, seller_order(1))], LATER)
            listed.put(tx, [], LATER)
            tx.commit()
        with database.snapshot() as tx:
            assert listed.load(tx, ACME, OrderId("order-001")) == seller_order(1)
            assert listed.load(tx, BIRCH, OrderId("order-001")) is None
            assert listed.load(tx, ACME, OrderId("nothing")) is None

    def test_the_later_entry_stays_in_whatever_order_they_come(
        self, database: Database, listed: SellerOrders
    ) -> None:
        paid, done, pending = (
            seller_order(1, s)
            for s in (OrderStatus.PAID, OrderStatus.COMPLETED, OrderStatus.PENDING)
        )
        with database.begin() as tx:
            listed.put(tx, [(ACME, 3, paid)], LATER)
            listed.put(tx, [(ACME, 2, pending), (BIRCH, 2, pending)], LATER)
            assert listed.load(tx, ACME, OrderId("order-001")) == paid
            listed.put(tx, [(ACME, 5, done), (ACME, 4, paid), (BIRCH, 3, paid)], LATER)
            assert listed.load(tx, ACME, OrderId("order-001")) == done
            assert listed.load(tx, BIRCH, OrderId("order-001")) == paid

    def test_an_order_loses_what_its_buyer_noted_on_lines(
        self, database: Database, listed: SellerOrders
    ) -> None:
        orders = [seller_order(1), seller_order(2)]
        with database.begin() as tx:
            listed.put(tx, [(ACME, 2, order) for order in orders], LATER)
            for _ in range(2):
                listed.blank(tx, [(ACME, OrderId("order-001")), (BIRCH, OrderId("order-002"))])
            lines = tuple(attrs.evolve(x, metadata={}) for x in orders[0].lines)
            blanked = attrs.evolve(orders[0], lines=lines)
            assert listed.history(tx, ACME, EVERY, None, 9) == [orders[1], blanked]

    def test_putting_the_same_again_changes_nothing(
        self, database: Database, listed: SellerOrders
    ) -> None:
        with database.begin() as tx:
            for _ in range(2):
                listed.put(tx, [(ACME, 2, seller_order(1)), (ACME, 2, seller_order(2))], LATER)
            assert listed.history(tx, ACME, EVERY, None, 9) == [seller_order(2), seller_order(1)]

    def test_a_history_goes_back_from_the_newest_page_by_page(
        self, database: Database, listed: SellerOrders
    ) -> None:
        with database.begin() as tx:
            listed.put(
                tx,
                [(ACME, 2, seller_order(n)) for n in (2, 4, 1, 3)] + [(BIRCH, 2, seller_order(5))],
                LATER,
            )
            assert listed.history(tx, ACME, EVERY, None, 3) == [
                seller_order(4),
                seller_order(3),
                seller_order(2),
            ]
            assert listed.history(tx, ACME, EVERY, OrderPosition(AT, OrderId("order-002")), 3) == [
                seller_order(1)
            ]
            assert listed.history(tx, ACME, EVERY, OrderPosition(AT, OrderId("order-001")), 3) == []

    def test_a_history_is_of_a_status_and_of_a_time(
        self, database: Database, listed: SellerOrders
    ) -> None:
        rows = [attrs.evolve(seller_order(n), created_at=AT + timedelta(hours=n)) for n in range(4)]
        done = attrs.evolve(rows[1], status=OrderStatus.COMPLETED)
        recorded_at = LATER + timedelta(hours=9)
        with database.begin() as tx:
            listed.put(tx, [(ACME, 2, row) for row in rows] + [(BIRCH, 2, rows[0])], LATER)
            listed.put(tx, [(ACME, 5, done), (ACME, 1, rows[2])], recorded_at)
            tx.commit()

        def found(before: OrderPosition | None = None, **wanted: Any) -> list[str]:
            with database.snapshot() as tx:
                return [
                    row.order_id
                    for row in listed.history(tx, ACME, OrderFilter(**wanted), before, 2)
                ]

        names = [row.order_id for row in rows]
        assert found(status=OrderStatus.COMPLETED) == [names[1]]
        assert found(status=OrderStatus.PENDING) == [names[3], names[2]]
        assert found(
            OrderPosition(rows[2].created_at, OrderId(names[2])), status=OrderStatus.PENDING
        ) == [names[0]]
        assert found(since=rows[1].created_at, until=rows[2].created_at) == [names[2], names[1]]
        assert found(until=AT - timedelta(microseconds=1)) == []
        # What came late was recorded late: a reader of what is new since LATER does not miss it.
        assert found(updated_since=LATER + timedelta(microseconds=1)) == [names[1]]
        assert found(updated_since=recorded_at, status=OrderStatus.PENDING) == []
        assert found(updated_since=LATER) == [names[3], names[2]]
        assert found(order_id=OrderId(names[1]), until=rows[2].created_at) == [names[1]]
        assert found(order_id=OrderId(names[1]), status=OrderStatus.PENDING) == []
