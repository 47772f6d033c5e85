"""A shop as the people in the features meet it. No transport shows through."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs

from commerce_core.kernel.money import Money
from commerce_testkit.desk import OperatorDesk
from commerce_testkit.seen import Picture, SeenNotification, Tip, Wish
from commerce_testkit.systems import Systems


class Refused(Exception):
    """The shop said no: a stable *code*, its *facts*, the wrong *fields* (JSON pointers)."""

    def __init__(
        self,
        code: str,
        facts: Mapping[str, Any] | None = None,
        fields: Sequence[str] = (),
        detail: str = "",
    ) -> None:
        super().__init__(f"{code} {detail} {list(fields) or ''}".strip())
        self.code = code
        self.facts = dict(facts or {})
        self.fields = tuple(fields)


class UnexpectedAnswer(Exception):
    """The shop answered with something that no shop may answer with."""


@attrs.define(kw_only=True, eq=False)
class Visitor:
    """Somebody, logged in with ``token``; ``cart_token`` is what their browser keeps."""

    email: str
    password: str = attrs.field(default="correct horse battery", repr=False)
    token: str | None = attrs.field(default=None, repr=False)
    cart_token: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Profile:
    """What the shop knows of its holder's account."""

    name: str
    role: str
    country: str | None


@attrs.frozen(kw_only=True)
class Form:
    """A variant of an item."""

    variant_id: str
    options: Mapping[str, Any]
    price: Money
    stock: int


@attrs.frozen(kw_only=True)
class Goods:
    """An item. ``details`` holds what its seller says of it, under the contract's names."""

    item_id: str
    status: str
    version: int
    price: Money | None
    stock: int | None
    forms: tuple[Form, ...]
    details: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class ImportReport:
    """What became of a file: ``refused`` names line and field (JSON pointer) of bad rows."""

    import_id: str
    created: int
    changed: int
    unchanged: int
    failed: int
    refused: tuple[tuple[int, str], ...]


@attrs.frozen(kw_only=True)
class SearchHit:
    """An item that a search found."""

    item_id: str
    name: str
    price: Money
    in_stock: bool
    highlights: Mapping[str, str]


@attrs.frozen(kw_only=True)
class SearchPage:
    """A page of a search."""

    hits: tuple[SearchHit, ...]
    total: int
    categories: Mapping[str, int]
    brands: Mapping[str, int]
    did_you_mean: str | None
    next_cursor: str | None


@attrs.frozen(kw_only=True)
class BasketLine:
    """A line of a cart, with the codes of what is wrong with it."""

    item_id: str
    variant_id: str | None
    quantity: int
    unit_price: Money
    line_total: Money
    problems: tuple[str, ...]
    metadata: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Basket:
    """A cart at the prices of now."""

    cart_id: str
    version: int
    lines: tuple[BasketLine, ...]
    total: Money
    metadata: Mapping[str, Any]
    coupons: Mapping[str, str | None]
    """Each code with why it does not count."""


@attrs.frozen(kw_only=True)
class Payment:
    """How somebody pays. ``address`` has the contract's names; ``key`` is the request's own."""

    cart_id: str
    amount: Money
    card_no: str
    address: Mapping[str, str] | None = None
    cart_version: int | None = None
    key: str | None = None


@attrs.frozen(kw_only=True)
class TimelineStep:
    """An entry of an order's timeline."""

    seq: int
    what: str
    at: datetime


@attrs.frozen(kw_only=True)
class OrderDetails:
    """An order, ``address`` under the contract's names. What a seller is not shown is ``None`` or
    empty.
    """

    order_id: str
    status: str
    total: Money
    lines: tuple[tuple[str, int], ...]
    payment_status: str | None = None
    last4: str | None = None
    tracking_number: str | None = None
    address: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    line_metadata: tuple[Mapping[str, Any], ...] = ()
    timeline: tuple[TimelineStep, ...] = ()
    cancelled_because: str | None = None
    cart_of_lines: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.status in ("COMPLETED", "CANCELLED")


