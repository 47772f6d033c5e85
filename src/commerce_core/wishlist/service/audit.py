"""Whether wishlists are counted right, stay within their bound, and belong to somebody."""

from collections.abc import Iterator, Sequence
from typing import Final

from commerce_core.accounts import AccountRepository
from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.ids import AccountId, BuyerId
from commerce_core.kernel.transaction import Database
from commerce_core.wishlist.model import MOST_ENTRIES, WishlistCount
from commerce_core.wishlist.ports import WishlistRepository

_PAGE: Final = 500


class WishlistAudit(Audit):
    """S19 and, of wishlists whose holders have closed their accounts, L13."""

    def __init__(
        self, database: Database, repo: WishlistRepository, accounts: AccountRepository
    ) -> None:
        self._db = database
        self._repo = repo
        self._accounts = accounts

    def violations(self) -> Iterator[Violation]:
        page, closed = self._page(None)
        while page:
            for count in page:
                if count.buyer_id in closed and count.entries:
                    detail = f"{count.entries} entries, and its holder's account is closed"
                    yield _of(count, "L13", detail)
                if count.entries != count.counted:
                    detail = f"{count.entries} entries, and {count.counted} are counted"
                    yield _of(count, "S19", detail)
                elif count.entries > MOST_ENTRIES:
                    yield _of(count, "S19", f"{count.entries} entries: more than it may have")
            page, closed = self._page(page[-1].buyer_id)

    def _page(self, after: BuyerId | None) -> tuple[Sequence[WishlistCount], set[str]]:
        with self._db.snapshot() as tx:
            page = self._repo.counts(tx, after, _PAGE)
            return page, {*self._accounts.closed(tx, [AccountId(c.buyer_id) for c in page])}


def _of(count: WishlistCount, invariant: str, detail: str) -> Violation:
    return Violation(invariant=invariant, subject=f"wishlist of {count.buyer_id}", detail=detail)
