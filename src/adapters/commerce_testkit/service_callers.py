"""Who calls the services of a shop in memory, and how what they say is read: as an entrypoint does
it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from commerce_core.accounts import Account, ChangeAccount, Role, SessionUnknown
from commerce_core.cart.service import Shopper, guest_id
from commerce_core.catalog import ItemPatch
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import CommerceError, Invalid
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.recommendations.service.recommend import Audience
from commerce_testkit.memory.shop import MemoryShop
from commerce_testkit.shop import Refused, Visitor

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="ServiceCallers")

_MOMENT: Final = timedelta(milliseconds=1)


class ServiceCallers:
    """The people around *shop*: whether they are known, and what they may do."""

    def __init__(self, shop: MemoryShop) -> None:
        self._shop = shop
        self._currency = shop.parts.currency
        self.clock = shop.clock

    def _read(self, data: Mapping[str, Any], kind: type[R]) -> R:
        """*data* as a request that says it would be read; what is ``None`` was not said, but where
        an account or item may be emptied.
        """
        said = (
            data
            if kind in (ChangeAccount, ItemPatch)
            else {name: value for name, value in data.items() if value is not None}
        )
        return reader(self._currency).read(json.loads(json.dumps(said), parse_float=Decimal), kind)

    def _account(self, who: Visitor) -> Account:
        if who.token is None:
            raise Refused("unauthenticated")
        try:
            return self._shop.accounts.authenticate(who.token)
        except SessionUnknown as error:
            raise Refused(error.code) from error

    def _caller(self, who: Visitor, role: Role) -> Account:
        account = self._account(who)
        if account.role is not role:
            raise Refused("forbidden")
        return account

    def _buyer(self, who: Visitor) -> BuyerId:
        return BuyerId(self._caller(who, Role.BUYER).id)

    def _audience(self, who: Visitor) -> Audience:
        if who.token is None:
            return Audience(cart_of=guest_id(who.cart_token) if who.cart_token else None)
        account = self._caller(who, Role.BUYER)
        buyer = BuyerId(account.id)
        return Audience(buyer=buyer, cart_of=buyer, personalised=account.personalised)

    def _seller(self, who: Visitor) -> SellerId:
        return SellerId(self._caller(who, Role.SELLER).id)

    def _shopper(self, who: Visitor) -> Shopper:
        """A guest gets a token at the first visit; a logged-in buyer who still sends one takes that
        cart over.
        """
        if who.token is None:
            who.cart_token = who.cart_token or f"guest-{self._shop.parts.ids.new()}"
            return Shopper(buyer_id=guest_id(who.cart_token))
        buyer = self._caller(who, Role.BUYER)
        guest = guest_id(who.cart_token) if who.cart_token else None
        return Shopper(buyer_id=BuyerId(buyer.id), guest_id=guest, address=buyer.address)


def refusing(
    act: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], R]:
    """*act*, which takes a moment, and whose errors become the refusals of the
    features.
    """

    @wraps(act)
    def wrapped(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        self.clock.advance(_MOMENT)
        try:
            return act(self, *args, **kwargs)
        except CommerceError as error:
            fields = [p.pointer for p in error.problems] if isinstance(error, Invalid) else []
            raise Refused(error.code, error.facts, fields, error.detail) from error

    return wrapped
