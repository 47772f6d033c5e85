"""`commerce orders`: the sellers' lists, rebuilt from the orders themselves."""

from typing import Final

from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output

_PAGE: Final = 500


def rebuild_seller_view(*, json: AsJson = False) -> None:
    """Bring the sellers' lists up to date with every order: after a restore, when events on their
    way are gone. May be repeated.
    """
    out = Output(as_json=json)
    listed = 0
    with open_shop() as shop, out.progress("orders") as report:
        page = shop.operations.page(limit=_PAGE)
        while page:
            shop.seller_list.follow([row.saga.key for row in page])
            listed += len(page)
            report(listed, "orders")
            page = shop.operations.page(after=page[-1].saga.key.order_id, limit=_PAGE)
    out.say(f"The sellers' lists hold {listed:,} orders.")
    out.answer({"orders": listed})
