"""What people bought, what a model of it says, and what is recommended."""

import math
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from commerce_core.catalog import Offer
from commerce_core.kernel.ids import BuyerId, ItemId, JobId, OrderId
from commerce_core.kernel.money import Money

#: Items that are kept for an item: those that go with it best.
MOST_NEIGHBOURS: Final = 50
#: Items of a buyer, those bought last, that recommendations begin with.
MOST_BOUGHT: Final = 50

#: Items of one basket that are paired with each other.
LONGEST_BASKET: Final = 50


@attrs.frozen(kw_only=True)
class Purchase:
    """An order as a model learns from it: who bought which items, each once, and when."""

    buyer_id: BuyerId
    order_id: OrderId
    at: datetime
    items: tuple[ItemId, ...]
    is_first: bool = False
    """Whether it is the buyer's first."""


@attrs.frozen
class Basket:
    """Items that were bought together, each once, and how much that counts."""

    items: Sequence[ItemId]
    weight: float

    def pieces(self) -> "Sequence[Basket]":
        """What it is counted as: itself, or cut into as few as there must be, each with every n-th
        item and :data:`LONGEST_BASKET` of them at most. Many items together say less of any two of
        them than a few: each piece counts by the root of its length less.
        """
        count = -(-len(self.items) // LONGEST_BASKET)
        cut = [self.items[no::count] for no in range(count)]
        return [Basket(piece, self.weight / math.sqrt(len(piece))) for piece in cut]


@attrs.frozen
class Neighbour:
    """An item that goes with another; *score* is between 0 and 1."""

    item_id: ItemId
    score: float


@attrs.frozen(kw_only=True)
class LearntItem:
    """What a model says of an item: how popular it is (1: the most popular), and what goes with it,
    best first.
    """

    item_id: ItemId
    popularity: float
    neighbours: tuple[Neighbour, ...] = ()


@attrs.frozen(kw_only=True)
class Learning:
    """How a model learns."""

    half_life_days: float = 45
    """After so many days an order counts half as much, for what goes together."""
    popular_days: float = 30
    """The same, for what is popular."""
    first_order: float = 12
    """How much more a buyer's first order counts for what is popular: it is shown to those who come
    anew, or before anything is known of them.
    """
    popular_weight: float = 0.1
    """How much popularity counts in a personal list, beside what goes with what was bought."""


class ModelStatus(StrEnum):
    """WAITING for a worker, RUNNING, then READY for good."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"


@attrs.frozen(kw_only=True)
class Model:
    """One version of what is recommended: the newest that is READY serves."""

    id: JobId
    status: ModelStatus = ModelStatus.WAITING
    orders: int = 0
    """Orders that were learnt from."""
    items: int = 0
    newest_order: OrderId | None = None
    """The last order that was placed before it was begun."""
    created_at: datetime
    finished_at: datetime | None = None
    fence: int = 0


class ReasonKind(StrEnum):
    """Why something is recommended."""

    POPULAR = "popular"
    BOUGHT_WITH = "bought-with"
    BECAUSE_YOU_BOUGHT = "because-you-bought"
    SIMILAR = "similar"
    NEW = "new"


@attrs.frozen
class Candidate:
    """An item that may be recommended, and why: *because* is the item that it goes with."""

    item_id: ItemId
    score: float
    kind: ReasonKind
    because: ItemId | None = None


@attrs.frozen(kw_only=True)
class Recommendation:
    """An item on offer, as a search would show it: ``price`` is the lowest of its forms that can be
    bought.
    """

    offer: Offer
    price: Money
    kind: ReasonKind
    because: ItemId | None = None
    because_name: str | None = None
