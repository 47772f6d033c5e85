"""What suits somebody, and what goes with an item."""

import attrs
import msgspec

from commerce_core.accounts import Role
from commerce_core.cart.service import guest_id
from commerce_core.catalog import ItemNotFound
from commerce_core.kernel.ids import BuyerId
from commerce_core.recommendations import Recommendation
from commerce_core.recommendations.service.recommend import Audience, Recommendations
from commerce_http.search import ItemHit
from commerce_http.web.answers import Shape, money
from commerce_http.web.auth import ANYONE
from commerce_http.web.callers import Caller
from commerce_http.web.operations import CartToken, Runs, operation
from commerce_http.web.query import page_size


@attrs.frozen(kw_only=True)
class FindRecommendations:
    """How many, and the item that they are to go with."""

    size: int = page_size(20)
    item_id: str | None = None


class Reason(Shape):
    """Why an item is recommended: ``popular``, ``bought-with`` and ``similar`` (to the item named),
    ``because-you-bought`` (the item named), or ``new``.
    """

    kind: str
    item_id: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET


class RecommendedItem(ItemHit):
    """An item that can be bought now, as a search shows it, and why it is recommended."""

    reason: Reason


class RecommendationList(Shape):
    """What is recommended, best first."""

    items: list[RecommendedItem]


@operation(
    "GET",
    "/recommendations",
    who=ANYONE,
    answer=RecommendationList,
    problems=(ItemNotFound,),
    runs=Runs.SEARCH,
)
def recommended(
    query: FindRecommendations,
    caller: Caller | None,
    cart_token: CartToken,
    recommendations: Recommendations,
) -> RecommendationList:
    """What suits the caller: learnt from what they bought, popular for others; with `itemId`, what
    goes with that item. Nothing that cannot be bought, is in the cart, or was bought already.
    """
    audience = audience_of(caller, cart_token)
    found = (
        recommendations.home(audience, query.size)
        if query.item_id is None
        else recommendations.beside(audience, query.item_id, query.size)
    )
    return RecommendationList(items=[_shape(one) for one in found])


def audience_of(caller: Caller | None, cart_token: str | None) -> Audience:
    """For whom a list is: a buyer, or the guest who shows a *cart_token*, if any."""
    if caller is not None and caller.role is Role.BUYER:
        buyer = BuyerId(caller.id)
        return Audience(buyer=buyer, cart_of=buyer, personalised=caller.personalised)
    return Audience(cart_of=guest_id(cart_token) if cart_token and caller is None else None)


def _shape(found: Recommendation) -> RecommendedItem:
    offer = found.offer
    return RecommendedItem(
        item_id=offer.item_id,
        sku=offer.sku,
        name=offer.name,
        brand=offer.brand,
        category=offer.category,
        type="simple" if offer.variant_id is None else "variant",
        price=money(found.price),
        in_stock=True,
        image=offer.image,
        highlights={},
        reason=Reason(
            kind=found.kind.value,
            item_id=found.because or msgspec.UNSET,
            name=found.because_name or msgspec.UNSET,
        ),
    )
