"""Where a seller begins: what was sold, what runs out, and how the last file went."""

from typing import Final

from commerce_core.catalog import ItemStatus, OwnItemFilter
from commerce_core.kernel.ids import SellerId
from commerce_core.orders import OrderFilter
from commerce_http.web.auth import SELLER
from commerce_pages.sell.imports import called
from commerce_pages.sell.items import STATUSES as ITEM_STATUSES
from commerce_pages.sell.orders import STATUSES
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.visits import Visit

_LATEST: Final = 5
#: Of what there are fewer pieces is shown as running out.
FEW: Final = 5


@page("GET", "/sell", part="sell", who=SELLER)
def selling(visit: Visit, desk: Desk) -> Answer:
    """New orders, items that run out, and the last import."""
    seller = SellerId(visit.holder.id)
    scarce = OwnItemFilter(status=ItemStatus.ACTIVE, stock_below=FEW)
    return desk.pages.draw(
        "sell/home.html",
        visit,
        orders=desk.shop.orders.seller_history(seller, None, _LATEST, OrderFilter(), None).items,
        statuses=STATUSES,
        item_statuses=ITEM_STATUSES,
        scarce=desk.shop.items.own(seller, scarce, None, _LATEST).items,
        few=FEW,
        jobs=desk.shop.imports.own(seller, None, 1).items,
        called=called,
    )
