"""What every repository of images and every media store promises."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest

from commerce_core.images import (
    ImageProcessor,
    ImageRepository,
    ImageStatus,
    ItemImage,
    MediaStore,
    Rendition,
    Size,
    UnreadableImage,
)
from commerce_core.kernel.ids import ImageId, ItemId, SellerId
from commerce_core.kernel.transaction import Database

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
LATER: Final = AT + timedelta(seconds=30)
LAMP: Final = ItemId("item-lamp")
FULL: Final = ItemImage(
    id=ImageId("image-1"), item_id=LAMP, seller_id=SellerId("ada"), variant_id="red", slot=0,
    status=ImageStatus.READY, digest="d" * 64, media_type="image/png", width=1_200, height=800,
    renditions=(
        Rendition(size=Size.SMALL, name="a.webp", width=160, height=107),
        Rendition(size=Size.LARGE, name="b.webp", width=1_200, height=800),
    ),
    created_at=AT, fence=3, attempts=2,
)  # fmt: skip

FULL_9: Final = attrs.evolve(FULL, id=ImageId("image-9"))


def an_image(number: int, **others: Any) -> ItemImage:
    """An image of the lamp as a whole, in the slot *number*, that waits to be processed."""
    given = {
        "id": ImageId(f"image-{number}"), "variant_id": "", "slot": number, "renditions": (),
        "status": ImageStatus.PROCESSING, "fence": 0, "attempts": 0,
        "created_at": AT + timedelta(seconds=number),
    }  # fmt: skip
    return attrs.evolve(FULL, **{**given, **others})


class ImageRepositoryContract:
    """Give ``database`` and ``images``."""

    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database."""

    @pytest.fixture
    @abstractmethod
    def images(self) -> ImageRepository:
        """The repository to examine."""

    def test_an_image_comes_back_as_it_was_written(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            assert images.insert(tx, FULL)
            assert images.load(tx, FULL.id) == FULL
            assert images.load(tx, ImageId("nothing")) is None

    def test_a_slot_of_a_variant_is_given_once(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            assert images.insert(tx, an_image(1))
            assert not images.insert(tx, an_image(2, slot=1))
            assert images.insert(tx, an_image(3, slot=1, variant_id="blue"))
            assert images.insert(tx, an_image(4, slot=1, item_id=ItemId("item-chair")))
            assert images.load(tx, ImageId("image-2")) is None

    def test_images_without_a_slot_are_in_nobodys_way(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            assert images.insert(tx, an_image(1, slot=None))
            assert images.insert(tx, an_image(2, slot=None))
            assert [i.id for i in images.of_items(tx, [LAMP])] == ["image-1", "image-2"]

    def test_the_images_of_an_item_are_listed_by_variant_and_slot_without_the_deleted(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            for image in (
                an_image(5, slot=None),
                an_image(4, slot=0, variant_id="red"),
                an_image(3, slot=2),
                an_image(2, slot=10),
                an_image(1, slot=0, item_id=ItemId("item-chair")),
                an_image(0, slot=5),
            ):
                images.insert(tx, image)
            images.delete(tx, ImageId("image-0"), LATER)
            found = [i.id for i in images.of_items(tx, [LAMP])]
            both = [i.id for i in images.of_items(tx, [LAMP, ItemId("item-chair")])]
            assert images.of_items(tx, []) == []
        assert found == ["image-3", "image-2", "image-5", "image-4"]
        assert both == ["image-1", *found]

    def test_only_the_newest_fence_saves(self, database: Database, images: ImageRepository) -> None:
        with database.begin() as tx:
            images.insert(tx, an_image(1))
            taken = images.claim(tx, AT, LATER)
            assert taken is not None
            late = attrs.evolve(taken, fence=taken.fence - 1, status=ImageStatus.REFUSED)
            assert not images.save(tx, late)
            ready = attrs.evolve(
                taken, status=ImageStatus.READY, renditions=FULL.renditions, width=7, height=8,
                media_type="image/avif", slot=3,
            )  # fmt: skip
            assert images.save(tx, ready)
            assert images.load(tx, taken.id) == ready
            assert not images.save(tx, an_image(9))

    def test_the_oldest_that_waits_is_claimed_once_while_its_lease_lasts(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            for image in (
                an_image(0, status=ImageStatus.RECEIVING),
                an_image(1, status=ImageStatus.READY),
                an_image(3),
                an_image(2),
            ):
                images.insert(tx, image)
            first = images.claim(tx, AT, LATER)
            second = images.claim(tx, AT, LATER)
            assert first is not None
            assert second is not None
            assert (first.id, first.fence, first.attempts) == ("image-2", 1, 1)
            assert second.id == "image-3"
            assert images.claim(tx, LATER, LATER + (LATER - AT)) is None
            over = LATER + timedelta(microseconds=1)
            again = images.claim(tx, over, over + (LATER - AT))
        assert again is not None
        assert (again.id, again.fence, again.attempts) == ("image-2", 2, 2)

    def test_a_deleted_image_frees_its_slot_and_is_processed_no_more(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            images.insert(tx, an_image(1))
            taken = images.claim(tx, AT, LATER)
            gone = images.delete(tx, ImageId("image-1"), LATER)
            assert taken is not None
            assert gone is not None
            assert (gone.slot, gone.deleted_at, gone.fence) == (None, LATER, taken.fence + 1)
            assert not images.save(tx, taken)
            assert images.insert(tx, an_image(2, slot=1, status=ImageStatus.READY))
            assert images.claim(tx, LATER, LATER + timedelta(seconds=30)) is None
            assert images.delete(tx, ImageId("image-1"), LATER + timedelta(days=1)) is None
            assert images.delete(tx, ImageId("nothing"), LATER) is None

    def test_what_nobody_needs_is_found_and_forgotten_and_nothing_else(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            for image in (
                an_image(1, status=ImageStatus.RECEIVING),
                an_image(2, status=ImageStatus.REFUSED, slot=None),
                an_image(3, status=ImageStatus.READY),
                an_image(4),
                an_image(5),
                an_image(6, status=ImageStatus.RECEIVING, created_at=LATER),
            ):
                images.insert(tx, image)
            images.delete(tx, ImageId("image-4"), LATER)
            images.delete(tx, ImageId("image-5"), AT)
            old = images.expired(tx, LATER, LATER, 10)
            assert [image.id for image in old] == ["image-1", "image-2", "image-5"]
            assert len(images.expired(tx, LATER, LATER, 2)) == 2
            images.drop(tx, [*(image.id for image in old), ImageId("image-3")])
            images.drop(tx, [])
            assert images.load(tx, ImageId("image-3")) is not None
            assert images.expired(tx, LATER, LATER, 10) == []

    def test_all_that_are_not_deleted_are_read_page_by_page(
        self, database: Database, images: ImageRepository
    ) -> None:
        with database.begin() as tx:
            assert images.page(tx, None, 9) == []
            for image in (an_image(3), an_image(1, status=ImageStatus.READY), an_image(2), FULL_9):
                images.insert(tx, image)
            images.delete(tx, ImageId("image-2"), LATER)
            first = images.page(tx, None, 2)
            assert [image.id for image in first] == ["image-1", "image-3"]
            assert images.page(tx, first[-1].id, 2) == [FULL_9]

    def test_those_that_wait_are_counted(self, database: Database, images: ImageRepository) -> None:
        with database.begin() as tx:
            assert dict(images.counts(tx)) == {}
            for number in (1, 2):
                images.insert(tx, an_image(number))
            images.insert(tx, an_image(3, status=ImageStatus.RECEIVING))
            images.insert(tx, an_image(4, status=ImageStatus.READY))
            assert dict(images.counts(tx)) == {"processing": 2, "receiving": 1}


class ImageProcessorContract:
    """Give ``processor``, and ``image``: one that it takes, with its media type."""

    @pytest.fixture
    @abstractmethod
    def processor(self) -> ImageProcessor:
        """The processor to examine."""

    @pytest.fixture
    @abstractmethod
    def image(self) -> tuple[bytes, str]:
        """An image, and its media type."""

    def test_an_image_is_known_and_made_in_every_size(
        self, processor: ImageProcessor, image: tuple[bytes, str]
    ) -> None:
        content, media_type = image
        facts, made = processor.inspect(content), processor.make(content)
        assert facts.media_type == made.media_type == media_type
        assert (facts.width, facts.height) == (made.width, made.height)
        assert [size for size, _, _, _ in made.sizes] == [*Size]
        for size, data, width, height in made.sizes:
            assert data
            assert 0 < max(width, height) <= min(size.pixels, max(made.width, made.height))

    @pytest.mark.parametrize("content", [b"", b"Dear Sir", b"<svg/>", bytes(1_000)])
    def test_what_is_no_image_is_refused(self, processor: ImageProcessor, content: bytes) -> None:
        with pytest.raises(UnreadableImage):
            processor.inspect(content)
        with pytest.raises(UnreadableImage):
            processor.make(content)


class MediaStoreContract:
    """Give ``store``, with nothing in it."""

    @pytest.fixture
    @abstractmethod
    def store(self) -> MediaStore:
        """The store to examine."""

    def test_bytes_come_back_as_they_were_kept(self, store: MediaStore) -> None:
        content = bytes(range(256)) * 4_096
        store.put("public/a.webp", content, "image/webp")
        store.put("incoming/empty", b"", "image/png")
        assert store.get("public/a.webp") == content
        assert store.get("incoming/empty") == b""

    def test_what_is_kept_twice_is_what_was_kept_last(self, store: MediaStore) -> None:
        store.put("original/a", b"long before", "image/png")
        store.put("original/a", b"now", "image/png")
        assert store.get("original/a") == b"now"

    def test_what_is_not_there_is_nothing(self, store: MediaStore) -> None:
        store.put("public/a.webp", b"a", "image/webp")
        assert store.get("public/b.webp") is None

    def test_what_is_missing_is_named_in_the_order_of_the_question(self, store: MediaStore) -> None:
        store.put("public/a.webp", b"a", "image/webp")
        store.put("original/a", b"", "image/webp")
        keys = ["public/b.webp", "public/a.webp", "original/b", "original/a"]
        assert store.missing(keys) == ["public/b.webp", "original/b"]
        assert store.missing([]) == []

    def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, store: MediaStore) -> None:
        for name in ("a", "b", "c"):
            store.put(f"public/{name}", name.encode(), "image/webp")
        store.delete(["public/a", "public/never", "public/b"])
        store.delete(["public/a"])
        store.delete([])
        assert [store.get(f"public/{name}") for name in ("a", "b", "c")] == [None, None, b"c"]
