"""What everything promises that counts what is bought together, and that keeps models of it."""

import math
from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.kernel.ids import ItemId, JobId
from commerce_core.kernel.transaction import Database
from commerce_core.recommendations import (
    LONGEST_BASKET,
    Basket,
    CoPurchases,
    LearntItem,
    Model,
    ModelStatus,
    Neighbour,
    RecommendationModels,
)

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
LATER: Final = AT + timedelta(seconds=30)
A, B, C, D = (ItemId(name) for name in "abcd")


class CoPurchasesContract:
    """Give ``counted``, with nothing in it."""

    @pytest.fixture
    @abstractmethod
    def counted(self) -> CoPurchases:
        """What is to be examined."""

    def test_nothing_has_no_neighbours(self, counted: CoPurchases) -> None:
        assert [*counted.neighbours(5)] == []

    def test_a_score_is_the_cosine_over_weighted_baskets(self, counted: CoPurchases) -> None:
        counted.add([Basket([A, B], 1.0), Basket([A, C], 0.5), Basket([B], 2.0)])
        found = dict(counted.neighbours(5))
        pair, half, alone = 1 / math.sqrt(2), 0.5 / math.sqrt(2), 2.0
        with_b = pair / math.sqrt((pair + half) * (pair + alone))
        with_c = half / math.sqrt((pair + half) * half)
        assert _scores(found[A]) == [
            (C, pytest.approx(with_c)),
            (B, pytest.approx(with_b)),
        ]
        assert _scores(found[B]) == [(A, pytest.approx(with_b))]

    def test_items_come_by_id_and_those_bought_alone_have_nobody(
        self, counted: CoPurchases
    ) -> None:
        counted.add([Basket([D], 1.0)])
        counted.add([Basket([B, A], 1.0)])
        assert [(item_id, len(near)) for item_id, near in counted.neighbours(5)] == [
            (A, 1),
            (B, 1),
            (D, 0),
        ]

    def test_only_the_best_are_kept_ties_by_id(self, counted: CoPurchases) -> None:
        counted.add([Basket([A, B, C, D], 1.0), Basket([A, D], 1.0)])
        found = dict(counted.neighbours(2))
        assert [near.item_id for near in found[A]] == [D, B]
        assert [near.item_id for near in found[C]] == [B, A]

    def test_baskets_count_the_same_however_they_are_handed_over(
        self, counted: CoPurchases
    ) -> None:
        for _ in range(3):
            counted.add([Basket([A, B], 1.0)])
        counted.add([Basket([B, C], 3.0)])
        near = dict(counted.neighbours(5))[B]
        assert _scores(near) == [
            (A, pytest.approx(math.sqrt(0.5))),
            (C, pytest.approx(math.sqrt(0.5))),
        ]

    def test_a_long_basket_is_cut(self, counted: CoPurchases) -> None:
        items = [ItemId(f"{no:03}") for no in range(2 * LONGEST_BASKET)]
        counted.add([Basket(items, 1.0)])
        found = dict(counted.neighbours(len(items)))
        assert {len(near) for near in found.values()} == {LONGEST_BASKET - 1}
        assert {n.item_id for n in found[items[0]]} == {*items[2::2]}

    def test_what_is_too_old_to_count_is_known_all_the_same(self, counted: CoPurchases) -> None:
        counted.add([Basket([A, B], 1e-200), Basket([C, D], 1.0)])
        found = dict(counted.neighbours(5))
        assert [*found] == [A, B, C, D]
        assert _scores(found[C]) == [(D, pytest.approx(1.0))]


