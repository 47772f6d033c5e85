"""What is recommended, beside an item or to begin with."""

from collections.abc import Sequence
from typing import Final

from commerce_core.recommendations import Recommendation
from commerce_http.recommendations import audience_of
from commerce_pages.web.pages import Desk
from commerce_pages.web.visits import Visit

#: Items of a list on a page.
SHOWN: Final = 6


def for_visitor(visit: Visit, desk: Desk) -> Sequence[Recommendation]:
    """What suits who is there: learnt from what they bought, else what is popular."""
    return desk.shop.recommendations.home(audience_of(visit.caller, visit.cart_token), SHOWN)


def beside(item_id: str, visit: Visit, desk: Desk) -> Sequence[Recommendation]:
    """What goes with an item."""
    audience = audience_of(visit.caller, visit.cart_token)
    return desk.shop.recommendations.beside(audience, item_id, SHOWN)
