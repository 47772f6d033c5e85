"""What every order repository promises of a buyer's history and of timelines that are followed."""

from datetime import timedelta
from typing import Any, Final

import attrs

from commerce_core.checkout import SagaStore
from commerce_core.kernel.ids import BuyerId, OrderId
from commerce_core.kernel.transaction import Database
from commerce_core.orders import (
    Fact,
    OrderFilter,
    OrderKey,
    OrderPosition,
    OrderRepository,
    OrderStatus,
    TimelineCursor,
    TimelineEntry,
)
from commerce_testkit.contracts.sample_orders import (
    ANN,
    AT,
    BOB,
    EVERY,
    LATER,
    behind,
    full_order,
    key_of,
    place,
    plain_order,
)

CAT: Final = BuyerId("buyer-cat")


class OrderHistoryContract:
    """A part of :class:`~commerce_testkit.contracts.orders.OrderRepositoryContract`."""

    def test_orders_lose_what_says_who_it_was_a_few_at_a_time(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        keyed = plain_order(3, BOB, idem_key="key")
        orders = [full_order(1), plain_order(2, BOB), keyed, plain_order(4)]
        place(database, repo, sagas, *orders)
        with database.begin() as tx:
            first = repo.blank(tx, BOB, None, 2)
            assert first == {
                orders[0].id: ["seller-0", "seller-1", "seller-2"],
                orders[1].id: ["seller-1"],
            }
            assert [*repo.blank(tx, BOB, orders[1].id, 2)] == [keyed.id]
            assert repo.blank(tx, BOB, keyed.id, 2) == repo.blank(tx, CAT, None, 2) == {}
            found = repo.load(tx, [key_of(order) for order in orders])
            for order in orders[:3]:
                lines = tuple(attrs.evolve(x, metadata={}) for x in order.lines)
                assert found[order.id].order == attrs.evolve(
                    order, email="", address=None, idem_key=None, metadata={}, lines=lines
                )
            assert found[orders[3].id].order == orders[3]
            assert repo.under_way(tx, BOB)
            assert not repo.under_way(tx, CAT)

    def test_a_history_goes_back_from_the_newest_page_by_page(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(
            database, repo, sagas, *(plain_order(n) for n in (3, 1, 5, 2, 4)), plain_order(9, BOB)
        )
        with database.snapshot() as tx:
            first = repo.history(tx, ANN, EVERY, None, 2)
            assert [view.order for view in first] == [plain_order(5), plain_order(4)]
            assert [len(view.timeline) for view in first] == [2, 2]
            second = repo.history(tx, ANN, EVERY, behind(first[-1].order), 2)
            assert [view.order.id for view in second] == [plain_order(3).id, plain_order(2).id]
            assert [
                view.order.id for view in repo.history(tx, ANN, EVERY, behind(second[-1].order), 2)
            ] == [plain_order(1).id]
            assert repo.history(tx, ANN, EVERY, behind(plain_order(1)), 2) == []

    def test_a_history_goes_by_time_before_it_goes_by_name(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        place(
            database,
            repo,
            sagas,
            *(plain_order(n, created_at=AT + timedelta(microseconds=n % 3)) for n in range(1, 7)),
        )
        with database.snapshot() as tx:
            seen: list[OrderId] = []
            before: OrderPosition | None = None
            while page := repo.history(tx, ANN, EVERY, before, 2):
                seen += [view.order.id for view in page]
                before = behind(page[-1].order)
        assert seen == [plain_order(n).id for n in (5, 2, 4, 1, 6, 3)]

    def test_a_history_is_of_a_status_and_of_a_time(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        orders = [plain_order(n, created_at=AT + timedelta(hours=n)) for n in range(6)]
        place(database, repo, sagas, *orders, plain_order(9, BOB, created_at=AT))
        with database.begin() as tx:
            assert sagas.request_cancel(tx, key_of(orders[2]), LATER)
            tx.commit()

        def found(before: OrderPosition | None = None, **wanted: Any) -> list[int]:
            with database.snapshot() as tx:
                views = repo.history(tx, ANN, OrderFilter(**wanted), before, 2)
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

    def test_a_history_is_of_one_order_of_this_buyer(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        mine, theirs = plain_order(1), plain_order(2, BOB)
        place(database, repo, sagas, mine, theirs, plain_order(3))

        def found(order_id: OrderId, **wanted: Any) -> list[OrderId]:
            with database.snapshot() as tx:
                views = repo.history(tx, ANN, OrderFilter(order_id=order_id, **wanted), None, 9)
            return [view.order.id for view in views]

        assert found(mine.id) == found(mine.id, status=OrderStatus.PENDING, since=AT) == [mine.id]
        assert found(mine.id, status=OrderStatus.COMPLETED) == found(mine.id, since=LATER) == []
        assert found(theirs.id) == found(OrderId("nothing")) == []

    def test_followers_get_what_is_behind_their_cursor_and_no_more(
        self, database: Database, repo: OrderRepository, sagas: SagaStore
    ) -> None:
        orders = [plain_order(n) for n in range(1, 130)]
        place(database, repo, sagas, *orders, plain_order(200, BOB))
        with database.begin() as tx:
            repo.append(
                tx,
                {key_of(orders[0]): [TimelineEntry(seq=3, fact=Fact.PAYMENT_COMPLETED, at=LATER)]},
            )
            tx.commit()
        cursors = [TimelineCursor(key_of(order), 2) for order in orders] + [
            TimelineCursor(OrderKey(ANN, plain_order(200).id), 0)
        ]
        with database.snapshot() as tx:
            found = repo.timelines_after(tx, cursors)
            assert {order_id: [e.seq for e in entries] for order_id, entries in found.items()} == {
                orders[0].id: [3]
            }
            whole = repo.timelines_after(
                tx, [TimelineCursor(key_of(orders[0]), 0), TimelineCursor(key_of(orders[1]), 1)]
            )
            assert {order_id: [e.seq for e in entries] for order_id, entries in whole.items()} == {
                orders[0].id: [1, 2, 3],
                orders[1].id: [2],
            }
            assert repo.timelines_after(tx, []) == {}
