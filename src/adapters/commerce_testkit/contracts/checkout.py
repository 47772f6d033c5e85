"""What every saga store promises."""

from abc import abstractmethod
from datetime import timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.checkout import (
    Away,
    CallStatus,
    Cause,
    ClaimedSaga,
    Operation,
    OrderSaga,
    OutsideCall,
    SagaRow,
    SagaStore,
    SagaWrite,
)
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import OrderBook, OrderKey, OrderState
from commerce_testkit.contracts.orders import (
    AT,
    BOB,
    LATER,
    full_order,
    key_of,
    place,
    plain_order,
    saga_of,
)

KNOWN: Final = {"order": 1}
ONE, TWO, THREE = plain_order(1), plain_order(2), full_order(3, BOB)
NEVER: Final = AT + timedelta(days=9)
NOBODY: Final = OrderKey(BOB, ONE.id)


def full_saga(saga: OrderSaga) -> OrderSaga:
    """*saga* with something known in every place."""
    free: dict[str, Any] = {"ref": "größe \N{GRINNING FACE}", "deep": [None, {"x": 1.5}]}
    calls = {
        Operation.CHARGE: OutsideCall(
            operation=Operation.CHARGE, gateway="old", account="second", digest="e" * 64,
            status=CallStatus.OK, response=free,
            amount=Money(2**62, "JPY"), intended_at=AT - timedelta(days=1),
        ),
        Operation.REFUND: OutsideCall(
            operation=Operation.REFUND, gateway="old", account="", digest="",
            status=CallStatus.INTENT, attempt=3,
            amount=Money(1, "JPY"), intended_at=LATER,
        ),
        Operation.SHIP: OutsideCall(
            operation=Operation.SHIP, gateway="c", account="", digest="x",
            status=CallStatus.REFUSED, response={}, intended_at=AT
        ),
        Operation.UNSHIP: OutsideCall(
            operation=Operation.UNSHIP, gateway="c", account="", digest="x",
            status=CallStatus.UNKNOWN, intended_at=AT
        ),
    }  # fmt: skip
    return attrs.evolve(
        saga,
        state=OrderState.COMPENSATING,
        cause=Cause("cannot-ship", "no such 'street'"),
        calls=calls,
    )


def told(read: ClaimedSaga, saga: OrderSaga | None = None, **fields: Any) -> SagaWrite:
    """What a runner writes of *read*: it is free again, due at once, with no progress unless
    given.
    """
    plain: dict[str, Any] = {
        "seq": read.seq,
        "claims": read.claims,
        "lease_until": None,
        "next_run_at": AT,
    }
    return SagaWrite(read=read, saga=saga or read.saga, **(plain | fields))


class SagaStoreExamination:
    """What the parts of the contract share. Give ``database``, ``store``, and ``book`` with the
    orders that the sagas belong to. Orders 1 to 3 are placed.
    """

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> SagaStore:
        """The store to examine."""

    @pytest.fixture
    @abstractmethod
    def book(self) -> OrderBook:
        """An order book of the same kind."""

    @pytest.fixture(autouse=True)
    def _three_orders(self, database: Database, book: OrderBook, store: SagaStore) -> None:
        place(database, book, store, ONE, TWO, THREE)

    def _claim(
        self, tx: Transaction, store: SagaStore, limit: int = 9, **fields: Any
    ) -> dict[OrderId, ClaimedSaga]:
        asked: dict[str, Any] = {
            "definitions": KNOWN,
            "owner": "runner-1",
            "now": AT,
            "lease_until": LATER,
            "limit": limit,
        }
        return {c.saga.key.order_id: c for c in store.claim_due(tx, **(asked | fields))}

    def _row(self, tx: Transaction, store: SagaStore, key: OrderKey) -> SagaRow:
        return store.rows(tx, [key])[0]

    def _finish(
        self,
        tx: Transaction,
        store: SagaStore,
        *keys: OrderKey,
        state: OrderState = OrderState.CANCELLED,
    ) -> None:
        claims = self._claim(tx, store)
        ended = [
            told(claims[k.order_id], attrs.evolve(claims[k.order_id].saga, state=state), claims=0)
            for k in keys
        ]
        assert len(store.write(tx, ended, AT)) == len(keys)
        store.write(
            tx, [told(c) for i, c in claims.items() if i not in {k.order_id for k in keys}], AT
        )


