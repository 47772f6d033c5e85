"""What the steps of one scenario remember: who is in it, what was offered, what was answered."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from commerce_testkit.shop import (
    Basket,
    ImportReport,
    OrderDetails,
    Payment,
    Refused,
    SearchPage,
    ShopDriver,
    Visitor,
)
from commerce_testkit.systems import Webhook

T = TypeVar("T")


@attrs.define(kw_only=True, eq=False)
class Placed:
    """An order that is spoken of: whose it is, and each answer that placing it had."""

    who: Visitor
    answers: list[OrderDetails]

    @property
    def order_id(self) -> str:
        """Its id."""
        return self.answers[-1].order_id


@attrs.define(eq=False)
class Story:
    """One scenario in a shop. E-mail addresses and brands are its own, so that it can run in
    any shop, any number of times.

    What a *When* step does may be refused; the step that follows has to say so, else the refusal
    counts as an error.
    """

    shop: ShopDriver
    tag: str = attrs.field(factory=lambda: uuid.uuid4().hex[:10])
    kind_of_step: str = "given"
    refusal: Refused | None = None
    last_refusal: Refused | None = None
    searches: "dict[str, Callable[[], SearchPage]]" = attrs.field(
        factory=dict[str, Callable[[], SearchPage]]
    )
    """By the name of whoever searched last: run again, it finds what there is by then."""
    report: ImportReport | None = None
    imported: tuple[str, str] | None = None
    placed: Placed | None = None
    waits: bool = False
    """Whether the order was seen to wait for its buyer."""
    operator: Visitor | None = None
    payment: Payment | None = None
    received: tuple[str, ...] = ()
    remembered: Basket | None = None
    known: "Mapping[str, Sequence[Mapping[str, Any]]] | None" = None
    shown_orders: tuple[OrderDetails, ...] = ()
    typed: "Callable[[], tuple[tuple[str, str], ...]] | None" = None
    """What is suggested for what was typed, by now."""
    windows: dict[str, int] = attrs.field(factory=dict[str, int])
    webhooks: dict[str, Webhook] = attrs.field(factory=dict[str, Webhook])
    guest_tokens: dict[str, str] = attrs.field(factory=dict[str, str])
    pages: list[list[str]] = attrs.field(factory=list[list[str]])
    older: list[str] = attrs.field(factory=list[str])
    leafing: "tuple[Callable[[str], SearchPage], str | None] | None" = None
    """How somebody goes on leafing through a list, and from where."""
    _visitors: dict[str, Visitor] = attrs.field(factory=dict[str, Visitor])
    _items: dict[str, str] = attrs.field(factory=dict[str, str])

    def visitor(self, name: str) -> Visitor:
        """Whoever is called *name*; so far a guest, if nothing was said of them."""
        if name not in self._visitors:
            self._visitors[name] = Visitor(email=f"{name.lower()}.{self.tag}@example.com")
        return self._visitors[name]

    def nobody(self) -> Visitor:
        """Somebody who was never here."""
        return Visitor(email=f"nobody.{self.tag}@example.com")

    def item_id(self, name: str) -> str:
        """The item that was offered as *name*."""
        return self._items[name]

    def remember_item(self, name: str, item_id: str) -> None:
        """From now on *name* is that item."""
        self._items[name] = item_id

    def rename_item(self, name: str, other: str) -> None:
        """What was offered as *name* is called *other* from now on."""
        self._items[other] = self._items.pop(name)

    def name_of(self, item_id: str) -> str:
        """What the item was offered as."""
        return next(name for name, known in self._items.items() if known == item_id)

    def offered(self) -> list[str]:
        """What the items are called that were offered so far."""
        return list(self._items)

    def attempt(self, act: Callable[[], T]) -> T | None:
        """Do something that may be refused, in a *When* step."""
        try:
            return act()
        except Refused as refusal:
            if self.kind_of_step != "when":
                raise
            self.refusal = refusal
            return None

    def claim_refusal(self) -> Refused:
        """The refusal that the last step met with."""
        refusal, self.refusal = self.refusal, None
        assert refusal is not None, "it was not refused"
        return refusal

    def begin_step(self, kind: str, name: str) -> None:
        """Called before each step."""
        self.kind_of_step = kind
        if self.refusal is not None and not name.startswith("that is refused"):
            raise self.refusal

    def until(
        self, happened: Callable[[], bool], what: str, seen: Callable[[], object] | None = None
    ) -> None:
        """Let time pass until *happened*; what is refused has not happened yet. *seen* shows what
        there is instead.
        """

        def attempt_once() -> bool:
            try:
                return happened()
            except Refused:
                return False

        try:
            self.shop.until(attempt_once, what)
        except AssertionError as error:
            if seen is not None:
                error.add_note(f"at last there was {seen()}")
            raise

    def order(self) -> OrderDetails:
        """The order that is spoken of, as it is now."""
        assert self.placed is not None, "no order was placed"
        return self.shop.order(self.placed.who, self.placed.order_id)

    def leave_nothing_waiting(self) -> None:
        """Cancel the order that is spoken of, if it still waits for its buyer."""
        if (
            self.waits
            and self.placed is not None
            and self.order().payment_status == "action-required"
        ):
            self.shop.cancel(self.placed.who, self.placed.order_id)
