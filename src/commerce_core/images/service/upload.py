"""Images as sellers and buyers meet them: uploaded, listed, shown, deleted."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import attrs

from commerce_core.catalog import Item, ItemNotFound, ItemRepository
from commerce_core.images.errors import ImageNotFound, NoMediaStore, TooManyImages
from commerce_core.images.model import (
    MOST_OF_A_VARIANT,
    ImageFacts,
    ImageStatus,
    ItemImage,
    Rendition,
    public_key,
)
from commerce_core.images.ports import ImageRepository, Media
from commerce_core.images.service.listing import ImageListing, again_if_stale
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import IdFactory, ImageId, ItemId, SellerId, is_id
from commerce_core.kernel.transaction import Database, Transaction, retry_transaction

#: Bytes of the longest image that is taken.
LONGEST_IMAGE: Final = 10_000_000
#: The names that are given out, as :func:`rendition_name` makes them.
_NAME: Final = re.compile(r"[0-9a-f]{64}\.webp")


class Images:
    """What sellers do with the images of their items, and what anyone may see of them.

    Args:
        media: ``None``: this shop keeps no images.
    """

    def __init__(
        self,
        database: Database,
        items: ItemRepository,
        images: ImageRepository,
        media: Media | None,
        listing: ImageListing,
        clock: Clock,
        ids: IdFactory,
    ) -> None:
        self._db = database
        self._items = items
        self._images = images
        self._media = media
        self._listing = listing
        self._clock = clock
        self._ids = ids

    def add(
        self, seller_id: SellerId, item_id: str, variant_id: str | None, data: bytes
    ) -> ItemImage:
        """Take an image of the seller's own item, to be shown once its sizes are made. Idempotent:
        the same bytes again are the image that they have become.

        Raises:
            ItemNotFound: no such item, or another seller's.
            Invalid: the item has no such variant.
            UnreadableImage, ImageTooLarge, TooManyImages: nothing was kept.
            MediaUnavailable, NoMediaStore: nothing was kept.
        """
        media = self._open()
        facts = media.processor.inspect(data)
        digest = hashlib.sha256(data).hexdigest()
        new_id = ImageId(self._ids.new())
        image = retry_transaction(
            self._db,
            lambda: self._write_down(seller_id, item_id, variant_id or "", new_id, digest, facts),
        )
        if image.status is not ImageStatus.RECEIVING:
            return image
        media.store.put(image.incoming_key, data, facts.media_type)
        received = attrs.evolve(image, status=ImageStatus.PROCESSING)
        with self._db.begin() as tx:
            # Where its fence has moved on somebody else has received the same bytes meanwhile.
            self._images.save(tx, received)
            tx.commit()
        return received

    def of_item(self, item_id: str, viewer: SellerId | None = None) -> Sequence[ItemImage]:
        """The images of an item on sale that are ready; its seller sees all of them, whatever its
        status. By variant and place.

        Raises:
            ItemNotFound: no such item, or not for *viewer*.
        """
        with self._db.snapshot() as tx:
            item = self._item(tx, item_id)
            if not item.on_sale and item.seller_id != viewer:
                raise ItemNotFound("there is no such item")
            found = self._images.of_items(tx, [item.id])
        own = item.seller_id == viewer
        return [image for image in found if own or image.status is ImageStatus.READY]

    def details(self, item_id: str, image_id: str, viewer: SellerId | None = None) -> ItemImage:
        """One image of :meth:`of_item`.

        Raises:
            ItemNotFound, ImageNotFound: it is not to be seen.
        """
        for image in self.of_item(item_id, viewer):
            if image.id == image_id:
                return image
        raise ImageNotFound("there is no such image")

    def delete(self, seller_id: SellerId, item_id: str, image_id: str) -> None:
        """Take an image off the seller's own item. Its files go after a day. Idempotent.

        Raises:
            ItemNotFound: no such item, or another seller's.
            ImageNotFound: the item never had such an image.
        """
        again_if_stale(
            lambda: retry_transaction(self._db, lambda: self._delete(seller_id, item_id, image_id))
        )

    def file(self, name: str) -> bytes:
        """The content of a file that is shown: WebP.

        Raises:
            ImageNotFound: there is none of this name.
            MediaUnavailable, NoMediaStore: it cannot be had now.
        """
        found = self._open().store.get(public_key(name)) if _NAME.fullmatch(name) else None
        if found is None:
            raise ImageNotFound("there is no such image")
        return found

    def address_of(self, shown: Rendition) -> str:
        """Where an image is shown in one size."""
        return self._listing.address_of(shown)

    def _open(self) -> Media:
        if self._media is None:
            raise NoMediaStore("this shop keeps no images")
        return self._media

    def _write_down(
        self,
        seller_id: SellerId,
        item_id: str,
        variant_id: str,
        new_id: ImageId,
        digest: str,
        facts: ImageFacts,
    ) -> ItemImage:
        with self._db.begin() as tx:
            item = self._own(tx, seller_id, item_id)
            if variant_id and item.variant(variant_id) is None:
                raise Invalid.at("/variantId", "names no variant of this item")
            shown = [i for i in self._images.of_items(tx, [item.id]) if i.variant_id == variant_id]
            for known in shown:
                if known.digest == digest and known.slot is not None:
                    return known
            taken = {i.slot for i in shown if i.slot is not None}
            for slot in sorted(set(range(MOST_OF_A_VARIANT)) - taken):
                image = ItemImage(
                    id=new_id, item_id=item.id, seller_id=seller_id, variant_id=variant_id,
                    slot=slot, digest=digest, media_type=facts.media_type, width=facts.width,
                    height=facts.height, created_at=self._clock.now(),
                )  # fmt: skip
                if self._images.insert(tx, image):
                    tx.commit()
                    return image
        raise TooManyImages(f"at most {MOST_OF_A_VARIANT} images are taken of one variant")

    def _delete(self, seller_id: SellerId, item_id: str, image_id: str) -> None:
        with self._db.begin() as tx:
            item = self._own(tx, seller_id, item_id)
            image = self._images.load(tx, ImageId(image_id)) if is_id(image_id) else None
            if image is None or image.item_id != item.id:
                raise ImageNotFound("there is no such image")
            now = self._clock.now()
            if gone := self._images.delete(tx, image.id, now):
                self._listing.remove(tx, gone, now)
            tx.commit()

    def _own(self, tx: Transaction, seller_id: SellerId, item_id: str) -> Item:
        item = self._item(tx, item_id)
        if item.seller_id != seller_id:
            raise ItemNotFound("there is no such item")
        return item

    def _item(self, tx: Transaction, item_id: str) -> Item:
        known = [ItemId(item_id)] if is_id(item_id) else []
        item = self._items.load(tx, known).get(ItemId(item_id))
        if item is None:
            raise ItemNotFound("there is no such item")
        return item