class SagaStoreContract(SagaStoreExamination):
    """Claims, writes and their guards. The facts are in ``checkout_facts``."""

    # Beginning, and claims

    def test_a_saga_begins_due_unfenced_and_as_its_order_says(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.snapshot() as tx:
            assert self._row(tx, store, key_of(THREE)) == SagaRow(
                saga=saga_of(THREE), fence=0, claims=0, seq=2, attention=False, last_error=None,
                created_at=AT, updated_at=AT,
                next_run_at=AT, lease_until=None,
            )  # fmt: skip

    def test_a_claim_raises_fence_and_claims_and_keeps_others_away(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            assert claims[ONE.id] == ClaimedSaga(saga=saga_of(ONE), fence=1, claims=1, seq=2)
            assert set(claims) == {ONE.id, TWO.id, THREE.id}
            assert self._claim(tx, store, now=LATER) == {}
            again = self._claim(tx, store, now=LATER + timedelta(microseconds=1), lease_until=NEVER)
            assert {(c.fence, c.claims) for c in again.values()} == {(2, 2)}
            row = self._row(tx, store, key_of(ONE))
            assert (row.fence, row.claims, row.lease_until) == (2, 2, NEVER)

    def test_a_lease_that_no_clock_could_have_given_is_void(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            ahead = timedelta(days=1)
            assert len(self._claim(tx, store, now=AT + ahead, lease_until=LATER + ahead)) == 3
            again = self._claim(tx, store)
            assert {(c.fence, c.claims) for c in again.values()} == {(2, 2)}
            assert self._claim(tx, store) == {}

    def test_what_would_run_later_than_anything_is_put_off_is_recalled(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            for order, days in ((ONE, 1), (TWO, 2), (THREE, 0)):
                store.write(tx, [told(claims[order.id], next_run_at=AT + timedelta(days=days))], AT)
            assert [store.waits_beyond(tx, AT + timedelta(days=days)) for days in (0, 1, 2)] == [
                True,
                True,
                False,
            ]
            assert [
                store.recall(tx, LATER, AT, 1),
                store.recall(tx, LATER, AT, 9),
                store.recall(tx, LATER, AT, 9),
            ] == [1, 1, 0]
            assert len(self._claim(tx, store)) == 3

    def test_no_more_are_claimed_than_asked_for_and_the_longest_due_first(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            for order, minutes in ((ONE, 3), (TWO, 1), (THREE, 2)):
                store.write(
                    tx, [told(claims[order.id], next_run_at=AT + timedelta(minutes=minutes))], AT
                )
            assert set(self._claim(tx, store, 2, now=NEVER, lease_until=NEVER)) == {
                TWO.id,
                THREE.id,
            }
            assert set(self._claim(tx, store, 2, now=NEVER, lease_until=NEVER)) == {ONE.id}

    def test_what_is_not_due_is_not_claimed(self, database: Database, store: SagaStore) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            store.write(tx, [told(c, next_run_at=LATER) for c in claims.values()], AT)
            assert self._claim(tx, store, now=LATER - timedelta(microseconds=1)) == {}
            assert len(self._claim(tx, store, now=LATER)) == 3

    def test_only_known_definitions_are_claimed(
        self, database: Database, book: OrderBook, store: SagaStore
    ) -> None:
        later, other = plain_order(4), plain_order(5)
        with database.begin() as tx:
            book.insert(tx, [later, other])
            store.insert(
                tx, [saga_of(later, version=2), saga_of(other, definition="return")], 0, AT
            )
            assert self._claim(tx, store, definitions={}) == {}
            assert set(self._claim(tx, store, definitions={"return": 1})) == {other.id}
            assert set(self._claim(tx, store)) == {ONE.id, TWO.id, THREE.id}
            assert set(self._claim(tx, store, definitions={"order": 2, "return": 7})) == {later.id}

    def test_what_waits_for_a_party_that_is_away_is_left_alone(
        self, database: Database, store: SagaStore
    ) -> None:
        one, three = saga_of(ONE), saga_of(THREE)
        assert (one.gateway, one.account) != (three.gateway, three.account)
        gateways, carriers = (
            Away(gateways=frozenset({(one.gateway, one.account)})),
            Away(carriers=frozenset({one.carrier})),
        )
        strangers = Away(
            gateways=frozenset({(one.gateway, "nobody"), ("nobody", one.account)}),
            carriers=frozenset({"nobody"}),
        )

        def claimed(away: Away) -> set[OrderId]:
            found = self._claim(tx, store, away=away)
            store.write(tx, [told(c, claims=0) for c in found.values()], AT)
            return set(found)

        with database.begin() as tx:
            assert claimed(strangers) == claimed(carriers) == {ONE.id, TWO.id, THREE.id}
            assert claimed(gateways) == {THREE.id}
            assert (
                claimed(
                    Away(
                        gateways=frozenset(
                            {(one.gateway, one.account), (three.gateway, three.account)}
                        )
                    )
                )
                == set()
            )
            assert store.request_cancel(tx, key_of(ONE), AT)
            assert claimed(gateways) == {ONE.id, THREE.id}
            for state, by_gateway, by_carrier in (
                (OrderState.CHARGING, True, False),
                (OrderState.SHIPPING, False, True),
                (OrderState.COMPENSATING, True, False),
            ):
                read = self._claim(tx, store)[ONE.id]
                store.write(
                    tx,
                    [
                        told(c, claims=0)
                        for c in store.reread(tx, [key_of(TWO), key_of(THREE)]).values()
                    ],
                    AT,
                )
                store.write(tx, [told(read, attrs.evolve(read.saga, state=state), claims=0)], AT)
                assert (ONE.id not in claimed(gateways), ONE.id not in claimed(carriers)) == (
                    by_gateway,
                    by_carrier,
                )

    def test_a_finished_saga_is_not_claimed(self, database: Database, store: SagaStore) -> None:
        with database.begin() as tx:
            self._finish(tx, store, key_of(ONE))
            self._finish(tx, store, key_of(TWO), state=OrderState.COMPLETED)
            assert set(self._claim(tx, store)) == {THREE.id}

    def test_a_saga_claimed_five_times_without_progress_is_taken_alone(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            spoilt = told(claims[TWO.id], claims=5, next_run_at=AT - timedelta(seconds=1))
            store.write(tx, [spoilt, *(told(claims[o.id], claims=4) for o in (ONE, THREE))], AT)
            assert set(self._claim(tx, store)) == {TWO.id}
            assert set(self._claim(tx, store)) == {ONE.id, THREE.id}

    def test_a_spoilt_saga_behind_others_waits_until_it_can_be_alone(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            store.write(
                tx,
                [
                    told(claims[o.id], claims=c, next_run_at=AT)
                    for o, c in ((ONE, 0), (TWO, 5), (THREE, 9))
                ],
                AT,
            )
            assert set(self._claim(tx, store)) == {ONE.id}
            assert set(self._claim(tx, store)) == {TWO.id}
            assert set(self._claim(tx, store)) == {THREE.id}

    def test_taking_over_raises_the_fence_and_takes_no_lease(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            old = self._claim(tx, store)[ONE.id]
            assert store.take_over(tx, key_of(ONE), LATER) is None
            store.write(tx, [told(old, claims=3, next_run_at=NEVER)], AT)
            assert store.take_over(tx, key_of(ONE), AT) == attrs.evolve(old, fence=2, claims=3)
            assert store.write(tx, [told(old)], AT) == []
            row = self._row(tx, store, key_of(ONE))
            assert (row.fence, row.lease_until, row.next_run_at) == (2, None, NEVER)

    def test_what_is_over_or_unknown_cannot_be_taken_over_and_a_lease_that_is_over_does_not_hinder(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._finish(tx, store, key_of(ONE))
            self._claim(tx, store)
            taken = store.take_over(tx, key_of(TWO), LATER + timedelta(microseconds=1))
            assert taken is not None
            assert taken.fence == 3
            assert store.take_over(tx, key_of(ONE), NEVER) is None
            assert store.take_over(tx, NOBODY, NEVER) is None

    # Writes and their guards

    def test_everything_that_is_known_of_a_saga_comes_back(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            assert store.request_cancel(tx, key_of(THREE), AT)
            read = self._claim(tx, store)[THREE.id]
            full = full_saga(read.saga)
            write = told(
                read,
                full,
                seq=7,
                claims=3,
                lease_until=LATER,
                next_run_at=NEVER,
                last_error="'x' \N{GRINNING FACE}",
                attention=True,
            )
            assert store.write(tx, [write], LATER) == [THREE.id]
            tx.commit()
        with database.snapshot() as tx:
            assert full.cancel_requested
            assert store.rows(tx, [key_of(THREE)]) == [
                SagaRow(
                    saga=full, fence=1, claims=3, seq=7, attention=True,
                    last_error="'x' \N{GRINNING FACE}", created_at=AT, updated_at=LATER,
                    next_run_at=NEVER, lease_until=LATER,
                )
            ]  # fmt: skip
            found = store.reread(tx, [key_of(THREE)])
            assert found == {THREE.id: ClaimedSaga(saga=full, fence=1, claims=3, seq=7)}
            intended = {op: call.intended_at for op, call in found[THREE.id].saga.calls.items()}
            assert intended == {op: call.intended_at for op, call in full.calls.items()}

    def test_what_is_learnt_of_a_call_takes_the_place_of_what_was_known(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            store.write(
                tx, [told(c, c.saga.with_intent(Operation.CHARGE)) for c in claims.values()], AT
            )
            read = store.reread(tx, [key_of(o) for o in (ONE, TWO, THREE)])
            unknown = read[ONE.id].saga.with_result(
                Operation.CHARGE, CallStatus.UNKNOWN, {"why": "late"}
            )
            known = (
                read[TWO.id]
                .saga.with_result(Operation.CHARGE, CallStatus.OK, {"ref": "c-1"})
                .with_intent(Operation.SHIP)
            )
            store.write(
                tx,
                [told(read[ONE.id], unknown), told(read[TWO.id], known), told(read[THREE.id])],
                AT,
            )
            after = store.reread(tx, [key_of(o) for o in (ONE, TWO, THREE)])
            assert [after[o.id].saga for o in (ONE, TWO, THREE)] == [
                unknown,
                known,
                read[THREE.id].saga,
            ]
            forgotten = unknown.with_result(Operation.CHARGE, CallStatus.VOIDED, None)
            store.write(tx, [told(after[ONE.id], forgotten)], AT)
            assert store.reread(tx, [key_of(ONE)])[ONE.id].saga == forgotten

    def test_one_more_attempt_keeps_the_one_before_and_its_own_time(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            first = self._claim(tx, store)[ONE.id]
            intent = attrs.evolve(
                first.saga.with_intent(Operation.CHARGE).calls[Operation.CHARGE], intended_at=AT
            )
            store.write(tx, [told(first, first.saga.with_call(intent))], AT)
            second = store.reread(tx, [key_of(ONE)])[ONE.id]
            again = attrs.evolve(second.saga.calls[Operation.CHARGE].again(), intended_at=LATER)
            store.write(tx, [told(second, second.saga.with_call(again))], LATER)
            read = store.reread(tx, [key_of(ONE)])[ONE.id].saga.calls[Operation.CHARGE]
            assert (read, read.intended_at) == (again, LATER)

    def test_an_old_fence_writes_nothing(self, database: Database, store: SagaStore) -> None:
        with database.begin() as tx:
            old = self._claim(tx, store)
            new = self._claim(tx, store, now=NEVER, lease_until=NEVER)
            before = self._row(tx, store, key_of(ONE))
            moved = attrs.evolve(
                old[ONE.id].saga.with_intent(Operation.CHARGE), state=OrderState.CHARGING
            )
            writes = [told(old[ONE.id], moved, seq=9, attention=True), told(new[TWO.id], seq=5)]
            assert store.write(tx, writes, LATER) == [TWO.id]
            assert self._row(tx, store, key_of(ONE)) == before
            assert self._row(tx, store, key_of(TWO)).seq == 5

    def test_another_state_or_cancel_flag_than_was_read_writes_nothing(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            one, two = claims[ONE.id], claims[TWO.id]
            assert store.request_cancel(tx, key_of(ONE), AT)
            assert store.write(
                tx, [told(two, attrs.evolve(two.saga, state=OrderState.CHARGING))], AT
            ) == [TWO.id]
            before = store.rows(tx, [key_of(ONE), key_of(TWO)])
            late = [
                told(one, attrs.evolve(one.saga, state=OrderState.CHARGING)),
                told(two, attrs.evolve(two.saga, state=OrderState.SHIPPING)),
            ]
            assert store.write(tx, late, LATER) == []
            assert store.rows(tx, [key_of(ONE), key_of(TWO)]) == before
            again = store.reread(tx, [key_of(ONE)])[ONE.id]
            assert again == attrs.evolve(one, saga=attrs.evolve(one.saga, cancel_requested=True))
            assert store.write(tx, [told(again)], AT) == [ONE.id]
            assert store.write(tx, [], AT) == []

    def test_the_flag_for_a_person_stays_unless_it_is_set(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            read = self._claim(tx, store)[ONE.id]
            for attention, seen in ((None, False), (True, True), (None, True), (False, False)):
                assert store.write(tx, [told(read, attention=attention)], AT) == [ONE.id]
                assert self._row(tx, store, key_of(ONE)).attention is seen

    def test_an_error_is_forgotten_with_the_next_write(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            read = self._claim(tx, store)[ONE.id]
            store.write(tx, [told(read, last_error="late")], AT)
            assert self._row(tx, store, key_of(ONE)).last_error == "late"
            store.write(tx, [told(read)], AT)
            assert self._row(tx, store, key_of(ONE)).last_error is None

    # Cancelling, hurrying

    def test_a_cancellation_is_noted_before_the_order_is_paid_and_raises_no_fence(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            states = {
                ONE.id: OrderState.CHARGING,
                TWO.id: OrderState.SHIPPING,
                THREE.id: OrderState.COMPENSATING,
            }
            store.write(
                tx,
                [
                    told(c, attrs.evolve(c.saga, state=states[i]), next_run_at=NEVER)
                    for i, c in claims.items()
                ],
                AT,
            )
            assert [store.request_cancel(tx, key_of(o), LATER) for o in (ONE, ONE, TWO, THREE)] == [
                True,
                True,
                False,
                False,
            ]
            assert not store.request_cancel(tx, NOBODY, LATER)
            noted, late = self._row(tx, store, key_of(ONE)), self._row(tx, store, key_of(TWO))
            assert (noted.saga.cancel_requested, noted.fence, noted.next_run_at) == (True, 1, LATER)
            assert (late.saga.cancel_requested, late.next_run_at) == (False, NEVER)

    def test_an_unfinished_saga_can_be_hurried_and_its_lease_is_left_alone(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._finish(tx, store, key_of(TWO), state=OrderState.COMPLETED)
            read = self._claim(tx, store)[ONE.id]
            store.write(tx, [told(read, claims=7, next_run_at=NEVER, lease_until=LATER)], AT)
            assert store.make_due(tx, [key_of(ONE), key_of(TWO), NOBODY], AT) == [ONE.id]
            row = self._row(tx, store, key_of(ONE))
            assert (row.next_run_at, row.claims, row.fence, row.lease_until) == (
                AT,
                0,
                read.fence,
                LATER,
            )
            assert store.make_due(tx, [], AT) == []
