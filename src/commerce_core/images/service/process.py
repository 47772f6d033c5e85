"""Making the sizes of images that have come in, and forgetting the files of those that are gone."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.images.errors import ImageTooLarge, UnreadableImage
from commerce_core.images.model import (
    ImageStatus,
    ItemImage,
    MadeImage,
    Rendition,
    public_key,
)
from commerce_core.images.ports import ImageRepository, Media, MediaStore
from commerce_core.images.service.listing import ImageListing, again_if_stale
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database

_LEASE: Final = timedelta(minutes=2)
#: A process that dies over an image is not to die over it for ever.
_MOST_ATTEMPTS: Final = 5
#: The files of a deleted image are kept for so long: pages and mails still show them.
KEPT_AFTER_DELETION: Final = timedelta(days=1)
#: An image whose bytes have not come in by then, or that was refused, is forgotten.
ABANDONED_AFTER: Final = timedelta(hours=6)
_SHOWN_AS: Final = "image/webp"


class ImageProcessing:
    """Makes the sizes of images, one image a turn. Any number of processes may take turns: each
    image has a lease, and what one leaves undone the next one does again.
    """

    def __init__(
        self,
        database: Database,
        images: ImageRepository,
        media: Media | None,
        listing: ImageListing,
        clock: Clock,
    ) -> None:
        self._db = database
        self._images = images
        self._media = media
        self._listing = listing
        self._clock = clock

    def run_once(self) -> int:
        """Process one image; how many were, 0: none waits.

        Raises:
            MediaUnavailable: the store does not answer; the image is taken up again.
        """
        if self._media is None:
            return 0
        with self._db.begin() as tx:
            now = self._clock.now()
            image = self._images.claim(tx, now, now + _LEASE)
            tx.commit()
        if image is None:
            return 0
        if image.attempts > _MOST_ATTEMPTS:
            self._refuse(image, "it could not be processed")
        else:
            self._process(image, self._media)
        return 1

    def forget(self, limit: int) -> int:
        """Delete the files of up to *limit* images that were deleted a day ago, refused, or whose
        bytes never came in, and forget the images; how many.

        Raises:
            MediaUnavailable: the store does not answer; they are taken up again.
        """
        if self._media is None:
            return 0
        now = self._clock.now()
        with self._db.snapshot() as tx:
            deleted, abandoned = now - KEPT_AFTER_DELETION, now - ABANDONED_AFTER
            old = self._images.expired(tx, deleted, abandoned, limit)
        if not old:
            return 0
        self._media.store.delete([key for image in old for key in image.keys])
        with self._db.begin() as tx:
            self._images.drop(tx, [image.id for image in old])
            tx.commit()
        return len(old)

    def waiting(self) -> Mapping[str, int]:
        """How many images are not ready yet, by status."""
        with self._db.snapshot() as tx:
            return self._images.counts(tx)

    def _process(self, image: ItemImage, media: Media) -> None:
        """Make the files of an image and show it. Each step may be the last one of this process:

        names are written down before there are files of them, so that no file is lost sight of; and
        what came in, with all that a camera wrote, goes before the image is shown.
        """
        data = media.store.get(image.incoming_key)
        if data is None:
            # Whoever deleted it had written every file.
            self._show(image) if image.renditions else self._refuse(image, "its bytes are gone")
            return
        try:
            made = media.processor.make(data)
        except (UnreadableImage, ImageTooLarge) as error:
            self._refuse(image, error.detail)
            return
        named = attrs.evolve(
            image, renditions=_renditions(image, made), media_type=made.media_type,
            width=made.width, height=made.height,
        )  # fmt: skip
        if self._is_noted(named):
            _keep(media.store, named, made)
            outdated = set(image.keys) - set(named.keys)
            media.store.delete([named.incoming_key, *sorted(outdated)])
            self._show(named)

    def _is_noted(self, named: ItemImage) -> bool:
        """Write down what the files of an image are going to be called; whether it is wanted."""
        with self._db.begin() as tx:
            saved = self._images.save(tx, named, self._clock.now() + _LEASE)
            tx.commit()
        return saved

    def _show(self, named: ItemImage) -> None:
        """Write that an image is ready and list it, if it is still wanted."""
        ready = attrs.evolve(named, status=ImageStatus.READY)

        def work() -> None:
            with self._db.begin() as tx:
                if self._images.save(tx, ready):
                    self._listing.add(tx, ready, self._clock.now())
                    tx.commit()

        again_if_stale(work)

    def _refuse(self, image: ItemImage, problem: str) -> None:
        refused = attrs.evolve(image, status=ImageStatus.REFUSED, slot=None, problem=problem)
        with self._db.begin() as tx:
            self._images.save(tx, refused)
            tx.commit()


def _renditions(image: ItemImage, made: MadeImage) -> tuple[Rendition, ...]:
    return tuple(
        Rendition(size=size, name=rendition_name(image, data), width=width, height=height)
        for size, data, width, height in made.sizes
    )


def _keep(store: MediaStore, named: ItemImage, made: MadeImage) -> None:
    store.put(named.original_key, made.original, made.media_type)
    for rendition, (_, data, _, _) in zip(named.renditions, made.sizes, strict=True):
        store.put(public_key(rendition.name), data, _SHOWN_AS)


def rendition_name(image: ItemImage, data: bytes) -> str:
    """What a file is called: the SHA-256 of the image's id and the content. Other content has
    another name, so that it may be cached for ever, and no two images share a file, so that it can
    go with its image.
    """
    return f"{hashlib.sha256(image.id.encode() + data).hexdigest()}.webp"
