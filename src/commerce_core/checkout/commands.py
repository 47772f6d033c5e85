"""What a buyer sends to place an order."""

from collections.abc import Mapping
from typing import Any

import attrs

from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import CartId
from commerce_core.kernel.metadata import SCHEMA, bounded_metadata
from commerce_core.kernel.money import Money
from commerce_core.payment import PaymentInfo


@attrs.frozen(kw_only=True)
class PlaceOrder:
    """Check out cart *cart_id* for *amount*, the total that the buyer saw.

    Without *shipping_address* the account's own is used; with *cart_version* any other version is
    refused. Only an amount of 0 needs no *payment_info*. The order has the cart's metadata, or
    *metadata* in its place.
    """

    cart_id: CartId
    amount: Money
    payment_info: PaymentInfo | None = None
    shipping_address: Address | None = None
    cart_version: int | None = None
    metadata: Mapping[str, Any] | None = attrs.field(
        default=None, validator=bounded_metadata, metadata=SCHEMA
    )
