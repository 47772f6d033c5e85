"""Two quarters of a town, one with little of everything and one with much: on them statements are
counted.
"""

import json
from typing import Any, Final

import attrs
import httpx

from commerce_core.accounts import Account, Role
from commerce_core.catalog import ItemView
from commerce_core.kernel.ids import SellerId
from commerce_testkit.crowd import Member
from tests.integration.http.people import Person
from tests.integration.market import Market

NDJSON: Final = {"Content-Type": "application/x-ndjson"}


@attrs.define
class Quarter:
    """A seller and a buyer with so many of everything."""

    market: Market
    client: httpx.Client
    size: int
    seller: Person
    owner: SellerId
    buyer: Person
    account: Account
    items: list[ItemView]
    large_item: ItemView
    order_id: str
    import_id: str

    def send(
        self,
        person: Person,
        method: str,
        path: str,
        body: Any = None,
        status: int = 200,
        **more: Any,
    ) -> httpx.Response:
        """A request that must be answered like this."""
        self.client.cookies.clear()
        answer = person(method, path, body, **more)
        assert answer.status_code == status, answer.text
        return answer


def newcomer(
    market: Market, client: httpx.Client, role: Role = Role.BUYER
) -> tuple[Person, Member]:
    (member,) = market.crowd(1, role)
    return Person(client, member.token), member


def built(market: Market, client: httpx.Client, size: int) -> Quarter:
    """*size* items, of which one has as many forms, *size* orders of *size* lines at most, and a
    cart of *size* lines.
    """
    seller, owner = newcomer(market, client, Role.SELLER)
    buyer, member = newcomer(market, client)
    items = [
        market.item(10_000, name=f"Thing {no} of {size}", seller_id=SellerId(owner.account.id))
        for no in range(size)
    ]
    forms = [{"variantId": f"V{no}", "price": "5.00", "stock": 5} for no in range(size)]
    large = seller("POST", "/items", {"name": f"Manifold {size}", "variants": forms}).json()
    for _ in range(size):
        market.place(member.account, market.fill(member.account, (items[0], 1)))
    placed = market.place(
        member.account, market.fill(member.account, *((item, 1) for item in items))
    )
    rows = b"\n".join(
        json.dumps({"sku": f"R{size}-{no}", "name": "Row", "price": "1.00", "quantity": 1}).encode()
        for no in range(size)
    )
    begun = seller("POST", "/item-imports", content=rows, headers=NDJSON).json()
    while market.shop.importer.run_once(500):
        pass
    market.run()
    market.fill(member.account, *((item, 2) for item in items))
    return Quarter(
        market=market,
        client=client,
        size=size,
        seller=seller,
        owner=SellerId(owner.account.id),
        buyer=buyer,
        account=member.account,
        items=items,
        large_item=market.shop.items.details(large["itemId"]),
        order_id=placed.key.order_id,
        import_id=begun["importId"],
    )
