"""Orders that the contracts of order repositories and saga stores place."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from commerce_core.checkout import OrderSaga, SagaStore
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, CartId, ItemId, OrderId, SellerId, SkuId
from commerce_core.kernel.money import MAX_MINOR, MAX_SUM, Money
from commerce_core.kernel.transaction import Database
from commerce_core.orders import (
    Fact,
    Order,
    OrderFilter,
    OrderKey,
    OrderLine,
    OrderPosition,
    OrderRepository,
    TimelineEntry,
)
from commerce_core.payment import Handle
from commerce_core.pricing import Adjustment

AT: Final = datetime(2026, 1, 1, 12, 30, 15, 123_456, tzinfo=UTC)
LATER: Final = AT + timedelta(seconds=30)
EVERY: Final = OrderFilter()

ANN, BOB = BuyerId("buyer-ann"), BuyerId("buyer-bob")

HANDLE: Final = Handle(
    gateway="sandbox", account="main", reference="pay-1", brand="visa", last4="4242"
)


def plain_order(no: int, buyer_id: BuyerId = ANN, /, **fields: Any) -> Order:
    """Order *no*, of one line; everything else unless given."""
    line = OrderLine(
        sku_id=SkuId("sku-1"), item_id=ItemId("item-1"), variant_id=None,
        seller_id=SellerId("seller-1"), name="Lamp", quantity=1,
        unit_price=Money(1_999, "USD"),
    )  # fmt: skip
    plain: dict[str, Any] = {
        "cart_id": CartId(f"cart-{no}"), "cart_version": 1, "idem_key": None,
        "digest": "digest", "lines": (line,), "adjustments": (),
        "total": Money(1_999, "USD"), "handle": HANDLE, "email": "ann@x.test", "address": None,
        "created_at": AT,
    }  # fmt: skip
    return Order(id=OrderId(f"order-{no:03}"), buyer_id=buyer_id, **(plain | fields))


def full_order(no: int, buyer_id: BuyerId = BOB) -> Order:
    """Order *no* with a value in every place."""
    lines = tuple(
        OrderLine(
            sku_id=SkuId(f"sku-{n}"), item_id=ItemId(f"item-{n}"),
            variant_id="größe '\"" if n % 2 else None, seller_id=SellerId(f"seller-{n % 3}"),
            name=f"Thing {n} \N{GRINNING FACE}\n", quantity=999_999,
            unit_price=Money(MAX_MINOR // 12, "JPY"), sku=f"größe-{n}",
            options={"Größe": ["S", 1, None], "x": {}} if n % 2 else {},
            metadata={"größe \N{SNOWMAN}": [n, None, {"x": {}}]} if n % 2 else {},
        )
        for n in range(12, 0, -1)
    )  # fmt: skip
    adjustments = (
        Adjustment(kind="shipping", code="express", amount=Money(500, "JPY")),
        Adjustment(
            kind="tax", code="vat", amount=Money(19, "JPY"), line_no=2, rate="0.19", included=True
        ),
        Adjustment(
            kind="discount",
            code="spring",
            amount=Money(-77, "JPY"),
            line_no=12,
            rate="0.5",
            coupon="SAVE10",
        ),
    )
    address = Address(
        name="Bob O'Neil",
        line1="1 Main St",
        line2="c/o Ann",
        city="Köln",
        region="NRW",
        postal_code="50667",
        country="DE",
    )
    return plain_order(
        no, buyer_id, cart_version=7, idem_key="key \N{GRINNING FACE}", digest="d" * 64,
        lines=lines, adjustments=adjustments,
        total=Money(MAX_SUM, "JPY"),
        handle=attrs.evolve(HANDLE, account="second", brand="", last4=""), address=address,
        metadata={"source": {"channel": "app", "visits": [1, 2]}, "\N{SNOWMAN}": None},
        coupons=("SAVE10", "größe \N{SNOWMAN}"), number=f"Größe-{no}",
    )  # fmt: skip


def key_of(order: Order) -> OrderKey:
    """The whole key of *order*."""
    return OrderKey(order.buyer_id, order.id)


def behind(order: Order) -> OrderPosition:
    """The place in a list behind *order*."""
    return OrderPosition(order.created_at, order.id)


def saga_of(order: Order, **fields: Any) -> OrderSaga:
    """The saga that *order* begins with."""
    plain: dict[str, Any] = {
        "definition": "order",
        "version": 1,
        "carrier": "sandbox",
        "trace": f"what {order.id} came of",
    }
    handle = order.handle
    return OrderSaga(
        key=key_of(order),
        gateway=handle.gateway,
        account=handle.account,
        digest=order.digest,
        total=order.total,
        **(plain | fields),
    )


def place(database: Database, repo: OrderRepository, sagas: SagaStore, *orders: Order) -> None:
    """Write orders with their sagas and the entries that each timeline begins with."""
    entries = (
        TimelineEntry(seq=1, fact=Fact.ORDER_CREATED, at=AT),
        TimelineEntry(seq=2, fact=Fact.INVENTORY_RESERVED, at=AT),
    )
    with database.begin() as tx:
        repo.insert(tx, orders)
        sagas.insert(tx, [saga_of(order) for order in orders], len(entries), AT)
        repo.append(tx, {key_of(order): entries for order in orders})
        tx.commit()
