"""What sellers send: a new item, a change of one, a row of a file, a receipt of stock."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.metadata import NO_METADATA, SCHEMA, bounded_metadata
from commerce_core.kernel.money import MAX_MINOR, Money
from commerce_core.kernel.text import clean, clean_text

#: Most pieces that one count may hold.
MOST_PIECES: Final = 10**9
#: Variants that one item may have.
MOST_VARIANTS: Final = 200
#: Grams that one piece may weigh.
MOST_GRAMS: Final = 10**9
_MOST_GTINS: Final = 200
#: Addresses elsewhere, and of images that the shop itself shows.
_URL_START: Final = ("https://", "http://", "/media/")


def _schema(**schema: Any) -> dict[str, Any]:
    return {"schema": schema}


def _text(most: int, least: int = 0) -> Any:
    def check(_: object, _attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is None or value is ABSENT:
            return
        if len(value.strip()) < least:
            raise ValueError("must not be empty")
        if len(value) > most:
            raise ValueError(f"must be at most {most} characters")

    return check


def _many(most: int, longest: int) -> Any:
    def check(
        _: object, _attribute: "attrs.Attribute[Any]", values: tuple[str, ...] | None
    ) -> None:
        if not values or values is ABSENT:
            return
        if len(values) > most:
            raise ValueError(f"must be at most {most}")
        if any(not value.strip() or len(value) > longest for value in values):
            raise ValueError(f"must each be 1 to {longest} characters")

    return check


def _gtins(_: object, attribute: "attrs.Attribute[Any]", values: tuple[str, ...] | None) -> None:
    _many(_MOST_GTINS, 40)(_, attribute, values)
    if values and values is not ABSENT and not all(v.isascii() and v.isdecimal() for v in values):
        raise ValueError("must each be digits alone, as printed on the product")


def _images(_: object, attribute: "attrs.Attribute[Any]", values: tuple[str, ...] | None) -> None:
    _many(50, 2000)(_, attribute, values)
    if (
        values
        and values is not ABSENT
        and not all(value.startswith(_URL_START) for value in values)
    ):
        raise ValueError("must each be an http(s) address, or that of an uploaded image")


def _price(_: object, _attribute: "attrs.Attribute[Any]", value: Money | None) -> None:
    if isinstance(value, Money) and value.minor < 0:
        raise ValueError("must not be negative")
    if isinstance(value, Money) and value.minor > MAX_MINOR:
        raise ValueError("is more than the price of one piece may be")


def _count(_: object, _attribute: "attrs.Attribute[Any]", value: int | None) -> None:
    if isinstance(value, int) and not 0 <= value <= MOST_PIECES:
        raise ValueError(f"must be between 0 and {MOST_PIECES}")


def _weight(_: object, _attribute: "attrs.Attribute[Any]", value: int | None) -> None:
    if isinstance(value, int) and not 0 <= value <= MOST_GRAMS:
        raise ValueError(f"must be between 0 and {MOST_GRAMS} grams")


def _status(_: object, _attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    if value not in (None, "draft", "active"):
        raise ValueError("must be draft or active")


def _free(_: object, _attribute: "attrs.Attribute[Any]", value: Mapping[str, Any] | None) -> None:
    if (
        value
        and value is not ABSENT
        and (len(value) > 500 or "" in value or max(map(len, value)) > 200)
    ):
        raise ValueError("must have at most 500 names of 1 to 200 characters")


def _variants(
    _: object, _attribute: "attrs.Attribute[Any]", values: "tuple[Any, ...] | None"
) -> None:
    if values is ABSENT or values is None:
        return
    if not 1 <= len(values) <= MOST_VARIANTS:
        raise ValueError(f"must be 1 to {MOST_VARIANTS}")
    ids = [value.variant_id for value in values]
    if len(set(ids)) < len(ids):
        raise ValueError("must each have a variantId of their own")


_NAME: Final = _schema(minLength=1, maxLength=500)
_ID: Final = _schema(minLength=1, maxLength=100)
_COUNT: Final = _schema(minimum=0, maximum=MOST_PIECES)
_WEIGHT: Final = _schema(minimum=0, maximum=MOST_GRAMS)
_VARIANTS: Final = _schema(minItems=1, maxItems=MOST_VARIANTS)


@attrs.frozen(kw_only=True)
class NewVariant:
    """One of the forms in which an item is sold, with its first count of stock."""

    variant_id: str = attrs.field(converter=clean_text, validator=_text(100, 1), metadata=_ID)
    options: Mapping[str, Any] = attrs.field(factory=dict, converter=clean, validator=_free)
    price: Money = attrs.field(validator=_price)
    stock: int = attrs.field(default=0, validator=_count, metadata=_COUNT)
    images: tuple[str, ...] = attrs.field(default=(), validator=_images)
    gtins: tuple[str, ...] = attrs.field(default=(), converter=clean, validator=_gtins)
    weight: int | None = attrs.field(default=None, validator=_weight, metadata=_WEIGHT)


@attrs.frozen(kw_only=True)
class NewItem:
    """An item to be onboarded: a simple one has ``price`` and ``quantity``, the other kind has
    ``variants`` instead.

    Without a status a new item is active, and a known one stays what it is.
    """

    name: str = attrs.field(converter=clean_text, validator=_text(500, 1), metadata=_NAME)
    price: Money | None = attrs.field(default=None, validator=_price)
    quantity: int | None = attrs.field(default=None, validator=_count, metadata=_COUNT)
    sku: str | None = attrs.field(  # pyright: ignore[reportUnknownVariableType] (has a converter)
        default=None,
        converter=attrs.converters.optional(clean_text),
        validator=_text(100, 1),
        metadata=_ID,
    )
    description: str = attrs.field(default="", validator=_text(20_000))
    brand: str = attrs.field(default="", converter=clean_text, validator=_text(200))
    category: str = attrs.field(default="", converter=clean_text, validator=_text(200))
    tags: tuple[str, ...] = attrs.field(default=(), converter=clean, validator=_many(100, 200))
    images: tuple[str, ...] = attrs.field(default=(), validator=_images)
    gtins: tuple[str, ...] = attrs.field(default=(), converter=clean, validator=_gtins)
    specifications: Mapping[str, Any] = attrs.field(factory=dict, validator=_free)
    attributes: Mapping[str, Any] = attrs.field(factory=dict, validator=_free)
    tax_class: str = attrs.field(default="", converter=clean_text, validator=_text(100))
    weight: int | None = attrs.field(default=None, validator=_weight, metadata=_WEIGHT)
    metadata: Mapping[str, Any] = attrs.field(
        default=NO_METADATA, validator=bounded_metadata, metadata=SCHEMA
    )
    status: str | None = attrs.field(
        default=None, validator=_status, metadata=_schema(enum=["draft", "active"])
    )
    variants: tuple[NewVariant, ...] | None = attrs.field(
        default=None, validator=_variants, metadata=_VARIANTS
    )


@attrs.frozen(kw_only=True)
class VariantPatch:
    """What becomes of the variant *variant_id*; one that is not known yet needs a price and may
    bring a first stock.
    """

    variant_id: str = attrs.field(converter=clean_text, validator=_text(100, 1), metadata=_ID)
    options: Mapping[str, Any] | None = attrs.field(
        default=ABSENT, converter=clean, validator=_free
    )
    price: Money = attrs.field(default=ABSENT, validator=_price)
    stock: int = attrs.field(default=ABSENT, validator=_count, metadata=_COUNT)
    images: tuple[str, ...] | None = attrs.field(default=ABSENT, validator=_images)
    gtins: tuple[str, ...] | None = attrs.field(default=ABSENT, converter=clean, validator=_gtins)
    weight: int | None = attrs.field(default=ABSENT, validator=_weight, metadata=_WEIGHT)


@attrs.frozen(kw_only=True)
class _Described:
    """What both a change of an item and a row of a file may say of it."""

    description: str | None = attrs.field(default=ABSENT, validator=_text(20_000))
    brand: str | None = attrs.field(default=ABSENT, converter=clean, validator=_text(200))
    category: str | None = attrs.field(default=ABSENT, converter=clean, validator=_text(200))
    tags: tuple[str, ...] | None = attrs.field(
        default=ABSENT, converter=clean, validator=_many(100, 200)
    )
    images: tuple[str, ...] | None = attrs.field(default=ABSENT, validator=_images)
    gtins: tuple[str, ...] | None = attrs.field(default=ABSENT, converter=clean, validator=_gtins)
    specifications: Mapping[str, Any] | None = attrs.field(default=ABSENT, validator=_free)
    attributes: Mapping[str, Any] | None = attrs.field(default=ABSENT, validator=_free)
    tax_class: str | None = attrs.field(default=ABSENT, converter=clean, validator=_text(100))
    weight: int | None = attrs.field(default=ABSENT, validator=_weight, metadata=_WEIGHT)
    metadata: Mapping[str, Any] | None = attrs.field(
        default=ABSENT, validator=bounded_metadata, metadata=SCHEMA
    )


@attrs.frozen(kw_only=True)
class ItemPatch(_Described):
    """A JSON Merge Patch (RFC 7396): what is not mentioned stays, ``null`` empties.

    ``variants`` is the whole list of those that are to remain, each merged with the one of the same
    ``variantId``. Stock
    changes through receipts alone: a quantity is refused.
    """

    sku: str = attrs.field(default=ABSENT, converter=clean, validator=_text(100, 1), metadata=_ID)
    name: str = attrs.field(
        default=ABSENT, converter=clean, validator=_text(500, 1), metadata=_NAME
    )
    price: Money = attrs.field(default=ABSENT, validator=_price)
    variants: tuple[VariantPatch, ...] = attrs.field(
        default=ABSENT, validator=_variants, metadata=_VARIANTS
    )


@attrs.frozen(kw_only=True)
class VariantRow:
    """What a row of a file says of the variant *variant_id*: what it does not name stays,
    ``deleted`` takes it away.
    """

    variant_id: str = attrs.field(converter=clean_text, validator=_text(100, 1), metadata=_ID)
    options: Mapping[str, Any] | None = attrs.field(
        default=ABSENT, converter=clean, validator=_free
    )
    price: Money | None = attrs.field(default=ABSENT, validator=_price)
    stock: int | None = attrs.field(default=ABSENT, validator=_count, metadata=_COUNT)
    images: tuple[str, ...] | None = attrs.field(default=ABSENT, validator=_images)
    gtins: tuple[str, ...] | None = attrs.field(default=ABSENT, converter=clean, validator=_gtins)
    weight: int | None = attrs.field(default=ABSENT, validator=_weight, metadata=_WEIGHT)
    deleted: bool = False


@attrs.frozen(kw_only=True)
class ItemRow(_Described):
    """A row of a file of items: what it does not name stays as it is, ``null`` empties, variants
    that it does not list stay.

    Price and first stock are for an item that is new or of one form; stock counts only when the row
    creates it.
    """

    sku: str = attrs.field(converter=clean_text, validator=_text(100, 1), metadata=_ID)
    name: str | None = attrs.field(
        default=ABSENT, converter=clean, validator=_text(500, 1), metadata=_NAME
    )
    price: Money | None = attrs.field(default=ABSENT, validator=_price)
    quantity: int | None = attrs.field(default=ABSENT, validator=_count, metadata=_COUNT)
    status: str | None = attrs.field(
        default=None, validator=_status, metadata=_schema(enum=["draft", "active"])
    )
    variants: tuple[VariantRow, ...] | None = attrs.field(
        default=ABSENT, validator=_variants, metadata=_VARIANTS
    )


def _some(_: object, _attribute: "attrs.Attribute[int]", value: int) -> None:
    if value == 0 or abs(value) > MOST_PIECES:
        raise ValueError(f"must be between 1 and {MOST_PIECES}, or the same with a minus")


@attrs.frozen(kw_only=True)
class StockReceipt:
    """Pieces that came in, or with a minus went out. *reference* is the seller's own: the same
    again counts once.
    """

    variant_id: str | None = attrs.field(  # pyright: ignore[reportUnknownVariableType] (converter)
        default=None,
        converter=attrs.converters.optional(clean_text),
        validator=_text(100, 1),
        metadata=_ID,
    )
    quantity: int = attrs.field(
        validator=_some, metadata=_schema(minimum=-MOST_PIECES, maximum=MOST_PIECES)
    )
    reference: str = attrs.field(
        converter=clean_text, validator=_text(200, 1), metadata=_schema(minLength=1, maxLength=200)
    )
