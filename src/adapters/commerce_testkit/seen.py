"""What people see beside items, carts and orders: wishes, recommendations, and what they are told
of.
"""

import attrs

from commerce_core.kernel.money import Money


@attrs.frozen(kw_only=True)
class Wish:
    """An entry of a wishlist, with the codes of what is wrong with it."""

    item_id: str
    variant_id: str | None
    price: Money
    price_when_added: Money
    in_stock: bool
    problems: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Tip:
    """An item that is recommended, why, and the item that it goes with."""

    item_id: str
    kind: str
    because: str | None


@attrs.frozen(kw_only=True)
class SeenNotification:
    """A notification of a person: its kind, and the id of what it is about."""

    notification_id: str
    kind: str
    subject: str
    title: str
    is_read: bool


@attrs.frozen(kw_only=True)
class Picture:
    """A picture of an item, and the names of the sizes in which it is shown: none until it is
    ready.
    """

    image_id: str
    variant_id: str | None
    status: str
    sizes: tuple[str, ...]
