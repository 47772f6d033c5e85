"""What every saga store promises."""

from datetime import timedelta

import attrs

from commerce_core.checkout import CallStatus, ClaimedSaga, Operation, SagaRow, SagaStore
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderState
from commerce_testkit.contracts.checkout_buyers import SagaBuyersContract
from commerce_testkit.contracts.checkout_claims import SagaClaimsContract
from commerce_testkit.contracts.checkout_examination import (
    NEVER,
    NOBODY,
    ONE,
    THREE,
    TWO,
    full_saga,
    recorded,
)
from commerce_testkit.contracts.sample_orders import AT, LATER, key_of


class SagaStoreContract(SagaClaimsContract, SagaBuyersContract):
    """Claims, writes and their guards. The facts are in ``checkout_facts``."""

    # Writes and their guards

    def test_everything_that_is_known_of_a_saga_comes_back(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            assert store.request_cancel(tx, key_of(THREE), AT)
            read = self._claim(tx, store)[THREE.id]
            full = full_saga(read.saga)
            write = recorded(
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
            assert found == {
                THREE.id: ClaimedSaga(saga=full, fence=1, claims=3, seq=7, next_run_at=NEVER)
            }
            intended = {op: call.intended_at for op, call in found[THREE.id].saga.calls.items()}
            assert intended == {op: call.intended_at for op, call in full.calls.items()}

    def test_what_is_learnt_of_a_call_takes_the_place_of_what_was_known(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            store.write(
                tx, [recorded(c, c.saga.with_intent(Operation.CHARGE)) for c in claims.values()], AT
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
                [
                    recorded(read[ONE.id], unknown),
                    recorded(read[TWO.id], known),
                    recorded(read[THREE.id]),
                ],
                AT,
            )
            after = store.reread(tx, [key_of(o) for o in (ONE, TWO, THREE)])
            assert [after[o.id].saga for o in (ONE, TWO, THREE)] == [
                unknown,
                known,
                read[THREE.id].saga,
            ]
            forgotten = unknown.with_result(Operation.CHARGE, CallStatus.VOIDED, None)
            store.write(tx, [recorded(after[ONE.id], forgotten)], AT)
            assert store.reread(tx, [key_of(ONE)])[ONE.id].saga == forgotten

    def test_one_more_attempt_keeps_the_one_before_and_its_own_time(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            first = self._claim(tx, store)[ONE.id]
            intent = attrs.evolve(
                first.saga.with_intent(Operation.CHARGE).calls[Operation.CHARGE], intended_at=AT
            )
            store.write(tx, [recorded(first, first.saga.with_call(intent))], AT)
            second = store.reread(tx, [key_of(ONE)])[ONE.id]
            again = attrs.evolve(second.saga.calls[Operation.CHARGE].again(), intended_at=LATER)
            store.write(tx, [recorded(second, second.saga.with_call(again))], LATER)
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
            writes = [
                recorded(old[ONE.id], moved, seq=9, attention=True),
                recorded(new[TWO.id], seq=5),
            ]
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
                tx, [recorded(two, attrs.evolve(two.saga, state=OrderState.CHARGING))], AT
            ) == [TWO.id]
            before = store.rows(tx, [key_of(ONE), key_of(TWO)])
            late = [
                recorded(one, attrs.evolve(one.saga, state=OrderState.CHARGING)),
                recorded(two, attrs.evolve(two.saga, state=OrderState.SHIPPING)),
            ]
            assert store.write(tx, late, LATER) == []
            assert store.rows(tx, [key_of(ONE), key_of(TWO)]) == before
            again = store.reread(tx, [key_of(ONE)])[ONE.id]
            assert again == attrs.evolve(one, saga=attrs.evolve(one.saga, cancel_requested=True))
            assert store.write(tx, [recorded(again)], AT) == [ONE.id]
            assert store.write(tx, [], AT) == []

    def test_the_flag_for_a_person_stays_unless_it_is_set(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            read = self._claim(tx, store)[ONE.id]
            for attention, seen in ((None, False), (True, True), (None, True), (False, False)):
                assert store.write(tx, [recorded(read, attention=attention)], AT) == [ONE.id]
                assert self._row(tx, store, key_of(ONE)).attention is seen

    def test_an_error_is_forgotten_with_the_next_write(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            read = self._claim(tx, store)[ONE.id]
            store.write(tx, [recorded(read, last_error="late")], AT)
            assert self._row(tx, store, key_of(ONE)).last_error == "late"
            store.write(tx, [recorded(read)], AT)
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
                    recorded(c, attrs.evolve(c.saga, state=states[i]), next_run_at=NEVER)
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
            store.write(tx, [recorded(read, claims=7, next_run_at=NEVER, lease_until=LATER)], AT)
            assert store.make_due(tx, [key_of(ONE), key_of(TWO), NOBODY], AT) == [ONE.id]
            row = self._row(tx, store, key_of(ONE))
            assert (row.next_run_at, row.claims, row.fence, row.lease_until) == (
                AT,
                0,
                read.fence,
                LATER,
            )
            assert store.make_due(tx, [], AT) == []

    def test_what_is_hurried_while_it_is_held_is_due_when_it_is_let_go_of(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            read = self._claim(tx, store)[ONE.id]
            hurried = AT + timedelta(seconds=1)
            store.make_due(tx, [key_of(ONE)], hurried)
            store.write(tx, [recorded(read, next_run_at=NEVER)], AT)
            assert self._row(tx, store, key_of(ONE)).next_run_at == hurried
            store.write(tx, [recorded(store.reread(tx, [key_of(ONE)])[ONE.id])], AT)
            assert self._row(tx, store, key_of(ONE)).next_run_at != hurried