class ShopDriver(Protocol):
    """Everything that people do in a shop. Each method may raise :class:`Refused`.

    Mappings that go in are spelled as the HTTP contract spells them. What takes its time (a search
    that follows a change, a seller's list, an order on its way) is waited for with :meth:`until`.
    """

    @property
    @abstractmethod
    def desk(self) -> OperatorDesk:
        """Where operators sit."""

    @abstractmethod
    def register(self, who: Visitor, name: str, role: str) -> None:
        """Open an account with the e-mail address and password of *who*."""

    @abstractmethod
    def log_in(self, who: Visitor) -> None:
        """Begin a session; what the browser has in its cart is kept."""

    @abstractmethod
    def log_out(self, who: Visitor) -> None:
        """End the session. *who* keeps the (worthless) token."""

    @abstractmethod
    def profile(self, who: Visitor) -> Profile:
        """The account of *who*."""

    @abstractmethod
    def change_profile(self, who: Visitor, changes: Mapping[str, Any]) -> Profile:
        """Change name or address."""

    @abstractmethod
    def change_password(self, who: Visitor, current: str, new: str) -> None:
        """Choose another password; *who* goes on with it."""

    @abstractmethod
    def forget_password(self, who: Visitor) -> None:
        """Ask for a link by which a new password is chosen."""

    @abstractmethod
    def log_ins(self, who: Visitor) -> int:
        """How many sessions *who* has."""

    @abstractmethod
    def log_out_everywhere(self, who: Visitor) -> None:
        """End all sessions. *who* keeps the (worthless) token."""

    @abstractmethod
    def known(self, who: Visitor) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Everything that the shop knows of *who*, by the part that knows it."""

    @abstractmethod
    def leave(self, who: Visitor, password: str) -> None:
        """Close the account. *who* keeps the (worthless) token."""

    @abstractmethod
    def onboard(self, who: Visitor, item: Mapping[str, Any], key: str | None = None) -> Goods:
        """Offer an item."""

    @abstractmethod
    def item(self, who: Visitor, item_id: str) -> Goods:
        """The details of an item."""

    @abstractmethod
    def change_item(
        self, who: Visitor, item_id: str, changes: Mapping[str, Any], version: int
    ) -> Goods:
        """Merge *changes* into an item that is at *version*."""

    @abstractmethod
    def publish(self, who: Visitor, item_id: str) -> Goods:
        """Put an item on sale."""

    @abstractmethod
    def withdraw(self, who: Visitor, item_id: str) -> Goods:
        """Take an item off sale."""

    @abstractmethod
    def receive_stock(self, who: Visitor, item_id: str, receipt: Mapping[str, Any]) -> int:
        """Count stock in or out; how much is free now."""

    @abstractmethod
    def add_picture(
        self, who: Visitor, item_id: str, content: bytes, variant_id: str | None = None
    ) -> Picture:
        """Upload a picture of an item."""

    @abstractmethod
    def pictures(self, who: Visitor, item_id: str) -> tuple[Picture, ...]:
        """The pictures of an item, as *who* sees them."""

    @abstractmethod
    def remove_picture(self, who: Visitor, item_id: str, image_id: str) -> None:
        """Take a picture off an item."""

    @abstractmethod
    def import_items(
        self, who: Visitor, form: str, text: str, *, dry_run: bool = False
    ) -> ImportReport:
        """Take in a file (*form*: ``ndjson``, ``json`` or ``csv``) to its last row."""

    @abstractmethod
    def import_report(self, who: Visitor, import_id: str) -> ImportReport:
        """What became of a file."""

    @abstractmethod
    def search(self, who: Visitor, parameters: Mapping[str, str | tuple[str, ...]]) -> SearchPage:
        """Search; *parameters* are the contract's, ``seller`` among them."""

    @abstractmethod
    def seller_id(self, who: Visitor) -> str:
        """What the items of *who* are filtered by."""

    @abstractmethod
    def suggestions(self, who: Visitor, prefix: str, size: int) -> tuple[tuple[str, str], ...]:
        """Kind and text of what can be searched for."""

    @abstractmethod
    def cart(self, who: Visitor) -> Basket:
        """The cart of *who*."""

    @abstractmethod
    def set_quantity(
        self, who: Visitor, item_id: str, variant_id: str | None, quantity: int
    ) -> Basket:
        """Have *quantity* pieces in the cart."""

    @abstractmethod
    def set_quantities(self, who: Visitor, lines: Sequence[tuple[str, str | None, int]]) -> Basket:
        """Have so many pieces of each in the cart: item, variant, quantity. All of them, or
        none.
        """

    @abstractmethod
    def change_cart(self, who: Visitor, changes: Mapping[str, Any]) -> Basket:
        """Change what else a cart or one of its lines has."""

    @abstractmethod
    def empty_cart(self, who: Visitor) -> None:
        """Take everything out of the cart."""

    @abstractmethod
    def wish_for(self, who: Visitor, item_id: str, variant_id: str | None = None) -> Wish:
        """Put an item on the wishlist."""

    @abstractmethod
    def give_up_wish(self, who: Visitor, item_id: str) -> None:
        """Take an item off the wishlist."""

    @abstractmethod
    def wishlist(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[Wish, ...], str | None]:
        """A page of the wishlist of *who*, newest first, and where it goes on."""

    @abstractmethod
    def recommendations(
        self, who: Visitor, item_id: str | None = None, size: int = 20
    ) -> tuple[Tip, ...]:
        """What is recommended to *who*; with *item_id*, what goes with that item."""

    @abstractmethod
    def check_out(self, who: Visitor, payment: Payment, *, wait: bool = False) -> OrderDetails:
        """Place an order; with *wait* as it is when it is over."""

    @abstractmethod
    def order(self, who: Visitor, order_id: str) -> OrderDetails:
        """One order as it is now; a seller sees the own lines."""

    @abstractmethod
    def orders(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[OrderDetails, ...], str | None]:
        """A page of the orders of *who*, newest first, and where the list goes on."""

    @abstractmethod
    def events(self, who: Visitor, order_id: str, after: int = 0) -> tuple[str, ...]:
        """Follow an order from after entry *after* of its timeline to its end; the events."""

    @abstractmethod
    def come_back(self, who: Visitor, order_id: str, result: str) -> OrderDetails:
        """Come back from the sandbox's page with *result*."""

    @abstractmethod
    def cancel(self, who: Visitor, order_id: str) -> OrderDetails:
        """Have an order undone."""

    @abstractmethod
    def notifications(
        self, who: Visitor, cursor: str | None = None, size: int = 20
    ) -> tuple[tuple[SeenNotification, ...], str | None]:
        """A page of the notifications of *who*, newest first, and where the list goes on."""

    @abstractmethod
    def read_notification(self, who: Visitor, notification_id: str) -> None:
        """Note that it was read."""

    @abstractmethod
    def notification_preferences(self, who: Visitor) -> Mapping[str, Mapping[str, bool]]:
        """By kind and channel, what *who* gets."""

    @abstractmethod
    def choose_notifications(
        self, who: Visitor, choices: Mapping[str, Mapping[str, bool]]
    ) -> Mapping[str, Mapping[str, bool]]:
        """Choose what *who* gets."""

    @abstractmethod
    def systems(self) -> Systems:
        """Systems of others that hear of what happens."""

    @abstractmethod
    def until(self, happened: Callable[[], bool], what: str) -> None:
        """Let time pass until *happened*; if it does not, ``AssertionError`` names *what*."""