class RecommendationModelsContract:
    """Give ``database`` and ``models``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def models(self) -> RecommendationModels:
        """What keeps models."""

    @pytest.fixture(autouse=True)
    def _begin(self, database: Database, models: RecommendationModels) -> None:
        self._db, self._models = database, models

    def _kept(self, *models: Model) -> None:
        with self._db.begin() as tx:
            for model in models:
                self._models.insert(tx, model)
            tx.commit()

    def test_a_model_comes_back_as_it_was_written_and_stays(self) -> None:
        full = attrs.evolve(_ready(1), orders=7, items=3, fence=2)
        self._kept(full, attrs.evolve(full, orders=9))
        with self._db.snapshot() as tx:
            assert self._models.load(tx, full.id) == full
            assert self._models.load(tx, JobId("nothing")) is None

    def test_the_newest_ready_one_serves(self) -> None:
        with self._db.snapshot() as tx:
            assert (self._models.newest(tx), self._models.current(tx)) == (None, None)
        self._kept(_ready(1), _ready(2), _waiting(3))
        with self._db.snapshot() as tx:
            assert self._models.newest(tx) == _waiting(3)
            assert self._models.current(tx) == _ready(2)

    def test_the_oldest_unfinished_one_is_taken_once(self) -> None:
        self._kept(_ready(1), _waiting(2), _waiting(3))
        with self._db.begin() as tx:
            taken = [self._models.claim(tx, AT, LATER) for _ in range(3)]
            assert taken == [_running(2, fence=1), _running(3, fence=1), None]
            assert self._models.claim(tx, LATER, LATER) is None
            again = self._models.claim(tx, LATER + timedelta(microseconds=1), LATER)
            assert again == _running(2, fence=2)

    def test_only_the_newest_fence_writes(self) -> None:
        self._kept(_waiting(1))
        with self._db.begin() as tx:
            stale, newest = (self._models.claim(tx, at, at) for at in (AT, LATER))
            assert stale is not None
            assert newest is not None
            assert not self._models.save(tx, attrs.evolve(stale, orders=5), None)
            ready = attrs.evolve(newest, status=ModelStatus.READY, orders=6, finished_at=LATER)
            assert self._models.save(tx, ready, None)
            assert self._models.current(tx) == ready

    def test_what_it_knows_of_items_is_read_by_key_and_by_popularity(self) -> None:
        one = LearntItem(
            item_id=A, popularity=1.0, neighbours=(Neighbour(B, 0.75), Neighbour(C, 0.5))
        )
        two, three = (LearntItem(item_id=i, popularity=0.25) for i in (B, C))
        model, other = JobId("model-1"), JobId("model-2")
        with self._db.begin() as tx:
            self._models.write(tx, model, [])
            self._models.write(tx, model, [two, one])
            self._models.write(tx, model, [three])
            self._models.write(tx, other, [attrs.evolve(one, popularity=0.1)])
            assert self._models.learnt(tx, model, [A, B, D]) == {A: one, B: two}
            assert self._models.learnt(tx, model, []) == {}
            assert [*self._models.popular(tx, model, 5)] == [(A, 1.0), (C, 0.25), (B, 0.25)]
            assert [*self._models.popular(tx, model, 1)] == [(A, 1.0)]
            again = attrs.evolve(one, neighbours=())
            self._models.write(tx, model, [again])
            assert self._models.learnt(tx, model, [A]) == {A: again}

    def test_outdated_models_lose_their_items_and_then_go(self) -> None:
        self._kept(_ready(1), _ready(2), _ready(3), _waiting(4))
        with self._db.begin() as tx:
            for no in (1, 3):
                items = [LearntItem(item_id=ItemId(f"i{n}"), popularity=0.5) for n in range(5)]
                self._models.write(tx, JobId(f"model-{no}"), items)
            assert [*self._models.outdated(tx)] == ["model-1"]
            assert self._models.drop_ended(tx, LATER, 9) == 1
            dropped = [self._models.drop_items(tx, JobId("model-1"), 3) for _ in range(3)]
            assert dropped == [3, 2, 0]
            assert [*self._models.outdated(tx)] == []
            assert self._models.drop_ended(tx, AT, 9) == 0
            assert self._models.drop_ended(tx, LATER, 9) == 1
            assert self._models.current(tx) == _ready(3)
            assert self._models.newest(tx) == _waiting(4)


def _scores(near: Sequence[Neighbour]) -> list[tuple[ItemId, Any]]:
    return [(one.item_id, one.score) for one in near]


def _waiting(no: int) -> Model:
    return Model(id=JobId(f"model-{no}"), created_at=AT + timedelta(seconds=no))


def _running(no: int, fence: int) -> Model:
    return attrs.evolve(_waiting(no), status=ModelStatus.RUNNING, fence=fence)


def _ready(no: int) -> Model:
    at = AT + timedelta(seconds=no)
    return attrs.evolve(_waiting(no), status=ModelStatus.READY, finished_at=at)
