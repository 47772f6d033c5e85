"""What the contract of the saga store asks about orders that wait for their buyers."""

from datetime import timedelta
from typing import Final

import attrs

from commerce_core.checkout import ClaimedSaga, Operation, SagaStore
from commerce_core.kernel.ids import BuyerId
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.orders import NextAction, OrderKey, OrderRepository, OrderState
from commerce_core.payment import Action, ActionKind
from commerce_testkit.contracts.checkout_examination import (
    ONE,
    THREE,
    TWO,
    SagaStoreExamination,
    recorded,
)
from commerce_testkit.contracts.sample_orders import AT, LATER, key_of, plain_order, saga_of

_MOMENT: Final = timedelta(microseconds=1)
_ASKED: Final = NextAction(
    action=Action(
        kind=ActionKind.SDK,
        url="https://bank.example/größe?x=1",
        data={"client_secret": "s\N{SNOWMAN}", "": ""},
        until=LATER,
    ),
    until=LATER,
)


class SagaBuyersContract(SagaStoreExamination):
    """Orders that wait for their buyers."""

    def _await(self, tx: Transaction, store: SagaStore, key: OrderKey) -> ClaimedSaga:
        """Have an order wait for its buyer until LATER; as it was claimed before."""
        claims = self._claim(tx, store)
        claimed = claims[key.order_id]
        awaiting = attrs.evolve(
            claimed.saga.with_intent(Operation.CHARGE).with_call(
                claimed.saga.with_intent(Operation.CHARGE).calls[Operation.CHARGE].intended(AT)
            ),
            state=OrderState.AWAITING_BUYER,
        )
        others = [recorded(c) for i, c in claims.items() if i != key.order_id]
        store.write(tx, [recorded(claimed, awaiting, next_run_at=LATER), *others], AT)
        store.ask_buyers(tx, {key: _ASKED})
        return claimed

    def test_what_a_buyer_has_to_do_comes_back_with_the_saga_and_the_order(
        self, database: Database, repo: OrderRepository, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._await(tx, store, key_of(ONE))
            tx.commit()
        with database.snapshot() as tx:
            saga = self._row(tx, store, key_of(ONE)).saga
            views = repo.load(tx, [key_of(ONE), key_of(TWO)])
        assert (saga.action, saga.buyer_until, saga.returned, saga.time_up) == (
            _ASKED.action,
            LATER,
            None,
            False,
        )
        assert (views[ONE.id].next_action, views[TWO.id].next_action) == (_ASKED, None)

    def test_the_time_is_up_when_it_is_claimed_then_and_stays_so(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._await(tx, store, key_of(ONE))
            store.make_due(tx, [key_of(ONE)], AT)
            early = self._claim(tx, store, now=LATER - _MOMENT)[ONE.id]
            assert not early.saga.time_up
            store.write(tx, [recorded(early)], AT)
            late = self._claim(tx, store, now=LATER, lease_until=LATER + _MOMENT)
            assert (late[ONE.id].saga.time_up, late[ONE.id].saga.is_given_up) == (True, True)
            store.write(tx, [recorded(late[ONE.id])], AT)
            assert self._claim(tx, store)[ONE.id].saga.time_up
            assert not late.get(TWO.id, early).saga.time_up

    def test_what_is_brought_back_is_kept_for_the_buyers_own_order_while_it_waits(
        self, database: Database, store: SagaStore
    ) -> None:
        stranger = OrderKey(BuyerId("somebody"), ONE.id)
        with database.begin() as tx:
            self._await(tx, store, key_of(ONE))
            assert not store.bring_back(tx, key_of(TWO), {"x": "1"})
            assert not store.bring_back(tx, stranger, {"x": "1"})
            assert store.bring_back(tx, key_of(ONE), {"x": "1"})
            assert store.bring_back(tx, key_of(ONE), {"größe": "\N{SNOWMAN}"})
            saga = self._row(tx, store, key_of(ONE)).saga
            assert saga.returned == {"größe": "\N{SNOWMAN}"}
            # Another action is another question.
            other = attrs.evolve(_ASKED, action=attrs.evolve(_ASKED.action, data={}))
            store.ask_buyers(tx, {key_of(ONE): other})
            saga = self._row(tx, store, key_of(ONE)).saga
            assert (saga.action, saga.returned) == (other.action, None)

    def test_a_write_under_way_leaves_alone_what_was_brought_back_meanwhile(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._await(tx, store, key_of(ONE))
            store.make_due(tx, [key_of(ONE)], AT)
            claimed = self._claim(tx, store)[ONE.id]
            store.bring_back(tx, key_of(ONE), {"x": "1"})
            assert store.write(tx, [recorded(claimed)], AT) == [ONE.id]
            assert self._row(tx, store, key_of(ONE)).saga.returned == {"x": "1"}

    def test_it_may_be_cancelled_meanwhile(self, database: Database, store: SagaStore) -> None:
        with database.begin() as tx:
            self._await(tx, store, key_of(ONE))
            assert store.request_cancel(tx, key_of(ONE), AT)
            assert self._row(tx, store, key_of(ONE)).saga.cancel_requested

    def test_what_is_kept_for_nobody_is_found_and_forgotten(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            self._await(tx, store, key_of(ONE))
            store.ask_buyers(tx, {key_of(THREE): _ASKED})
            assert list(store.stray_actions(tx, 9)) == [key_of(THREE)]
            assert self._row(tx, store, key_of(THREE)).saga.action is None
            store.forget_actions(tx, [key_of(THREE), key_of(TWO)])
            assert list(store.stray_actions(tx, 9)) == []
            store.forget_actions(tx, [key_of(ONE)])
            assert self._row(tx, store, key_of(ONE)).saga.action is None

    def test_a_saga_may_begin_with_the_intent_of_a_call(
        self, database: Database, repo: OrderRepository, store: SagaStore
    ) -> None:
        four = plain_order(4)
        begun = saga_of(four, state=OrderState.AWAITING_BUYER).with_intent(Operation.CHARGE)
        with database.begin() as tx:
            repo.insert(tx, [four])
            store.insert(tx, [begun], 3, AT)
            row = self._row(tx, store, key_of(four))
            assert (row.saga, row.seq) == (begun, 3)
