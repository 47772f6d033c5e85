"""What a buyer sends to place an order, and brings back from paying elsewhere."""

from collections.abc import Mapping
from typing import Any, Final

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


_MOST: Final = 50
_LONGEST: Final = 8_192


def _bounded(_: object, _attribute: "attrs.Attribute[Any]", value: Mapping[str, str]) -> None:
    size = sum(len(name) + len(text) for name, text in value.items())
    if len(value) > _MOST or size > _LONGEST:
        raise ValueError(f"must have at most {_MOST} entries of {_LONGEST} characters in all")
    if any("\0" in name or "\0" in text for name, text in value.items()):
        raise ValueError("must not contain U+0000")


@attrs.frozen(kw_only=True)
class ReturnFromPayment:
    """What a gateway's page has handed to the buyer's browser: *parameters* of the address that it
    came back to. Only the gateway knows what they mean.
    """

    parameters: Mapping[str, str] = attrs.field(
        factory=dict[str, str],
        repr=False,
        validator=_bounded,
        metadata={
            "schema": {
                "type": "object",
                "description": "The query parameters that the buyer came back with.",
                "additionalProperties": {"type": "string"},
                "maxProperties": _MOST,
                "examples": [{"result": "approved"}],
            }
        },
    )
