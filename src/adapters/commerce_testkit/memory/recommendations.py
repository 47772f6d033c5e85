"""What was bought, what is bought together, and models of it, in memory."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import attrs

from commerce_core.checkout import OrderSaga
from commerce_core.kernel.ids import BuyerId, ItemId, JobId, OrderId
from commerce_core.kernel.transaction import Transaction
from commerce_core.orders import Order, OrderKey, OrderState
from commerce_core.recommendations import (
    Basket,
    CoPurchases,
    LearntItem,
    Model,
    ModelStatus,
    Neighbour,
    Purchase,
    PurchaseHistory,
    RecommendationModels,
)
from commerce_testkit.memory.leases import unheld
from commerce_testkit.memory.transaction import table

_UNDONE = (OrderState.COMPENSATING, OrderState.CANCELLED)


class MemoryCoPurchases(CoPurchases):
    """Sums in dictionaries, pair by pair."""

    def __init__(self) -> None:
        self._together: dict[ItemId, dict[ItemId, float]] = {}

    def add(self, baskets: Sequence[Basket]) -> None:
        for piece in (piece for basket in baskets for piece in basket.pieces()):
            for one in piece.items:
                sums = self._together.setdefault(one, {})
                for other in piece.items:
                    sums[other] = sums.get(other, 0.0) + piece.weight

    def neighbours(self, most: int) -> Iterator[tuple[ItemId, Sequence[Neighbour]]]:
        alone = {item_id: math.sqrt(sums[item_id]) for item_id, sums in self._together.items()}
        for item_id, sums in sorted(self._together.items()):
            near = [
                Neighbour(other, min(1.0, weight / alone[item_id] / alone[other]))
                for other, weight in sums.items()
                if other != item_id
            ]
            yield item_id, sorted(near, key=lambda n: (-n.score, n.item_id))[:most]


class MemoryPurchaseHistory(PurchaseHistory):
    """Read from the tables that orders and sagas in memory are kept in."""

    def completed(self, tx: Transaction, after: OrderKey | None, limit: int) -> Sequence[Purchase]:
        place = (after.buyer_id, after.order_id) if after else None
        found: list[Purchase] = []
        last = after.buyer_id if after else None
        for order in sorted(_orders(tx), key=lambda o: (o.buyer_id, o.id)):
            behind = place is None or (order.buyer_id, order.id) > place
            if behind and _state(tx, order).is_completed and len(found) < limit:
                found.append(_purchase(order, is_first=order.buyer_id != last))
                last = order.buyer_id
        return found

    def bought(
        self, tx: Transaction, buyer_id: BuyerId, limit: int
    ) -> Sequence[tuple[ItemId, datetime]]:
        latest: dict[ItemId, datetime] = {}
        for order in _orders(tx):
            if order.buyer_id == buyer_id and _state(tx, order) not in _UNDONE:
                for line in order.lines:
                    at = latest.get(line.item_id, order.created_at)
                    latest[line.item_id] = max(at, order.created_at)
        ranked = sorted(sorted(latest), key=lambda item_id: latest[item_id], reverse=True)
        return [(item_id, latest[item_id]) for item_id in ranked[:limit]]

    def newest(self, tx: Transaction) -> OrderId | None:
        return max((order.id for order in _orders(tx)), default=None)

    def count_behind(self, tx: Transaction, after: OrderId | None, limit: int) -> int:
        return min(limit, sum(order.id > (after or "") for order in _orders(tx)))


class MemoryRecommendationModels(RecommendationModels):
    """Models with their leases in one dictionary, what they know of items in another."""

    def insert(self, tx: Transaction, model: Model) -> None:
        table(tx, "model").setdefault(model.id, (model, None))

    def load(self, tx: Transaction, model_id: JobId) -> Model | None:
        found: tuple[Model, datetime | None] | None = table(tx, "model").get(model_id)
        return found[0] if found else None

    def newest(self, tx: Transaction) -> Model | None:
        return max(_models(tx), key=_age, default=None)

    def current(self, tx: Transaction) -> Model | None:
        return max((m for m in _models(tx) if _is_ready(m)), key=_age, default=None)

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> Model | None:
        waiting: list[Model] = [
            model
            for model, lease in table(tx, "model").values()
            if not _is_ready(model) and unheld(lease, now, lease_until)
        ]
        if not waiting:
            return None
        oldest = min(waiting, key=_age)
        claimed = attrs.evolve(oldest, status=ModelStatus.RUNNING, fence=oldest.fence + 1)
        table(tx, "model")[claimed.id] = (claimed, lease_until)
        return claimed

    def save(self, tx: Transaction, model: Model, lease_until: datetime | None) -> bool:
        known = self.load(tx, model.id)
        if known is None or known.fence != model.fence:
            return False
        table(tx, "model")[model.id] = (model, lease_until)
        return True

    def write(self, tx: Transaction, model_id: JobId, items: Sequence[LearntItem]) -> None:
        table(tx, "learnt").update({(model_id, item.item_id): item for item in items})

    def drop_items(self, tx: Transaction, model_id: JobId, limit: int) -> int:
        rows = table(tx, "learnt")
        gone = [key for key in rows if key[0] == model_id][:limit]
        for key in gone:
            del rows[key]
        return len(gone)

    def outdated(self, tx: Transaction) -> Sequence[JobId]:
        serving = self.current(tx)
        with_items = {key[0] for key in table(tx, "learnt")}
        ready = [model.id for model in _models(tx) if _is_ready(model) and model != serving]
        return [model_id for model_id in ready if model_id in with_items]

    def learnt(
        self, tx: Transaction, model_id: JobId, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, LearntItem]:
        rows = table(tx, "learnt")
        known = [item_id for item_id in item_ids if (model_id, item_id) in rows]
        return {item_id: rows[model_id, item_id] for item_id in known}

    def popular(
        self, tx: Transaction, model_id: JobId, limit: int
    ) -> Sequence[tuple[ItemId, float]]:
        learnt: list[LearntItem] = [
            item for key, item in table(tx, "learnt").items() if key[0] == model_id
        ]
        ranked = sorted(learnt, key=lambda i: (i.popularity, i.item_id), reverse=True)
        return [(item.item_id, item.popularity) for item in ranked[:limit]]

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        kept = (self.newest(tx), self.current(tx))
        with_items = {key[0] for key in table(tx, "learnt")}
        ended = [
            model.id
            for model in _models(tx)
            if model not in kept
            and model.id not in with_items
            and _is_ready(model)
            and model.finished_at is not None
            and model.finished_at < before
        ][:limit]
        for model_id in ended:
            del table(tx, "model")[model_id]
        return len(ended)


def _orders(tx: Transaction) -> list[Order]:
    return list(table(tx, "orders").values())


def _state(tx: Transaction, order: Order) -> OrderState:
    saga: OrderSaga = table(tx, "saga")[order.id].saga
    return saga.state


def _purchase(order: Order, *, is_first: bool) -> Purchase:
    return Purchase(
        buyer_id=order.buyer_id,
        order_id=order.id,
        at=order.created_at,
        items=tuple(dict.fromkeys(line.item_id for line in order.lines)),
        is_first=is_first,
    )


def _models(tx: Transaction) -> list[Model]:
    return [model for model, _ in table(tx, "model").values()]


def _age(model: Model) -> tuple[datetime, str]:
    return model.created_at, model.id


def _is_ready(model: Model) -> bool:
    return model.status is ModelStatus.READY
