"""The addresses of images in the items that show them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias, TypeVar

from commerce_core.images.model import ItemImage, Rendition, Size
from commerce_core.kernel.errors import StaleVersion
from commerce_core.kernel.ids import ItemId
from commerce_core.kernel.transaction import Transaction

R = TypeVar("R")
Addresses: TypeAlias = tuple[str, ...]
#: Changes what an item, or its variant, lists; raises StaleVersion if it was changed meanwhile.
ChangeImages: TypeAlias = Callable[
    [Transaction, ItemId, str, Callable[[Addresses], Addresses], datetime], None
]

#: Where the shop itself shows images.
MEDIA_PATH: Final = "/media/"
#: Addresses that an item or a variant may list.
_MOST_LISTED: Final = 50
_TRIES: Final = 5


class ImageListing:
    """Lists the address of the large size among the images of its item or variant.

    Args:
        change: changes what items list.
        address: what addresses begin with, e.g. of the host that caches them; empty: the shop's
            own :data:`MEDIA_PATH`.
    """

    def __init__(self, change: ChangeImages, address: str = "") -> None:
        self._change = change
        self._address = f"{address.rstrip('/')}/" if address else MEDIA_PATH

    def address_of(self, shown: Rendition) -> str:
        """Where an image is shown in one size."""
        return f"{self._address}{shown.name}"

    def add(self, tx: Transaction, image: ItemImage, now: datetime) -> None:
        """List *image* last. Idempotent.

        Raises:
            StaleVersion: the item was changed meanwhile; the caller rolls back.
        """
        if large := image.rendition(Size.LARGE):
            address = self.address_of(large)

            def with_it(listed: Addresses) -> Addresses:
                known = address in listed or len(listed) >= _MOST_LISTED
                return listed if known else (*listed, address)

            self._change(tx, image.item_id, image.variant_id, with_it, now)

    def remove(self, tx: Transaction, image: ItemImage, now: datetime) -> None:
        """List *image* no more. Idempotent.

        Raises:
            StaleVersion: the item was changed meanwhile; the caller rolls back.
        """
        if large := image.rendition(Size.LARGE):
            address = self.address_of(large)

            def without_it(listed: Addresses) -> Addresses:
                return tuple(a for a in listed if a != address)

            self._change(tx, image.item_id, image.variant_id, without_it, now)


def again_if_stale(work: Callable[[], R]) -> R:
    """What *work* returns, one whole transaction; done again when a seller was quicker to change
    the item.

    Raises:
        StaleVersion: sellers were quicker five times in a row.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except StaleVersion:
            continue
    return work()
