"""One item, and putting it into the cart."""

from typing import Any

import attrs

from commerce_core.catalog import ItemView
from commerce_core.kernel.money import Money
from commerce_http.web.operations import Runs
from commerce_pages.recommendations import beside
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.visits import Visit


@attrs.frozen(kw_only=True)
class Choice:
    """One form of an item: what it is called, what it costs, how many are free."""

    variant_id: str
    called: str
    price: Money
    free: int


@attrs.frozen(kw_only=True)
class ItemPage:
    """An item, and the forms in which it is sold."""

    item: Any
    choices: list[Choice]
    pictures: list[str]

    @property
    def free(self) -> int:
        """Pieces that are free, of the form that has most."""
        return max((choice.free for choice in self.choices), default=0)


@page("GET", "/shop/items/{item_id}", part="shop", runs=Runs.SEARCH)
def item_page(visit: Visit, desk: Desk) -> Answer:
    """What it is, what it costs, and how many are left."""
    view = desk.shop.items.details(visit.named("item_id"), None)
    return desk.pages.draw(
        "shop/item.html", visit, view=_page(view), beside=beside(view.item.id, visit, desk)
    )


def _page(view: ItemView) -> ItemPage:
    item = view.item
    choices = [
        Choice(
            variant_id=form.variant_id or "",
            called=", ".join(f"{name} {value}" for name, value in form.options.items())
            or (form.variant_id or item.name),
            price=form.price,
            free=view.available(form.sku_id),
        )
        for form in item.variants
    ]
    pictures = [*item.images, *(url for form in item.variants for url in form.images)]
    return ItemPage(item=item, choices=choices, pictures=list(dict.fromkeys(pictures)))
