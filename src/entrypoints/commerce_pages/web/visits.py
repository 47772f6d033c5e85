"""Who is at a page, and what they bring."""

from typing import Any
from urllib.parse import parse_qsl

import attrs

from commerce_core.accounts import Account, Origin, Role
from commerce_core.cart.service import Shopper, guest_id
from commerce_core.kernel.ids import BuyerId
from commerce_http.web.auth import device_token
from commerce_http.web.frame import headers_of
from commerce_http.web.origin import origin_of
from commerce_pages.web.forms import Form


@attrs.frozen(kw_only=True)
class Visit:
    """One request of a browser: its *caller* (``None``: a guest) with the *token* of the session,
    the token of a guest's cart, the form that was sent, and the *request* of one that brings a
    file.
    """

    scope: Any = attrs.field(repr=False)
    caller: Account | None = None
    token: str | None = attrs.field(default=None, repr=False)
    cart_token: str | None = attrs.field(default=None, repr=False)
    form: Form = attrs.field(factory=Form)
    request: Any = attrs.field(default=None, repr=False)

    @property
    def holder(self) -> Account:
        """The caller of a page that guests do not see."""
        assert self.caller is not None  # admission has looked
        return self.caller

    @property
    def origin(self) -> Origin:
        """Where the request comes from."""
        return Origin(address=origin_of(self.scope), device=device_token(headers_of(self.scope)))

    @property
    def shopper(self) -> Shopper | None:
        """Whose cart is meant; ``None``: a guest who has none yet."""
        guest = guest_id(self.cart_token) if self.cart_token else None
        if self.caller is not None and self.caller.role is Role.BUYER:
            return Shopper(
                buyer_id=BuyerId(self.caller.id), guest_id=guest, address=self.caller.address
            )
        return Shopper(buyer_id=guest) if guest else None

    @property
    def query(self) -> bytes:
        """The query of the address."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What stands in the query, of a page that takes whatever comes."""
        return parse_qsl(self.query.decode("latin-1"), errors="replace", max_num_fields=100)

    def going_on(self, cursor: str | None) -> list[tuple[str, str]] | None:
        """The query of the next page of a list, which begins at *cursor*; ``None``: this was the
        last one.
        """
        if cursor is None:
            return None
        given = [(name, text) for name, text in self.pairs if text and name != "cursor"]
        return [*given, ("cursor", cursor)]

    def named(self, name: str) -> str:
        """What stands in the place of *name* in the path."""
        return str(self.scope["path_params"][name])
