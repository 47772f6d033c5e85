"""Links of messages, on which the statements are counted."""

from commerce_core.notifications import Kind
from tests.integration.acceptance.quarters import Quarter


def link_of(q: Quarter) -> str:
    """Where the buyer ends messages about prices."""
    token = q.market.shop.notices.unsubscribe_token(q.account.id, Kind.PRICE_DROPPED)
    return f"/unsubscribe/{token}"
