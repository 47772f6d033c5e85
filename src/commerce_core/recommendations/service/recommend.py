"""Recommending: what is learnt, less what cannot be bought or is no news, filled up by a search."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import attrs

from commerce_core.cart import CartRepository
from commerce_core.catalog import ItemNotFound, Offer, Offers
from commerce_core.inventory import StockLedger, StockLevel
from commerce_core.kernel.ids import BuyerId, ItemId, SkuId, is_id
from commerce_core.kernel.transaction import Database, Transaction
from commerce_core.recommendations.model import (
    MOST_BOUGHT,
    Candidate,
    Model,
    Neighbour,
    ReasonKind,
    Recommendation,
)
from commerce_core.recommendations.ports import RecommendationParts
from commerce_core.recommendations.service.ranking import MOST_POPULAR, beside, personal
from commerce_core.search import Query, SearchIndex, SearchUnavailable, Sort

#: Items of a buyer that are left out, those bought last.
_MOST_KNOWN: Final = 10_000
#: Candidates beyond the size of a list whose offers are read: some are sold out.
_SPARE: Final = 60
_PAGE: Final = 100
#: Pages of a search that are read to fill up a list, where most is known already.
_PAGES: Final = 5


@attrs.frozen(kw_only=True)
class Audience:
    """For whom a list is: the holder of a cart (*cart_of*), and, if they are known, the *buyer*.
    Who is not *personalised* gets what everybody gets, less what they have already.
    """

    buyer: BuyerId | None = None
    cart_of: BuyerId | None = None
    personalised: bool = True


@attrs.frozen(kw_only=True)
class Explanation:
    """What a model says of an item, and what those that go with it are called."""

    model: Model
    popularity: float
    neighbours: Sequence[Neighbour]
    names: Mapping[ItemId, str]


@attrs.frozen
class _Begun:
    """What a list begins with: candidates, what must not be in it, and the item that others may be
    similar to.
    """

    candidates: Sequence[Candidate]
    popular: Sequence[Candidate]
    known: AbstractSet[ItemId]
    anchor: Offer | None


class Recommendations:
    """Lists of items that suit somebody, or go with an item. Everything here only reads."""

    def __init__(
        self,
        database: Database,
        parts: RecommendationParts,
        carts: CartRepository,
        offers: Offers,
        stock: StockLedger,
        index: SearchIndex,
    ) -> None:
        self._db = database
        self._models = parts.models
        self._history = parts.history
        self._learning = parts.learning
        self._carts = carts
        self._offers = offers
        self._stock = stock
        self._index = index

    def home(self, audience: Audience, size: int) -> Sequence[Recommendation]:
        """Up to *size* items for the home page: for somebody known by what they bought, else what
        is popular; filled up with what is similar to what was bought last, and what is new.
        """
        with self._db.snapshot() as tx:
            begun = self._begin(tx, audience, None)
        return self._listed(begun, size)

    def beside(self, audience: Audience, item_id: str, size: int) -> Sequence[Recommendation]:
        """Up to *size* items that go with an item: bought with it; filled up with what is similar
        to it, what is popular, and what is new.

        Raises:
            ItemNotFound: there is no such item.
        """
        if not is_id(item_id):
            raise ItemNotFound("there is no such item")
        with self._db.snapshot() as tx:
            begun = self._begin(tx, audience, ItemId(item_id))
        if begun.anchor is None:
            raise ItemNotFound("there is no such item")
        return self._listed(begun, size)

    def explain(self, item_id: str, size: int) -> Explanation | None:
        """What the model that serves says of an item, with the first *size* that go with it;
        ``None``: nothing.
        """
        if not is_id(item_id):
            return None
        with self._db.snapshot() as tx:
            model = self._models.current(tx)
            if model is None:
                return None
            item = self._models.learnt(tx, model.id, [ItemId(item_id)]).get(ItemId(item_id))
            if item is None:
                return None
            near = item.neighbours[:size]
            offers = self._offers.by_item(tx, [one.item_id for one in near])
        names = {found: forms[0].name for found, forms in offers.items()}
        return Explanation(model=model, popularity=item.popularity, neighbours=near, names=names)

    def _begin(self, tx: Transaction, audience: Audience, item_id: ItemId | None) -> _Begun:
        bought = (
            [found for found, _ in self._history.bought(tx, audience.buyer, _MOST_KNOWN)]
            if audience.buyer
            else []
        )
        known = {*bought, *self._in_cart(tx, audience.cart_of), *([item_id] if item_id else [])}
        start = bought[:MOST_BOUGHT] if audience.personalised else []
        roots = [item_id] if item_id else start
        candidates, popular = self._learnt(tx, item_id, start)
        anchors = self._offers.by_item(tx, roots[:1]).values()
        anchor = next((forms[0] for forms in anchors), None)
        return _Begun(candidates, popular, known, anchor)

    def _learnt(
        self, tx: Transaction, item_id: ItemId | None, start: Sequence[ItemId]
    ) -> tuple[Sequence[Candidate], Sequence[Candidate]]:
        """What the model says, and what is popular if that comes later."""
        model = self._models.current(tx)
        if model is None:
            return (), ()
        popular = self._models.popular(tx, model.id, MOST_POPULAR)
        learnt = self._models.learnt(tx, model.id, [item_id] if item_id else start)
        near = {found: item.neighbours for found, item in learnt.items()}
        if item_id is None:
            return personal(start, near, popular, self._learning), ()
        return beside(item_id, near.get(item_id, ())), personal((), {}, popular, self._learning)

    def _in_cart(self, tx: Transaction, holder: BuyerId | None) -> Iterable[ItemId]:
        if holder is None:
            return ()
        cart = self._carts.open_of(tx, [holder]).get(holder)
        return [line.item_id for line in cart.lines] if cart else ()

    def _listed(self, begun: _Begun, size: int) -> Sequence[Recommendation]:
        """The list, cut to *size*: a search is asked only where what was learnt is not enough."""
        learnt = [c for c in begun.candidates if c.item_id not in begun.known]
        popular = [c for c in begun.popular if c.item_id not in begun.known]
        most = size + _SPARE
        if len(learnt) >= size:
            found = self._on_offer(learnt[:most], size)
            if len(found) == size:
                return found
        together = _each_once([*learnt[:most], *self._similar(begun, most), *popular[:most]])
        if len(together) < most:
            together = _each_once([*together, *self._newest(begun, most)])
        return self._on_offer(together, size)

    def _similar(self, begun: _Begun, most: int) -> list[Candidate]:
        """What has the words of the anchor, then what is of its category."""
        anchor = begun.anchor
        if anchor is None:
            return []
        queries = [Query(term=anchor.name, in_stock=True, size=_PAGE)]
        if anchor.category:
            queries.append(Query(categories=(anchor.category,), in_stock=True, size=_PAGE))
        found: dict[ItemId, None] = {}
        for query in queries:
            found |= dict.fromkeys(self._searched(query, begun.known, most))
        return [
            Candidate(item_id, 0.0, ReasonKind.SIMILAR, anchor.item_id)
            for item_id in list(found)[:most]
        ]

    def _newest(self, begun: _Begun, most: int) -> list[Candidate]:
        query = Query(sort=Sort.NEWEST, in_stock=True, size=_PAGE)
        return [
            Candidate(item_id, 0.0, ReasonKind.NEW)
            for item_id in self._searched(query, begun.known, most)
        ]

    def _searched(self, query: Query, known: AbstractSet[ItemId], most: int) -> Iterator[ItemId]:
        """Items that a search finds, without the *known* ones; none while it does not answer."""
        count = 0
        for _ in range(_PAGES):
            try:
                page = self._index.find(query)
            except SearchUnavailable:
                return
            for hit in page.hits:
                if hit.item_id not in known:
                    yield hit.item_id
                    count += 1
            if page.next_cursor is None or count >= most:
                return
            query = attrs.evolve(query, cursor=page.next_cursor)

    def _on_offer(self, candidates: Sequence[Candidate], size: int) -> Sequence[Recommendation]:
        """The first *size* of *candidates* that can be bought now."""
        wanted = {c.item_id for c in candidates} | {c.because for c in candidates if c.because}
        with self._db.snapshot() as tx:
            offers = self._offers.by_item(tx, sorted(wanted))
            skus = [form.sku_id for c in candidates for form in offers.get(c.item_id, ())]
            levels = self._stock.levels(tx, skus)
        made = (_recommendation(c, offers, levels) for c in candidates)
        return [found for found in made if found is not None][:size]


def _each_once(candidates: Iterable[Candidate]) -> Sequence[Candidate]:
    first: dict[ItemId, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.item_id, candidate)
    return list(first.values())


def _recommendation(
    candidate: Candidate,
    offers: Mapping[ItemId, Sequence[Offer]],
    levels: Mapping[SkuId, StockLevel],
) -> Recommendation | None:
    free = [form for form in offers.get(candidate.item_id, ()) if _is_free(form, levels)]
    if not free:
        return None
    because = offers.get(candidate.because, ()) if candidate.because else ()
    return Recommendation(
        offer=free[0],
        price=min((form.price for form in free), key=lambda price: price.minor),
        kind=candidate.kind,
        because=candidate.because,
        because_name=because[0].name if because else None,
    )


def _is_free(form: Offer, levels: Mapping[SkuId, StockLevel]) -> bool:
    level = levels.get(form.sku_id)
    return form.on_sale and level is not None and level.available > 0
