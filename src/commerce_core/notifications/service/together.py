"""The services of notifications put together."""

from collections.abc import Mapping, Sequence

import attrs

from commerce_core.accounts import AccountRepository
from commerce_core.catalog import ItemRepository, Offers
from commerce_core.inventory import StockLedger
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.messaging import Inbox
from commerce_core.kernel.notifier import SecretLink
from commerce_core.kernel.transaction import Database
from commerce_core.notifications.model import Kind
from commerce_core.notifications.ports import Channel, NotificationRepository, Renderer
from commerce_core.notifications.service.compose import Composer
from commerce_core.notifications.service.follow import EventNotifications
from commerce_core.notifications.service.read import Notices
from commerce_core.notifications.service.send import NotificationSender, SendingRules
from commerce_core.notifications.service.unsubscribe import UnsubscribeLinks
from commerce_core.notifications.service.wishes import WishNotifications
from commerce_core.orders import OrderRepository
from commerce_core.wishlist import WishlistRepository


@attrs.frozen(kw_only=True)
class NotificationServices:
    """What people read, what sends, and what follows events.

    Args:
        key: signs links that unsubscribe; the same in all processes of a shop.
        links: make the paths of kinds that lead to something secret.
    """

    database: Database
    repo: NotificationRepository
    inbox: Inbox
    accounts: AccountRepository
    orders: OrderRepository
    items: ItemRepository
    offers: Offers
    wishlists: WishlistRepository
    stock: StockLedger
    renderer: Renderer
    channels: Sequence[Channel]
    key: str = attrs.field(repr=False)
    clock: Clock
    rules: SendingRules
    links: Mapping[Kind, SecretLink] = attrs.field(factory=dict[Kind, SecretLink])

    def __attrs_post_init__(self) -> None:
        names = [channel.name for channel in self.channels]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two channels are called {twice[0]}: people choose one by its name")

    def notices(self) -> Notices:
        """What people read and choose."""
        names = [channel.name for channel in self.channels]
        signed = UnsubscribeLinks(self.key)
        return Notices(self.database, self.repo, names, signed, self.clock)

    def sender(self) -> NotificationSender:
        """What sends."""
        return NotificationSender(
            database=self.database,
            repo=self.repo,
            composer=Composer(self.accounts, self.orders, self.items, self.stock, self.links),
            renderer=self.renderer,
            channels=self.channels,
            links=UnsubscribeLinks(self.key),
            clock=self.clock,
            rules=self.rules,
        )

    def events(self) -> EventNotifications:
        """What makes notifications of events."""
        wishes = WishNotifications(
            database=self.database, repo=self.repo, wishlists=self.wishlists, items=self.items,
            offers=self.offers, stock=self.stock, clock=self.clock,
            channels=[channel.name for channel in self.channels],
        )  # fmt: skip
        return EventNotifications(
            self.database, self.repo, self.inbox, self.orders, self.stock, wishes, self.clock
        )
