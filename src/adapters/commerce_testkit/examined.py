"""What a simulation examines: adapters of every port that an order passes, and some people and
goods to begin with.
"""

import attrs

from commerce_core.accounts import Account, Role
from commerce_core.cart import CartRepository
from commerce_core.catalog import Item, ItemRepository, ItemStatus, ItemType, Offers, Variant
from commerce_core.checkout import SagaStore
from commerce_core.inventory import StockLedger
from commerce_core.kernel.ids import AccountId, ItemId, SellerId, SkuId
from commerce_core.kernel.messaging import Outbox
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Database
from commerce_core.notifications import NotificationRepository
from commerce_core.orders import OrderRepository
from commerce_core.payment import PaymentGateway
from commerce_core.shipping import Carrier
from commerce_testkit.memory.cart import MemoryCartRepository
from commerce_testkit.memory.catalog import MemoryItemRepository, MemoryOffers
from commerce_testkit.memory.checkout import MemorySagaStore
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.inventory import MemoryStockLedger
from commerce_testkit.memory.messaging import MemoryOutbox
from commerce_testkit.memory.notifications import MemoryNotificationRepository
from commerce_testkit.memory.orders import MemoryOrderRepository
from commerce_testkit.memory.payment import MemoryGateway
from commerce_testkit.memory.shipping import MemoryCarrier
from commerce_testkit.memory.transaction import MemoryDatabase


def _outbox(examined: "Examined") -> Outbox:
    return MemoryOutbox(examined.database)


def _gateway(examined: "Examined") -> PaymentGateway:
    return MemoryGateway(examined.clock)


@attrs.frozen(kw_only=True)
class Examined:
    """The adapters under examination: an empty store, a gateway that knows the sandbox's cards, a
    carrier. In memory by default.
    """

    clock: SettableClock = attrs.field(factory=SettableClock)
    database: Database = attrs.field(factory=MemoryDatabase)
    items: ItemRepository = attrs.field(factory=MemoryItemRepository)
    offers: Offers = attrs.field(factory=MemoryOffers)
    stock: StockLedger = attrs.field(factory=MemoryStockLedger)
    carts: CartRepository = attrs.field(factory=MemoryCartRepository)
    notifications: NotificationRepository = attrs.field(factory=MemoryNotificationRepository)
    orders: OrderRepository = attrs.field(factory=MemoryOrderRepository)
    sagas: SagaStore = attrs.field(factory=MemorySagaStore)
    outbox: Outbox = attrs.field(default=attrs.Factory(_outbox, takes_self=True))
    gateway: PaymentGateway = attrs.field(default=attrs.Factory(_gateway, takes_self=True))
    carrier: Carrier = attrs.field(factory=MemoryCarrier)


def sample_buyer(n: int, clock: SettableClock) -> Account:
    """Somebody who buys."""
    return Account(
        id=AccountId(f"buyer-{n}"),
        email=f"{n}@example.org",
        name=f"B{n}",
        role=Role.BUYER,
        password_hash="",
        created_at=clock.now(),
    )


def sample_item(n: int, clock: SettableClock) -> Item:
    """Something that is sold, for *n* + 1 dollars."""
    price = Money(100 * (n + 1), "USD")
    return Item(
        id=ItemId(f"item-{n}"),
        seller_id=SellerId("seller"),
        sku=f"SKU{n}",
        type=ItemType.SIMPLE,
        status=ItemStatus.ACTIVE,
        name=f"Item {n}",
        description="",
        brand="",
        category="",
        tags=(),
        images=(),
        gtins=(),
        specifications={},
        attributes={},
        variants=(Variant(sku_id=SkuId(f"sku-{n}"), variant_id=None, price=price),),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
