"""What every saga store promises of facts: money, parcels, and what is shown of sagas."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from commerce_core.checkout import (
    AlarmBounds,
    CallStatus,
    MoneyFact,
    OpenRefund,
    Operation,
    OutsideCall,
    OwedRefund,
    SagaFilter,
    SagaRow,
    SagaStore,
)
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import OrderKey, OrderRepository, OrderState, Shipment
from commerce_testkit.contracts.checkout_examination import (
    NOBODY,
    ONE,
    THREE,
    TWO,
    SagaStoreExamination,
    recorded,
)
from commerce_testkit.contracts.sample_orders import AT, LATER, key_of, plain_order, saga_of


class SagaFactsContract(SagaStoreExamination):
    """Facts need no fence, and everything can be read."""

    def test_a_fact_is_kept_once_per_order_reference_and_kind(
        self, database: Database, store: SagaStore
    ) -> None:
        capture = MoneyFact(key=key_of(ONE), ref="r-1", kind="capture", amount=Money(2**62, "USD"))
        others = [
            attrs.evolve(capture, kind="refund"),
            attrs.evolve(capture, ref="r-2"),
            attrs.evolve(capture, key=key_of(THREE), amount=Money(5, "JPY")),
        ]
        with database.begin() as tx:
            store.record_facts(tx, [capture, capture], AT)
            store.record_facts(tx, [attrs.evolve(capture, amount=Money(1, "USD")), *others], LATER)
            store.record_facts(tx, [], LATER)
            tx.commit()
        with database.snapshot() as tx:
            found = store.facts(tx, [key_of(o) for o in (ONE, TWO, THREE)])
            assert len(found) == 4
            assert {attrs.astuple(f, recurse=False) for f in found} == {
                attrs.astuple(f, recurse=False) for f in (capture, *others)
            }
            assert store.facts(tx, [key_of(TWO), NOBODY]) == store.facts(tx, []) == []

    def test_a_fact_needs_no_fence(self, database: Database, store: SagaStore) -> None:
        with database.begin() as tx:
            self._finish(tx, store, key_of(ONE))
            store.record_facts(
                tx, [MoneyFact(key=key_of(ONE), ref="r", kind="capture", amount=ONE.total)], AT
            )
            assert len(store.facts(tx, [key_of(ONE)])) == 1

    def test_a_booking_is_kept_once(
        self, database: Database, store: SagaStore, repo: OrderRepository
    ) -> None:
        parcel = Shipment(carrier="sandbox", tracking_number="T-1")
        with database.begin() as tx:
            store.record_shipments(tx, {key_of(THREE): parcel}, AT)
            store.record_shipments(tx, {key_of(THREE): parcel, key_of(ONE): parcel}, LATER)
            store.record_shipments(tx, {}, LATER)
            assert [
                view.shipment for view in repo.load(tx, [key_of(o) for o in (ONE, THREE)]).values()
            ] == [parcel, parcel]

    def test_refunds_are_opened_once_per_capture_even_for_several_captures(
        self, database: Database, store: SagaStore
    ) -> None:
        first, second = (
            OpenRefund("r-1", "cancelled", ONE.total),
            OpenRefund("r-2", "charged late", ONE.total),
        )
        with database.begin() as tx:
            assert store.open_refunds(tx, {key_of(ONE): first, key_of(THREE): first}) == {
                key_of(ONE): 1,
                key_of(THREE): 1,
            }
            assert store.open_refunds(tx, {key_of(ONE): first}) == {key_of(ONE): 1}
            assert store.open_refunds(tx, {key_of(ONE): second, key_of(TWO): first}) == {
                key_of(ONE): 2,
                key_of(TWO): 1,
            }
            assert store.open_refunds(tx, {key_of(ONE): second}) == {key_of(ONE): 2}
            assert store.open_refunds(tx, {key_of(ONE): first}) == {key_of(ONE): 1}
            assert store.open_refunds(tx, {}) == {}
            tx.commit()
        assert self.opened_refunds(database) == {
            (ONE.id, "r-1"),
            (ONE.id, "r-2"),
            (TWO.id, "r-1"),
            (THREE.id, "r-1"),
        }

    @abstractmethod
    def opened_refunds(self, database: Database) -> set[tuple[str, str]]:
        """Each refund that is written down, as order and capture; one that is there twice is a
        defect.
        """

    def test_a_capture_on_a_cancelled_order_is_owed_until_refunds_sum_up_to_it(
        self, database: Database, store: SagaStore
    ) -> None:
        def fact(order_key: OrderKey, ref: str, kind: str, amount: Money = ONE.total) -> MoneyFact:
            return MoneyFact(key=order_key, ref=ref, kind=kind, amount=amount)

        one, two, three = key_of(ONE), key_of(TWO), key_of(THREE)
        with database.begin() as tx:
            self._finish(tx, store, one)
            self._finish(tx, store, two, state=OrderState.COMPLETED)
            store.record_facts(
                tx,
                [
                    fact(one, "c-1", "capture"),
                    fact(two, "c-1", "capture"),
                    fact(three, "c-1", "capture"),
                ],
                AT,
            )
            assert store.owed_refunds(tx, 9) == [
                OwedRefund(key=one, capture_ref="c-1", amount=ONE.total)
            ]
            store.record_facts(tx, [fact(one, "f-1", "refund")], AT)
            assert store.owed_refunds(tx, 9) == []
            store.record_facts(
                tx, [fact(one, "c-2", "capture"), fact(one, "c-3", "capture")], LATER
            )
            assert [owed.capture_ref for owed in store.owed_refunds(tx, 9)] == ["c-2", "c-3"]
            assert [owed.capture_ref for owed in store.owed_refunds(tx, 1)] == ["c-2"]

    def test_a_part_that_was_given_back_is_not_taken_for_the_whole(
        self, database: Database, store: SagaStore
    ) -> None:
        one, currency = key_of(ONE), ONE.total.currency
        other = "EUR" if currency != "EUR" else "CHF"
        cent, rest = Money(1, currency), Money(ONE.total.minor - 1, currency)
        with database.begin() as tx:
            self._finish(tx, store, one)
            store.record_facts(
                tx, [MoneyFact(key=one, ref="c-1", kind="capture", amount=ONE.total)], AT
            )
            store.record_facts(tx, [MoneyFact(key=one, ref="f-1", kind="refund", amount=cent)], AT)
            store.record_facts(
                tx, [MoneyFact(key=one, ref="f-2", kind="refund", amount=Money(10**9, other))], AT
            )
            assert store.owed_refunds(tx, 9) == [
                OwedRefund(key=one, capture_ref="c-1", amount=rest)
            ]
            store.record_facts(
                tx, [MoneyFact(key=one, ref="f-3", kind="refund", amount=rest)], LATER
            )
            assert store.owed_refunds(tx, 9) == []

    def test_a_refund_that_no_saga_decides_on_has_a_call_of_its_own(
        self, database: Database, store: SagaStore
    ) -> None:
        one, three = key_of(ONE), key_of(THREE)
        first = OutsideCall(
            operation=Operation.REFUND,
            gateway="g",
            account="a",
            digest="d",
            amount=Money(5, "JPY"),
            intended_at=AT,
        )
        second = attrs.evolve(first, subject_no=2, amount=Money(2**62, "USD"), intended_at=LATER)
        with database.begin() as tx:
            assert store.refund_calls(tx, {one: 1, three: 2}) == store.refund_calls(tx, {}) == {}
            store.write_calls(tx, {one: first, three: second}, LATER)
            assert store.refund_calls(tx, {one: 1, three: 2}) == {one: first, three: second}
            assert store.refund_calls(tx, {one: 2, three: 1}) == {}
            again = attrs.evolve(second.again(Money(7, "USD")), intended_at=LATER)
            store.write_calls(
                tx,
                {
                    one: attrs.evolve(first, status=CallStatus.OK, response={"ref": "r"}),
                    three: again,
                },
                LATER,
            )
            found = store.refund_calls(tx, {one: 1, three: 2})
            assert (found[one].status, found[one].response, found[one].intended_at) == (
                CallStatus.OK,
                {"ref": "r"},
                AT,
            )
            assert (found[three].attempt, found[three].amount) == (2, Money(7, "USD"))
            store.write_calls(tx, {}, LATER)

    # Looking

    def test_only_the_whole_key_finds_a_saga(self, database: Database, store: SagaStore) -> None:
        with database.snapshot() as tx:
            assert [row.saga.key for row in store.rows(tx, [key_of(TWO), NOBODY])] == [key_of(TWO)]
            assert set(store.reread(tx, [NOBODY, key_of(ONE)])) == {ONE.id}
            assert store.rows(tx, []) == []
            assert store.reread(tx, []) == {}

    def test_flagged_often_tried_and_old_sagas_are_alarming_while_they_are_open(
        self, database: Database, store: SagaStore
    ) -> None:
        def alarmed(claims: int = 20, created_before: Any = AT, limit: int = 9) -> set[OrderId]:
            return {
                row.saga.key.order_id for row in store.alarmed(tx, claims, created_before, limit)
            }

        with database.begin() as tx:
            assert alarmed() == set()
            assert alarmed(created_before=LATER) == {ONE.id, TWO.id, THREE.id}
            assert len(alarmed(created_before=LATER, limit=2)) == 2
            claims = self._claim(tx, store)
            store.write(
                tx,
                [
                    recorded(claims[ONE.id], attention=True),
                    recorded(claims[TWO.id], claims=20),
                    recorded(claims[THREE.id], claims=19),
                ],
                AT,
            )
            assert alarmed() == {ONE.id, TWO.id}
            again = store.reread(tx, [key_of(ONE), key_of(TWO)])
            ended = [
                recorded(
                    c, attrs.evolve(c.saga, state=OrderState.COMPLETED), claims=20, attention=True
                )
                for c in again.values()
            ]
            assert len(store.write(tx, ended, AT)) == 2
            assert alarmed(created_before=LATER) == {THREE.id}

    def test_sagas_are_listed_newest_first_page_by_page_and_by_state(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._finish(tx, store, key_of(TWO))
            pages = [
                (SagaFilter(), None, 2),
                (SagaFilter(), TWO.id, 9),
                (SagaFilter(state="PLACED"), None, 9),
                (SagaFilter(state="PLACED"), THREE.id, 9),
                (SagaFilter(state="CANCELLED"), None, 9),
            ]
            found = [[row.saga.key.order_id for row in store.page(tx, *page)] for page in pages]
            assert found == [[THREE.id, TWO.id], [ONE.id], [THREE.id, ONE.id], [ONE.id], [TWO.id]]

    def test_alarmed_and_old_sagas_are_listed_page_by_page_while_they_are_open(
        self, database: Database, store: SagaStore
    ) -> None:
        def listed(after: OrderId | None = None, **which: Any) -> list[OrderId]:
            page = store.page(tx, SagaFilter(**which), after, 9)
            return [row.saga.key.order_id for row in page]

        with database.begin() as tx:
            claims = self._claim(tx, store)
            over = attrs.evolve(claims[TWO.id].saga, state=OrderState.CANCELLED)
            flagged = recorded(claims[ONE.id], attention=True)
            store.write(tx, [flagged, recorded(claims[TWO.id], over, attention=True)], AT)
            assert listed(alarm=AlarmBounds(20, AT)) == [ONE.id]
            assert listed(alarm=AlarmBounds(20, LATER)) == [THREE.id, ONE.id]
            assert listed(THREE.id, alarm=AlarmBounds(20, LATER)) == [ONE.id]
            assert listed(alarm=AlarmBounds(20, LATER), state="CANCELLED") == []
            assert listed(open_before=AT) == []
            assert listed(open_before=LATER) == [THREE.id, ONE.id]

    def test_unfinished_sagas_are_counted_by_state(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            assert self._census(tx, store) == {"PLACED": (3, ONE.created_at, 0)}
            self._finish(tx, store, key_of(TWO))
            read = self._claim(tx, store)[ONE.id]
            store.write(
                tx, [recorded(read, attrs.evolve(read.saga, state=OrderState.CHARGING))], AT
            )
            assert self._census(tx, store) == {
                "PLACED": (1, THREE.created_at, 0),
                "CHARGING": (1, ONE.created_at, 0),
            }

    def test_a_census_counts_what_needs_attention_up_to_its_limit(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            assert self._census(tx, store, created_before=AT + timedelta(days=1)) == {
                "PLACED": (3, ONE.created_at, 3)
            }
            assert self._census(tx, store, at_most=2)["PLACED"][0] == 2
            read = self._claim(tx, store)[ONE.id]
            assert (
                self._census(tx, store, claims=1)["PLACED"][2]
                == len(self._alarmed(tx, store, 1))
                > 0
            )
            store.write(tx, [attrs.evolve(recorded(read, read.saga), attention=True)], AT)
            assert self._census(tx, store)["PLACED"][2] == 1

    def _census(
        self,
        tx: Transaction,
        store: SagaStore,
        claims: int = 20,
        created_before: datetime = AT - timedelta(days=1),
        at_most: int | None = None,
    ) -> dict[str, tuple[int, datetime, int]]:
        found = store.census(tx, claims, created_before, at_most)
        return {state: (x.count, x.oldest, x.alarmed) for state, x in found.items()}

    def _alarmed(self, tx: Transaction, store: SagaStore, claims: int) -> Sequence[SagaRow]:
        return store.alarmed(tx, claims, AT - timedelta(days=1), 10)

    def test_gateways_are_in_use_while_an_order_is_open(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            assert sorted(store.gateways_in_use(tx)) == [("sandbox", "main"), ("sandbox", "second")]
            self._finish(tx, store, key_of(THREE))
            assert store.gateways_in_use(tx) == [("sandbox", "main")]

    def test_carriers_are_in_use_while_an_order_is_open(
        self, database: Database, repo: OrderRepository, store: SagaStore
    ) -> None:
        other = plain_order(4)
        with database.begin() as tx:
            repo.insert(tx, [other])
            store.insert(tx, [attrs.evolve(saga_of(other), carrier="pigeon")], 0, AT)
            assert sorted(store.carriers_in_use(tx)) == sorted({saga_of(ONE).carrier, "pigeon"})
            self._finish(tx, store, key_of(other))
            assert store.carriers_in_use(tx) == [saga_of(ONE).carrier]
