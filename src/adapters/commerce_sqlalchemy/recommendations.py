"""Versions of what is recommended, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.kernel.ids import ItemId, JobId
from commerce_core.kernel.transaction import Transaction
from commerce_core.recommendations import (
    LearntItem,
    Model,
    ModelStatus,
    Neighbour,
    RecommendationModels,
)
from commerce_sqlalchemy.leases import moments, unheld
from commerce_sqlalchemy.rows import Given, insert_if_new, insert_many
from commerce_sqlalchemy.tables import Id, recommendation_model, recommended_item
from commerce_sqlalchemy.transaction import connection

_M: Final = recommendation_model.c
_I: Final = recommended_item.c
_READY: Final = _M.status == ModelStatus.READY.value
_BY_AGE: Final = (_M.created_at.desc(), _M.id.desc())
_FREE: Final = sa.and_(~_READY, unheld(_M.lease_until))
_OLDEST: Final = sa.select(_M.id, _M.fence).where(_FREE).order_by(_M.created_at, _M.id).limit(1)
_NEWEST: Final = sa.select(recommendation_model).order_by(*_BY_AGE).limit(1)
_CURRENT: Final = _NEWEST.where(_READY)
_SERVING: Final = sa.select(_M.id).where(_READY).order_by(*_BY_AGE).limit(1).scalar_subquery()
#: The popularity of the most popular, as it is kept.
_ONE: Final = 1_000_000_000
#: Models whose items are forgotten in one turn.
_OUTDATED: Final = 10
_LEARNT: Final = Given(
    lambda d: sa.select(_I.item_id, _I.popularity, _I.neighbours).where(
        _I.model_id == d.model_id, _I.item_id == d.item_id
    ),
    model_id=Id,
    item_id=Id,
)


class SqlRecommendationModels(RecommendationModels):
    """Models on SQLite and PostgreSQL: a row a model, and one for each item that it knows."""

    def insert(self, tx: Transaction, model: Model) -> None:
        row = {
            "id": model.id,
            "created_at": model.created_at,
            "fence": model.fence,
            "lease_until": None,
        }
        insert_if_new(connection(tx), recommendation_model, [row | _state_columns(model)])

    def load(self, tx: Transaction, model_id: JobId) -> Model | None:
        return self._first(tx, sa.select(recommendation_model).where(_M.id == model_id))

    def newest(self, tx: Transaction) -> Model | None:
        return self._first(tx, _NEWEST)

    def current(self, tx: Transaction) -> Model | None:
        return self._first(tx, _CURRENT)

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> Model | None:
        at = moments(now, lease_until)
        oldest = connection(tx).execute(_OLDEST, at).first()
        if oldest is None:
            return None
        taken = (
            sa.update(recommendation_model)
            .where(_M.id == oldest.id, _M.fence == oldest.fence, _FREE)
            .values(status=ModelStatus.RUNNING.value, fence=_M.fence + 1, lease_until=lease_until)
            .returning(*_M)
        )
        row = connection(tx).execute(taken, at).first()
        return _model(row) if row is not None else None

    def save(self, tx: Transaction, model: Model, lease_until: datetime | None) -> bool:
        saved = (
            sa.update(recommendation_model)
            .where(_M.id == model.id, _M.fence == model.fence)
            .values(**_state_columns(model), lease_until=lease_until)
            .returning(*_M)
        )
        return self._first(tx, saved) is not None

    def write(self, tx: Transaction, model_id: JobId, items: Sequence[LearntItem]) -> None:
        if not items:
            return
        known = sa.and_(_I.model_id == model_id, _I.item_id.in_([i.item_id for i in items]))
        connection(tx).execute(sa.delete(recommended_item).where(known))
        insert_many(
            connection(tx),
            recommended_item,
            [
                {
                    "model_id": model_id,
                    "item_id": item.item_id,
                    "popularity": round(item.popularity * _ONE),
                    "neighbours": [[n.item_id, round(n.score, 6)] for n in item.neighbours],
                }
                for item in items
            ],
        )

    def drop_items(self, tx: Transaction, model_id: JobId, limit: int) -> int:
        some = sa.select(_I.item_id).where(_I.model_id == model_id).limit(limit)
        ids = connection(tx).execute(some).scalars().all()
        if ids:
            gone = sa.and_(_I.model_id == model_id, _I.item_id.in_(ids))
            connection(tx).execute(sa.delete(recommended_item).where(gone))
        return len(ids)

    def outdated(self, tx: Transaction) -> Sequence[JobId]:
        has_items = sa.exists().where(_I.model_id == _M.id)
        older = sa.select(_M.id).where(_READY, _M.id != _SERVING, has_items).limit(_OUTDATED)
        return [JobId(found) for found in connection(tx).execute(older).scalars()]

    def learnt(
        self, tx: Transaction, model_id: JobId, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, LearntItem]:
        rows = _LEARNT.run(connection(tx), [(model_id, item_id) for item_id in item_ids])
        return {
            ItemId(row.item_id): LearntItem(
                item_id=row.item_id,
                popularity=row.popularity / _ONE,
                neighbours=tuple(Neighbour(ItemId(near), score) for near, score in row.neighbours),
            )
            for row in rows
        }

    def popular(
        self, tx: Transaction, model_id: JobId, limit: int
    ) -> Sequence[tuple[ItemId, float]]:
        best = (
            sa.select(_I.item_id, _I.popularity)
            .where(_I.model_id == model_id)
            .order_by(_I.popularity.desc(), _I.item_id.desc())
            .limit(limit)
        )
        return [
            (ItemId(row.item_id), row.popularity / _ONE) for row in connection(tx).execute(best)
        ]

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        newest = sa.select(_M.id).order_by(*_BY_AGE).limit(1).scalar_subquery()
        ended = (
            sa.select(_M.id)
            .where(
                _READY,
                _M.finished_at < before,
                _M.id != newest,
                _M.id != _SERVING,
                ~sa.exists().where(_I.model_id == _M.id),
            )
            .limit(limit)
        )
        ids = connection(tx).execute(ended).scalars().all()
        if ids:
            connection(tx).execute(sa.delete(recommendation_model).where(_M.id.in_(ids)))
        return len(ids)

    def _first(self, tx: Transaction, statement: Any) -> Model | None:
        row = connection(tx).execute(statement).first()
        return _model(row) if row is not None else None


def _state_columns(model: Model) -> dict[str, Any]:
    return {
        "status": model.status.value,
        "orders": model.orders,
        "items": model.items,
        "newest_order": model.newest_order,
        "finished_at": model.finished_at,
    }


def _model(row: Any) -> Model:
    return Model(
        id=row.id,
        status=ModelStatus(row.status),
        orders=row.orders,
        items=row.items,
        newest_order=row.newest_order,
        created_at=row.created_at,
        finished_at=row.finished_at,
        fence=row.fence,
    )
