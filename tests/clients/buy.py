"""A seller's and a buyer's day by the client that was generated: ``python buy.py ADDRESS``."""

import sys
import time

from shop_client import AuthenticatedClient, Client
from shop_client.api.accounts import log_in, own_account, register
from shop_client.api.cart import set_quantity
from shop_client.api.catalog import import_items, import_progress, item_details, onboard_item
from shop_client.api.checkout import place_order
from shop_client.api.orders import order_details, order_history
from shop_client.api.search import find_items
from shop_client.models import (
    AccountDetails,
    Address,
    AddressInput,
    Cart,
    ImportReceipt,
    Item,
    ItemImport,
    ItemPage,
    LogIn,
    NewItem,
    Order,
    OrderPage,
    PaymentInfo,
    PlaceOrder,
    Problem,
    Register,
    RegisterRole,
    Session,
    SetQuantity,
    StoredDocument,
)


def logged_in(shop: Client, address: str, email: str, role: RegisterRole) -> AuthenticatedClient:
    """A client of somebody who has just registered."""
    register.sync(
        client=shop, body=Register(email=email, password="correct horse", name="Ada", role=role)
    )
    session = log_in.sync(client=shop, body=LogIn(email=email, password="correct horse"))
    assert isinstance(session, Session), session
    return AuthenticatedClient(base_url=address, token=session.token)


def imported(seller: AuthenticatedClient) -> None:
    """A list of rows is taken; lines go by the client that the generated one stands on."""
    rows: list[NewItem | StoredDocument] = [
        NewItem(name="Saucer", sku="SAUCER-1", price=2, quantity=3),
        StoredDocument.from_dict({"sku": "PLATE-1", "name": "Plate", "price": 6, "quantity": 1}),
    ]
    begun = import_items.sync(client=seller, body=rows)
    assert isinstance(begun, ImportReceipt), begun
    done = finished(seller, begun.import_id)
    assert (done.status, done.created, done.failed) == ("finished", 2, 0), done
    sent = seller.get_httpx_client().post(
        "/item-imports",
        content=b'{"sku": "CUP-1", "name": "Cup", "price": 4, "quantity": 3}\n',
        headers={"Content-Type": "application/x-ndjson"},
    )
    done = finished(seller, ImportReceipt.from_dict(sent.json()).import_id)
    assert (done.status, done.created, done.failed) == ("finished", 1, 0), done


def finished(seller: AuthenticatedClient, import_id: str) -> ItemImport:
    """An import once it is over."""
    for _ in range(500):
        done = import_progress.sync(import_id, client=seller)
        assert isinstance(done, ItemImport), done
        if done.status != "running":
            return done
        time.sleep(0.02)
    raise AssertionError("the import did not end")


def bought(shop: Client, buyer: AuthenticatedClient) -> Order:
    """What is found is put into the cart, paid and followed to its end."""
    page = find_items.sync(client=shop, term="gooseneck kettle")
    assert isinstance(page, ItemPage), page
    kettle = item_details.sync(page.items[0].item_id, client=buyer)
    assert isinstance(kettle, Item), kettle
    cart = set_quantity.sync(client=buyer, body=SetQuantity(item_id=kettle.item_id, quantity=2))
    assert isinstance(cart, Cart), cart
    card = PaymentInfo(payment_type="card", card_no="4242424242424242")
    home = AddressInput(name="Ada", line1="1 Main Street", city="Springfield", country="US")
    order = place_order.sync(
        client=buyer,
        idempotency_key="first-try",
        prefer="wait=10",
        body=PlaceOrder(
            cart_id=cart.cart_id, amount=cart.total, payment_info=card, shipping_address=home
        ),
    )
    assert isinstance(order, Order), order
    return order


def main(address: str) -> None:
    """Sell, buy, and read what came of it."""
    shop = Client(base_url=address)
    seller = logged_in(shop, address, "sue-py@example.com", RegisterRole.SELLER)
    buyer = logged_in(shop, address, "ada-py@example.com", RegisterRole.BUYER)
    me = own_account.sync(client=buyer)
    assert isinstance(me, AccountDetails), me
    imported(seller)
    made = onboard_item.sync_detailed(
        client=seller,
        body=NewItem(name="Gooseneck kettle", sku="KETTLE-PY", price="79.95", quantity=3),
    )
    assert isinstance(made.parsed, Item), made
    find_items.sync(client=shop, x_search_token=made.headers["x-search-token"])
    order = bought(shop, buyer)
    details = order_details.sync(order.order_id, client=buyer)
    assert isinstance(details, Order), details
    assert (details.status, details.total.amount) == ("COMPLETED", "159.90"), details
    assert isinstance(details.shipping_address, Address), details
    mine = order_history.sync(client=buyer)
    assert isinstance(mine, OrderPage), mine
    assert [one.order_id for one in mine.orders] == [order.order_id]
    refused = own_account.sync(client=AuthenticatedClient(base_url=address, token="no-token"))
    assert isinstance(refused, Problem), refused
    assert refused.code == "session-unknown"
    print("bought", details.order_id)


if __name__ == "__main__":
    main(sys.argv[1])
