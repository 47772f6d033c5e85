"""What every order book and every sellers' list promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.checkout import OrderSaga, SagaStore
from commerce_core.kernel.address import Address
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, OrderId, SellerId, SkuId
from commerce_core.kernel.money import MAX_MINOR, MAX_SUM, Money
from commerce_core.kernel.transaction import Database
from commerce_core.orders import (
    Cancellation,
    Fact,
    Order,
    OrderBook,
    OrderExists,
    OrderFilter,
    OrderKey,
    OrderLine,
    OrderPosition,
    OrderState,
    OrderStatus,
    OrderView,
    SellerOrder,
    SellerOrders,
    Shipment,
    TimelineCursor,
    TimelineEntry,
)
from commerce_core.payment import Handle
from commerce_core.pricing import Adjustment

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
LATER: Final = AT + timedelta(seconds=30)
EVERY: Final = OrderFilter()
ANN, BOB = BuyerId("buyer-ann"), BuyerId("buyer-bob")
HANDLE: Final = Handle(
    gateway="sandbox", account="main", reference="pay-1", brand="visa", last4="4242"
)


def plain_order(number: int, buyer_id: BuyerId = ANN, **fields: Any) -> Order:
    """Order *number*, of one line; everything else unless given."""
    line = OrderLine(
        sku_id=SkuId("sku-1"), item_id=ItemId("item-1"), variant_id=None,
        seller_id=SellerId("seller-1"), name="Lamp", quantity=1,
        unit_price=Money(1_999, "USD"),
    )  # fmt: skip
    plain: dict[str, Any] = {
        "cart_id": CartId(f"cart-{number}"), "cart_version": 1, "idem_key": None,
        "digest": "digest", "lines": (line,), "adjustments": (),
        "total": Money(1_999, "USD"), "handle": HANDLE, "email": "ann@x.test", "address": None,
        "created_at": AT,
    }  # fmt: skip
    return Order(id=OrderId(f"order-{number:03}"), buyer_id=buyer_id, **(plain | fields))


def full_order(number: int, buyer_id: BuyerId = BOB) -> Order:
    """Order *number* with a value in every place."""
    lines = tuple(
        OrderLine(
            sku_id=SkuId(f"sku-{n}"), item_id=ItemId(f"item-{n}"),
            variant_id="größe '\"" if n % 2 else None, seller_id=SellerId(f"seller-{n % 3}"),
            name=f"Thing {n} \N{GRINNING FACE}\n", quantity=999_999,
            unit_price=Money(MAX_MINOR // 12, "JPY"), sku=f"größe-{n}",
            options={"Größe": ["S", 1, None], "x": {}} if n % 2 else {},
        )
        for n in range(12, 0, -1)
    )  # fmt: skip
    adjustments = (
        Adjustment(kind="shipping", code="express", amount=Money(500, "JPY")),
        Adjustment(
            kind="tax", code="vat", amount=Money(19, "JPY"), line_no=2, rate="0.19", included=True
        ),
        Adjustment(
            kind="discount", code="spring", amount=Money(-77, "JPY"), line_no=12, rate="0.5"
        ),
    )
    address = Address(
        name="Bob O'Neil",
        line1="1 Main St",
        line2="c/o Ann",
        city="Köln",
        region="NRW",
        postal_code="50667",
        country="DE",
    )
    return plain_order(
        number, buyer_id, cart_version=7, idem_key="key \N{GRINNING FACE}", digest="d" * 64,
        lines=lines, adjustments=adjustments,
        total=Money(MAX_SUM, "JPY"),
        handle=attrs.evolve(HANDLE, account="second", brand="", last4=""), address=address,
    )  # fmt: skip


def key_of(order: Order) -> OrderKey:
    """The whole key of *order*."""
    return OrderKey(order.buyer_id, order.id)


def behind(order: Order) -> OrderPosition:
    """The place in a list behind *order*."""
    return OrderPosition(order.created_at, order.id)


def saga_of(order: Order, **fields: Any) -> OrderSaga:
    """The saga that *order* begins with."""
    plain: dict[str, Any] = {
        "definition": "order",
        "version": 1,
        "carrier": "sandbox",
        "trace": f"what {order.id} came of",
    }
    handle = order.handle
    return OrderSaga(
        key=key_of(order),
        gateway=handle.gateway,
        account=handle.account,
        digest=order.digest,
        total=order.total,
        **(plain | fields),
    )


def place(database: Database, book: OrderBook, sagas: SagaStore, *orders: Order) -> None:
    """Write orders with their sagas and the entries that each timeline begins with."""
    entries = (
        TimelineEntry(seq=1, fact=Fact.ORDER_CREATED, at=AT),
        TimelineEntry(seq=2, fact=Fact.INVENTORY_RESERVED, at=AT),
    )
    with database.begin() as tx:
        book.insert(tx, orders)
        sagas.insert(tx, [saga_of(order) for order in orders], len(entries), AT)
        book.append(tx, {key_of(order): entries for order in orders})
        tx.commit()


class OrderBookContract:
    """Give ``database``, ``book``, and ``sagas`` that the book reads the states from."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def book(self) -> OrderBook:
        """The book to examine."""

    @pytest.fixture
    @abstractmethod
    def sagas(self) -> SagaStore:
        """A saga store of the same kind."""

    def _load(self, database: Database, book: OrderBook, order: Order) -> OrderView:
        with database.snapshot() as tx:
            return book.load(tx, [key_of(order)])[order.id]

    def test_an_order_comes_back_as_it_was_placed(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, full_order(1), plain_order(2))
        view = self._load(database, book, full_order(1))
        assert view.order == full_order(1)
        assert (view.state, view.shipment, view.cancellation, view.updated_at) == (
            OrderState.PLACED,
            None,
            None,
            AT,
        )
        assert self._load(database, book, plain_order(2)).order == plain_order(2)

    def test_only_the_whole_key_finds_an_order(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        one, two = plain_order(1), plain_order(2, BOB)
        place(database, book, sagas, one, two)
        with database.snapshot() as tx:
            assert set(
                book.load(tx, [key_of(one), key_of(two), OrderKey(ANN, OrderId("nothing"))])
            ) == {one.id, two.id}
            assert book.load(tx, [OrderKey(BOB, one.id), OrderKey(ANN, two.id)]) == {}
            assert book.load(tx, []) == {}

    def test_a_timeline_is_kept_whole_and_in_order(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        order = plain_order(1)
        place(database, book, sagas, order)
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
            book.append(tx, {key_of(order): [full, third]})
            tx.commit()
        timeline = self._load(database, book, order).timeline
        assert [entry.seq for entry in timeline] == [1, 2, 3, 4]
        assert timeline[2:] == (third, full)

    def test_a_number_of_a_timeline_is_used_once(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, plain_order(1), plain_order(2))
        again = TimelineEntry(seq=2, fact=Fact.PAYMENT_COMPLETED, at=LATER)
        with database.begin() as tx, pytest.raises(Conflict):
            book.append(tx, {key_of(plain_order(1)): [attrs.evolve(again, seq=3), again]})
        assert len(self._load(database, book, plain_order(1)).timeline) == 2

    def test_a_cancelled_order_says_why_and_where_its_lines_are(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, plain_order(1))
        detail = {"code": "payment-declined", "detail": "no money", "cartId": "cart-9"}
        with database.begin() as tx:
            book.append(
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
        assert self._load(database, book, plain_order(1)).cancellation == cancelled

    def test_a_shipment_belongs_to_its_order(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, plain_order(1), plain_order(2))
        parcel = Shipment(carrier="sandbox", tracking_number="T-1")
        with database.begin() as tx:
            sagas.record_shipments(tx, {key_of(plain_order(1)): parcel}, LATER)
            tx.commit()
        assert self._load(database, book, plain_order(1)).shipment == parcel
        assert self._load(database, book, plain_order(2)).shipment is None

    @pytest.mark.parametrize("used", ["cart", "key", "id"])
    def test_a_cart_a_key_and_an_id_make_one_order(
        self, database: Database, book: OrderBook, sagas: SagaStore, used: str
    ) -> None:
        first = plain_order(1, idem_key="key-1")
        place(database, book, sagas, first)
        uses: dict[str, dict[str, Any]] = {
            "cart": {"cart_id": first.cart_id},
            "key": {"idem_key": "key-1"},
            "id": {"id": first.id},
        }
        with database.begin() as tx, pytest.raises(OrderExists):
            book.insert(tx, [plain_order(2), attrs.evolve(plain_order(3), **uses[used])])
        with database.snapshot() as tx:
            assert [view.order.id for view in book.history(tx, ANN, EVERY, None, 9)] == [first.id]

    def test_another_buyer_may_use_the_same_cart_and_key_names(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, plain_order(1, idem_key="key-1"))
        place(
            database,
            book,
            sagas,
            attrs.evolve(plain_order(2, BOB), idem_key="key-1", cart_id=plain_order(1).cart_id),
        )
        with database.snapshot() as tx:
            assert [o.buyer_id for o in book.placed_with(tx, [(BOB, "key-1")], [])] == [BOB]

    def test_orders_without_a_key_do_not_meet(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, plain_order(1), plain_order(2))
        with database.snapshot() as tx:
            assert len(book.history(tx, ANN, EVERY, None, 9)) == 2

    def test_an_order_is_found_by_its_key_or_its_cart_once(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        one, two, three = plain_order(1, idem_key="key-1"), plain_order(2, BOB), full_order(3, ANN)
        place(database, book, sagas, one, two, three)
        with database.snapshot() as tx:
            by_both = book.placed_with(
                tx,
                [(ANN, "key-1"), (BOB, "key-1")],
                [(ANN, one.cart_id), (BOB, two.cart_id), (ANN, two.cart_id)],
            )
            assert sorted(o.id for o in by_both) == [one.id, two.id]
            assert book.placed_with(tx, [(ANN, three.idem_key or "")], []) == [three]
            assert book.placed_with(tx, [(ANN, "key-9")], [(BOB, one.cart_id)]) == []
            assert book.placed_with(tx, [], []) == []

    def test_a_history_goes_back_from_the_newest_page_by_page(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(
            database, book, sagas, *(plain_order(n) for n in (3, 1, 5, 2, 4)), plain_order(9, BOB)
        )
        with database.snapshot() as tx:
            first = book.history(tx, ANN, EVERY, None, 2)
            assert [view.order for view in first] == [plain_order(5), plain_order(4)]
            assert [len(view.timeline) for view in first] == [2, 2]
            second = book.history(tx, ANN, EVERY, behind(first[-1].order), 2)
            assert [view.order.id for view in second] == [plain_order(3).id, plain_order(2).id]
            assert [
                view.order.id for view in book.history(tx, ANN, EVERY, behind(second[-1].order), 2)
            ] == [plain_order(1).id]
            assert book.history(tx, ANN, EVERY, behind(plain_order(1)), 2) == []

    def test_a_history_goes_by_time_before_it_goes_by_name(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(
            database,
            book,
            sagas,
            *(plain_order(n, created_at=AT + timedelta(microseconds=n % 3)) for n in range(1, 7)),
        )
        with database.snapshot() as tx:
            seen: list[OrderId] = []
            before: OrderPosition | None = None
            while page := book.history(tx, ANN, EVERY, before, 2):
                seen += [view.order.id for view in page]
                before = behind(page[-1].order)
        assert seen == [plain_order(n).id for n in (5, 2, 4, 1, 6, 3)]

    def test_a_history_is_of_a_status_and_of_a_time(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        orders = [plain_order(n, created_at=AT + timedelta(hours=n)) for n in range(6)]
        place(database, book, sagas, *orders, plain_order(9, BOB, created_at=AT))
        with database.begin() as tx:
            assert sagas.request_cancel(tx, key_of(orders[2]), LATER)
            tx.commit()

        def found(before: OrderPosition | None = None, **wanted: Any) -> list[int]:
            with database.snapshot() as tx:
                views = book.history(tx, ANN, OrderFilter(**wanted), before, 2)
            return [orders.index(view.order) for view in views]

        assert found(status=OrderStatus.PENDING) == [5, 4]
        assert found(behind(orders[4]), status=OrderStatus.PENDING) == [3, 2]
        assert found(status=OrderStatus.COMPLETED) == []
        assert found(since=AT + timedelta(hours=5)) == [5]
        assert found(since=AT, until=AT + timedelta(hours=1)) == [1, 0]
        assert found(until=AT + timedelta(hours=1, microseconds=-1)) == [0]
        assert found(
            behind(orders[1]), until=AT + timedelta(hours=1), status=OrderStatus.PENDING
        ) == [0]
        assert found(since=AT + timedelta(hours=6)) == []

    def test_followers_get_what_is_behind_their_cursor_and_no_more(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        orders = [plain_order(n) for n in range(1, 130)]
        place(database, book, sagas, *orders, plain_order(200, BOB))
        with database.begin() as tx:
            book.append(
                tx,
                {key_of(orders[0]): [TimelineEntry(seq=3, fact=Fact.PAYMENT_COMPLETED, at=LATER)]},
            )
            tx.commit()
        cursors = [TimelineCursor(key_of(order), 2) for order in orders] + [
            TimelineCursor(OrderKey(ANN, plain_order(200).id), 0)
        ]
        with database.snapshot() as tx:
            found = book.timelines_after(tx, cursors)
            assert {order_id: [e.seq for e in entries] for order_id, entries in found.items()} == {
                orders[0].id: [3]
            }
            whole = book.timelines_after(
                tx, [TimelineCursor(key_of(orders[0]), 0), TimelineCursor(key_of(orders[1]), 1)]
            )
            assert {order_id: [e.seq for e in entries] for order_id, entries in whole.items()} == {
                orders[0].id: [1, 2, 3],
                orders[1].id: [2],
            }
            assert book.timelines_after(tx, []) == {}

    def test_anyone_can_be_told_whose_an_order_is(
        self, database: Database, book: OrderBook, sagas: SagaStore
    ) -> None:
        place(database, book, sagas, plain_order(1), plain_order(2, BOB))
        with database.snapshot() as tx:
            asked = [plain_order(2).id, OrderId("nothing"), plain_order(1).id]
            assert book.keys_of(tx, asked) == {
                plain_order(1).id: OrderKey(ANN, asked[2]),
                plain_order(2).id: OrderKey(BOB, asked[0]),
            }
            assert book.keys_of(tx, []) == {}


ACME, BIRCH = SellerId("seller-acme"), SellerId("seller-birch")


def seller_order(number: int, status: OrderStatus = OrderStatus.PENDING) -> SellerOrder:
    """What a seller sees of order *number*."""
    lines = full_order(number).lines[:2]
    total = lines[0].total + lines[1].total
    order_id = f"order-{number:03}"
    return SellerOrder(
        order_id=order_id, status=status, lines=lines, total=total, created_at=AT, updated_at=LATER
    )


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
        learnt = LATER + timedelta(hours=9)
        with database.begin() as tx:
            listed.put(tx, [(ACME, 2, row) for row in rows] + [(BIRCH, 2, rows[0])], LATER)
            listed.put(tx, [(ACME, 5, done), (ACME, 1, rows[2])], learnt)
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
        # What came late was learnt late: nobody who asks what is new since LATER misses it.
        assert found(updated_since=LATER + timedelta(microseconds=1)) == [names[1]]
        assert found(updated_since=learnt, status=OrderStatus.PENDING) == []
        assert found(updated_since=LATER) == [names[3], names[2]]
