"""What every saga store promises of claims."""

from datetime import timedelta

import attrs

from commerce_core.checkout import Away, ClaimedSaga, SagaRow, SagaStore
from commerce_core.kernel.ids import OrderId
from commerce_core.kernel.transaction import Database
from commerce_core.orders import OrderRepository, OrderState
from commerce_testkit.contracts.checkout_examination import (
    KNOWN,
    NEVER,
    NOBODY,
    ONE,
    THREE,
    TWO,
    SagaStoreExamination,
    recorded,
)
from commerce_testkit.contracts.sample_orders import AT, LATER, key_of, plain_order, saga_of


class SagaClaimsContract(SagaStoreExamination):
    """A part of :class:`~commerce_testkit.contracts.checkout.SagaStoreContract`."""

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
            assert claims[ONE.id] == ClaimedSaga(
                saga=saga_of(ONE), fence=1, claims=1, seq=2, next_run_at=AT
            )
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
                store.write(
                    tx, [recorded(claims[order.id], next_run_at=AT + timedelta(days=days))], AT
                )
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

    def test_no_more_are_claimed_than_the_limit_and_the_longest_due_first(
        self, database: Database, store: SagaStore
    ) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            for order, minutes in ((ONE, 3), (TWO, 1), (THREE, 2)):
                store.write(
                    tx,
                    [recorded(claims[order.id], next_run_at=AT + timedelta(minutes=minutes))],
                    AT,
                )
            assert set(self._claim(tx, store, 2, now=NEVER, lease_until=NEVER)) == {
                TWO.id,
                THREE.id,
            }
            assert set(self._claim(tx, store, 2, now=NEVER, lease_until=NEVER)) == {ONE.id}

    def test_what_is_not_due_is_not_claimed(self, database: Database, store: SagaStore) -> None:
        with database.begin() as tx:
            claims = self._claim(tx, store)
            store.write(tx, [recorded(c, next_run_at=LATER) for c in claims.values()], AT)
            assert self._claim(tx, store, now=LATER - timedelta(microseconds=1)) == {}
            assert len(self._claim(tx, store, now=LATER)) == 3

    def test_only_known_definitions_are_claimed(
        self, database: Database, repo: OrderRepository, store: SagaStore
    ) -> None:
        later, other = plain_order(4), plain_order(5)
        with database.begin() as tx:
            repo.insert(tx, [later, other])
            store.insert(
                tx, [saga_of(later, version=2), saga_of(other, definition="return")], 0, AT
            )
            assert self._claim(tx, store, definitions=()) == {}
            assert self._claim(tx, store, definitions={("return", 2), ("order", 3)}) == {}
            assert set(self._claim(tx, store, definitions={("return", 1)})) == {other.id}
            assert set(self._claim(tx, store)) == {ONE.id, TWO.id, THREE.id}
            both = {("order", 2), ("return", 7)}
            assert set(self._claim(tx, store, definitions=both)) == {later.id}

    def test_unfinished_sagas_of_unknown_definitions_are_counted(
        self, database: Database, repo: OrderRepository, store: SagaStore
    ) -> None:
        later, other = plain_order(4), plain_order(5)
        with database.begin() as tx:
            repo.insert(tx, [later, other])
            store.insert(
                tx, [saga_of(later, version=2), saga_of(other, definition="return")], 0, AT
            )
            assert store.unknown_definitions(tx, KNOWN, 9) == {("order", 2): 1, ("return", 1): 1}
            assert store.unknown_definitions(tx, {("order", 2), ("return", 1)}, 2) == {
                ("order", 1): 2
            }
            self._finish(tx, store, key_of(ONE), state=OrderState.COMPLETED)
            assert store.unknown_definitions(tx, {("order", 2), ("return", 1)}, 9) == {
                ("order", 1): 2
            }

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
            store.write(tx, [recorded(c, claims=0) for c in found.values()], AT)
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
                (OrderState.FINISHING, False, False),
            ):
                read = self._claim(tx, store)[ONE.id]
                store.write(
                    tx,
                    [
                        recorded(c, claims=0)
                        for c in store.reread(tx, [key_of(TWO), key_of(THREE)]).values()
                    ],
                    AT,
                )
                store.write(
                    tx, [recorded(read, attrs.evolve(read.saga, state=state), claims=0)], AT
                )
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
            spoilt = recorded(claims[TWO.id], claims=5, next_run_at=AT - timedelta(seconds=1))
            store.write(tx, [spoilt, *(recorded(claims[o.id], claims=4) for o in (ONE, THREE))], AT)
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
                    recorded(claims[o.id], claims=c, next_run_at=AT)
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
            store.write(tx, [recorded(old, claims=3, next_run_at=NEVER)], AT)
            taken = store.take_over(tx, key_of(ONE), AT)
            assert taken == attrs.evolve(old, fence=2, claims=3, next_run_at=NEVER)
            assert store.write(tx, [recorded(old)], AT) == []
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
