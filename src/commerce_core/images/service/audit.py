"""Whether every image that is shown has its files, and none waits for ever."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from commerce_core.images.errors import MediaUnavailable
from commerce_core.images.model import ImageStatus, ItemImage, Size
from commerce_core.images.ports import ImageRepository, Media
from commerce_core.images.service.process import ABANDONED_AFTER
from commerce_core.kernel.audit import Audit, Violation
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import ImageId
from commerce_core.kernel.transaction import Database

_PAGE: Final = 200
#: An image whose sizes are not made after so long is stuck.
_LONGEST_WAIT: Final = timedelta(hours=1)


class ImageAudit(Audit):
    """L12, over the images of a shop and, with no transaction open, its media store."""

    def __init__(
        self, database: Database, images: ImageRepository, media: Media | None, clock: Clock
    ) -> None:
        self._db = database
        self._images = images
        self._media = media
        self._clock = clock

    def violations(self) -> Iterator[Violation]:
        page = self._page(None)
        while page:
            now = self._clock.now()
            missing = self._missing([key for image in page for key in _shown(image)])
            for image in page:
                for detail in _problems(image, missing, now):
                    yield Violation(invariant="L12", subject=f"image {image.id}", detail=detail)
            page = self._page(page[-1].id)

    def _page(self, after: ImageId | None) -> Sequence[ItemImage]:
        with self._db.snapshot() as tx:
            return self._images.page(tx, after, _PAGE)

    def _missing(self, keys: Sequence[str]) -> dict[str, str]:
        """What is wrong with those of *keys* that cannot be shown."""
        if self._media is None or not keys:
            return {}
        try:
            return dict.fromkeys(self._media.store.missing(keys), "is missing")
        except MediaUnavailable:
            return dict.fromkeys(keys, "cannot be checked: the media store does not answer")


def _shown(image: ItemImage) -> Sequence[str]:
    """Where its files lie; sizes of one content share theirs."""
    if image.status is not ImageStatus.READY:
        return []
    return [key for key in dict.fromkeys(image.keys) if key != image.incoming_key]


def _problems(image: ItemImage, missing: dict[str, str], now: datetime) -> Iterator[str]:
    waits = {
        ImageStatus.PROCESSING: _LONGEST_WAIT,
        ImageStatus.RECEIVING: ABANDONED_AFTER + _LONGEST_WAIT,
    }
    if now - image.created_at > waits.get(image.status, timedelta.max):
        yield f"{image.status.value} since {image.created_at:%Y-%m-%d %H:%M}"
    if image.status is ImageStatus.READY:
        made = {rendition.size for rendition in image.renditions}
        if lacking := [size.value for size in Size if size not in made]:
            yield f"it is ready without these sizes: {', '.join(lacking)}"
        for key in _shown(image):
            if key in missing:
                yield f"its file {key} {missing[key]}"
