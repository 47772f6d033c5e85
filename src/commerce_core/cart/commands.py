"""What a buyer or guest does to a cart."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from commerce_core.kernel.address import Address
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.errors import FieldProblem, Invalid
from commerce_core.kernel.ids import BuyerId, ItemId, check_user_id
from commerce_core.kernel.metadata import SCHEMA, bounded_metadata
from commerce_core.kernel.text import clean, clean_text

#: Most lines of one cart.
MOST_LINES: Final = 1_000

#: Most pieces on one line.
MOST_PIECES: Final = 999_999


#: Most coupon codes of one cart, and characters of one.
MOST_COUPONS: Final = 10
_LONGEST_COUPON: Final = 50


def _coupons(_: object, _attribute: "attrs.Attribute[Any]", codes: tuple[str, ...] | None) -> None:
    if codes is None or codes is ABSENT:
        return
    if len(codes) > MOST_COUPONS or len(set(codes)) < len(codes):
        raise ValueError(f"must be at most {MOST_COUPONS} codes, each once")
    if not all(0 < len(code) <= _LONGEST_COUPON for code in codes):
        raise ValueError(f"must each be 1 to {_LONGEST_COUPON} characters")


def _bounded(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
    if not 0 <= value <= MOST_PIECES:
        raise ValueError(f"must be between 0 and {MOST_PIECES}")


def _named(variant_id: str | None) -> str | None:
    """A variant's name as the catalogue keeps it; a blank one names none."""
    return clean_text(variant_id) or None if variant_id else None


@attrs.frozen(kw_only=True)
class SetQuantity:
    """Have *quantity* pieces of an item in the cart: 0 takes the line out. *metadata* is merged
    into the line's (RFC 7396), ``null`` empties it.
    """

    item_id: ItemId
    variant_id: str | None = attrs.field(default=None, converter=_named)
    quantity: int = attrs.field(
        validator=_bounded, metadata={"schema": {"minimum": 0, "maximum": MOST_PIECES}}
    )
    metadata: Mapping[str, Any] | None = attrs.field(
        default=ABSENT, validator=bounded_metadata, metadata=SCHEMA
    )


def _each_once(
    _: object,
    _attribute: "attrs.Attribute[tuple[SetQuantity, ...]]",
    lines: tuple[SetQuantity, ...],
) -> None:
    if lines is ABSENT:
        return
    if not 1 <= len(lines) <= MOST_LINES:
        raise ValueError(f"must be 1 to {MOST_LINES} lines")
    first: dict[tuple[str, str | None], int] = {}
    for no, line in enumerate(lines):
        first.setdefault((line.item_id, line.variant_id), no)
    again = [(no, first[line.item_id, line.variant_id]) for no, line in enumerate(lines)]
    if problems := [
        FieldProblem(f"/{no}", f"is the same thing as line {earlier}")
        for no, earlier in again
        if no != earlier
    ]:
        raise Invalid(problems)


@attrs.frozen(kw_only=True)
class ChangeCart:
    """Have so many pieces of each of *lines* in the cart: all of them, or none where one is
    refused. *metadata* is merged into the cart's (RFC 7396), ``null`` empties it. *coupons* are
    all codes that it is to have.
    """

    lines: tuple[SetQuantity, ...] = attrs.field(
        default=ABSENT,
        validator=_each_once,
        metadata={"schema": {"minItems": 1, "maxItems": MOST_LINES}},
    )
    metadata: Mapping[str, Any] | None = attrs.field(
        default=ABSENT, validator=bounded_metadata, metadata=SCHEMA
    )

    coupons: tuple[str, ...] | None = attrs.field(
        default=ABSENT,
        converter=clean,
        validator=_coupons,
        metadata={"schema": {"maxItems": MOST_COUPONS}},
    )

    def __attrs_post_init__(self) -> None:
        if all(one is ABSENT for one in (self.lines, self.metadata, self.coupons)):
            raise ValueError("must name what is to be changed: lines, metadata or coupons")


@attrs.frozen(kw_only=True)
class Shopper:
    """Whose cart is meant: *guest_id* is a guest's cart that its holder, logged in by now, takes
    over. Prices go to *address*.

    Raises:
        UnusableId: *buyer_id* cannot be the id of a buyer.
    """

    buyer_id: BuyerId = attrs.field(validator=lambda _, __, value: check_user_id(value))
    guest_id: BuyerId | None = None
    address: Address | None = None

    @property
    def ids(self) -> tuple[BuyerId, ...]:
        """The one or two whose carts are changed."""
        return (self.buyer_id, self.guest_id) if self.guest_id else (self.buyer_id,)


@attrs.frozen(kw_only=True)
class CartChange:
    """What a shopper does: sets quantities, or empties the cart first (*empty*). Neither: only the
    guest's cart is taken over.

    All quantities are set or none. *listed*: they came as a list, and what is wrong with each is
    told by its place there. *metadata* is merged into the cart's; ``None`` empties it, ABSENT
    leaves it. *coupons* take the place of those that are there; ``None`` leaves them.
    """

    shopper: Shopper
    quantities: tuple[SetQuantity, ...] = ()
    empty: bool = False
    listed: bool = False
    metadata: Mapping[str, Any] | None = ABSENT
    coupons: Sequence[str] | None = None

    @classmethod
    def of(cls, shopper: Shopper, command: ChangeCart | SetQuantity) -> "CartChange":
        """The change that *shopper* requests by *command*."""
        if isinstance(command, SetQuantity):
            return cls(shopper=shopper, quantities=(command,))
        lines = () if command.lines is ABSENT else command.lines
        coupons = None if command.coupons is ABSENT else command.coupons or ()
        return cls(
            shopper=shopper,
            quantities=lines,
            listed=True,
            metadata=command.metadata,
            coupons=coupons,
        )
