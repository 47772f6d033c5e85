"""What images tell of the seller who uploaded them."""

from collections.abc import Mapping
from typing import Any

from commerce_core.catalog import ItemRepository
from commerce_core.images.model import ItemImage
from commerce_core.images.ports import ImageRepository
from commerce_core.images.service.listing import ImageListing
from commerce_core.images.service.process import KEPT_AFTER_DELETION
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Conflict
from commerce_core.kernel.ids import ItemId, SellerId
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Transaction


class ImageData(PersonalData):
    """A seller's images, by item, whether they are shown, wait, or were refused. No book needs
    them: erased they are taken off their items, and their files go with the next cleaning, not
    after a day.
    """

    def __init__(
        self, items: ItemRepository, images: ImageRepository, listing: ImageListing, clock: Clock
    ) -> None:
        self._items = items
        self._images = images
        self._listing = listing
        self._clock = clock

    @property
    def name(self) -> str:
        return "images"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        items, more = self._page(tx, user_id, after, limit)
        return Excerpt(
            records=[self._record(image) for image in self._images.of_items(tx, items)], after=more
        )

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        items, more = self._page(tx, user_id, after, limit)
        now = self._clock.now()
        for image in self._images.of_items(tx, items):
            if gone := self._images.delete(tx, image.id, now - KEPT_AFTER_DELETION):
                self._listing.remove(tx, gone, now)
        return more

    def _page(
        self, tx: Transaction, user_id: str, after: str | None, limit: int
    ) -> tuple[list[ItemId], ItemId | None]:
        behind = ItemId(after) if after is not None else None
        found = [item.id for item in self._items.page(tx, SellerId(user_id), behind, limit)]
        return found, found[-1] if len(found) == limit else None

    def _record(self, image: ItemImage) -> Mapping[str, Any]:
        return {
            "imageId": image.id,
            "itemId": image.item_id,
            "variantId": image.variant_id or None,
            "status": image.status.value,
            "mediaType": image.media_type,
            "width": image.width,
            "height": image.height,
            "createdAt": image.created_at.isoformat(),
            "addresses": [self._listing.address_of(shown) for shown in image.shown],
        }
