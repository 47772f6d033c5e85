"""What becomes of images that sellers upload, in a shop in memory."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest

from commerce_core.assembly import Parts
from commerce_core.catalog import ItemNotFound, ItemPatch, NewItem, NewVariant
from commerce_core.images import (
    ImageFacts,
    ImageNotFound,
    ImageProcessor,
    ImageStatus,
    ItemImage,
    MadeImage,
    Media,
    MediaUnavailable,
    NoMediaStore,
    Size,
    TooManyImages,
    UnreadableImage,
)
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.money import Money
from commerce_testkit.memory.images import MemoryMediaStore
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop

ADA = SellerId("ada")
BOB = SellerId("bob")
DAY = timedelta(days=1)


class Reader(ImageProcessor):
    """Takes anything that begins with *image*, but for what says that it is broken inside."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], Any] = lambda: None

    def inspect(self, data: bytes) -> ImageFacts:
        if not data.startswith(b"image"):
            raise UnreadableImage("no image")
        return ImageFacts(media_type="image/png", width=3, height=2)

    def make(self, data: bytes) -> MadeImage:
        self.meanwhile()
        if b"broken" in data:
            raise UnreadableImage("it is broken")
        sizes = tuple((size, data + size.encode(), 3, 2) for size in Size)
        return MadeImage(media_type="image/png", width=3, height=2, original=b"whole", sizes=sizes)


@attrs.frozen
class Studio:
    """A shop that keeps images."""

    shop: MemoryShop
    store: MemoryMediaStore
    reader: Reader

    def item(self, seller: SellerId = ADA, **said: Any) -> str:
        given = said or {"price": Money(1_000, "USD"), "quantity": 1}
        return self.shop.items.onboard(seller, NewItem(name="Lamp", **given)).item.id

    def shirt(self) -> str:
        forms = [NewVariant(variant_id=v, price=Money(500, "USD"), stock=1) for v in ("S", "M")]
        return self.item(variants=tuple(forms))

    def add(self, item_id: str, data: bytes = b"image", variant: str | None = None) -> ItemImage:
        return self.shop.images.add(ADA, item_id, variant, data)

    def process(self) -> None:
        while self.shop.image_processing.run_once():
            pass

    def listed(self, item_id: str) -> tuple[str, ...]:
        return self.shop.items.details(item_id, ADA).item.images

    def status(self, item_id: str) -> list[ImageStatus]:
        return [image.status for image in self.shop.images.of_item(item_id, ADA)]


@pytest.fixture
def studio() -> Studio:
    store, reader = MemoryMediaStore(), Reader()
    own = partial(Parts, media=Media(store=store, processor=reader))
    return Studio(memory_shop(MemoryParts(), own), store, reader)


def test_an_image_is_listed_once_its_sizes_are_made(studio: Studio) -> None:
    lamp = studio.item()
    image = studio.add(lamp)
    assert image.status is ImageStatus.PROCESSING
    assert studio.listed(lamp) == ()
    assert studio.shop.images.of_item(lamp) == []
    studio.process()
    (ready,) = studio.shop.images.of_item(lamp)
    assert [shown.size for shown in ready.renditions] == [*Size]
    large = ready.rendition(Size.LARGE)
    assert large is not None
    assert studio.listed(lamp) == (f"/media/{large.name}",)
    assert studio.shop.images.file(large.name) == b"imagelarge"


def test_the_bytes_that_came_in_go_and_the_whole_image_stays(studio: Studio) -> None:
    studio.add(studio.item())
    studio.process()
    kinds = sorted(key.partition("/")[0] for key in studio.store.kept)
    assert kinds == ["original", "public", "public", "public"]


def test_an_image_of_a_variant_is_listed_there(studio: Studio) -> None:
    shirt = studio.shirt()
    studio.add(shirt, variant="M")
    studio.process()
    item = studio.shop.items.details(shirt).item
    assert [len(v.images) for v in item.variants] == [0, 1]
    assert item.images == ()


def test_a_listed_image_is_what_carts_show(studio: Studio) -> None:
    lamp = studio.item()
    studio.add(lamp)
    studio.process()
    studio.shop.run_to_rest()
    with studio.shop.parts.database.snapshot() as tx:
        (offer,) = studio.shop.parts.offers.by_item(tx, [lamp])[lamp]
    assert offer.image == studio.listed(lamp)[0]


def test_the_same_bytes_again_are_the_same_image(studio: Studio) -> None:
    lamp = studio.item()
    first = studio.add(lamp)
    assert studio.add(lamp) == first
    studio.process()
    assert studio.add(lamp).status is ImageStatus.READY
    studio.process()
    assert len(studio.listed(lamp)) == 1
    assert studio.add(lamp, b"image, another").id != first.id


def test_the_same_bytes_of_two_items_share_no_file(studio: Studio) -> None:
    lamp, chair = studio.item(), studio.item()
    for item_id in (lamp, chair):
        studio.add(item_id)
    studio.process()
    (first,), (second,) = studio.listed(lamp), studio.listed(chair)
    assert first != second


def test_twelve_are_taken_of_a_variant_and_one_more_when_one_is_gone(studio: Studio) -> None:
    shirt = studio.shirt()
    images = [studio.add(shirt, b"image %d" % n, "S") for n in range(12)]
    with pytest.raises(TooManyImages):
        studio.add(shirt, b"image 12", "S")
    studio.add(shirt, b"image", "M")
    studio.add(shirt, b"image")
    studio.shop.images.delete(ADA, shirt, images[3].id)
    assert studio.add(shirt, b"image 12", "S").slot == 3


def test_what_is_no_image_is_not_kept(studio: Studio) -> None:
    lamp = studio.item()
    with pytest.raises(UnreadableImage):
        studio.add(lamp, b"<svg/>")
    assert studio.store.kept == {}
    assert studio.status(lamp) == []


def test_what_cannot_be_decoded_is_refused_and_gives_its_slot_back(studio: Studio) -> None:
    lamp = studio.item()
    for number in range(15):
        studio.add(lamp, b"image broken %d" % number)
        studio.process()
    found = studio.shop.images.of_item(lamp, ADA)
    assert {(i.status, i.problem, i.slot) for i in found} == {
        (ImageStatus.REFUSED, "it is broken", None)
    }
    assert studio.shop.images.of_item(lamp) == []
    assert studio.listed(lamp) == ()


def test_an_image_over_which_processes_die_is_refused_in_the_end(studio: Studio) -> None:
    lamp = studio.item()
    studio.add(lamp)

    def die() -> None:
        raise KeyboardInterrupt

    studio.reader.meanwhile = die
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            studio.shop.image_processing.run_once()
        assert studio.shop.image_processing.run_once() == 0, "its lease is not over"
        studio.shop.clock.advance(timedelta(minutes=3))
    studio.process()
    assert studio.status(lamp) == [ImageStatus.REFUSED]


def test_a_process_that_died_is_replaced_by_the_next(studio: Studio) -> None:
    lamp = studio.item()
    studio.add(lamp)

    def die() -> None:
        raise KeyboardInterrupt

    studio.reader.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        studio.shop.image_processing.run_once()
    studio.reader.meanwhile = lambda: None
    studio.shop.clock.advance(timedelta(minutes=3))
    studio.process()
    assert studio.status(lamp) == [ImageStatus.READY]


def test_an_image_that_is_deleted_while_its_sizes_are_made_leaves_nothing(studio: Studio) -> None:
    lamp = studio.item()
    image = studio.add(lamp)
    studio.reader.meanwhile = lambda: studio.shop.images.delete(ADA, lamp, image.id)
    studio.process()
    assert studio.listed(lamp) == ()
    studio.shop.clock.advance(DAY + timedelta(minutes=1))
    assert studio.shop.image_processing.forget(10) == 1
    assert studio.store.kept == {}


def test_a_change_of_the_item_meanwhile_is_not_lost(studio: Studio) -> None:
    lamp = studio.item()
    studio.add(lamp)
    before = studio.shop.items.details(lamp).item.version
    studio.reader.meanwhile = lambda: studio.shop.items.change(
        ADA, lamp, ItemPatch(name="Reading lamp"), before
    )
    studio.process()
    item = studio.shop.items.details(lamp).item
    assert (item.name, len(item.images)) == ("Reading lamp", 1)


def test_a_deleted_image_is_listed_no_more_and_its_files_go_after_a_day(studio: Studio) -> None:
    lamp = studio.item()
    image = studio.add(lamp)
    studio.process()
    name = studio.listed(lamp)[0].rpartition("/")[2]
    studio.shop.images.delete(ADA, lamp, image.id)
    studio.shop.images.delete(ADA, lamp, image.id)
    assert studio.listed(lamp) == ()
    assert studio.shop.images.of_item(lamp, ADA) == []
    studio.shop.clock.advance(DAY - timedelta(minutes=1))
    assert studio.shop.image_processing.forget(10) == 0
    assert studio.shop.images.file(name)
    studio.shop.clock.advance(timedelta(minutes=2))
    assert studio.shop.image_processing.forget(10) == 1
    assert studio.shop.image_processing.forget(10) == 0
    assert studio.store.kept == {}
    with pytest.raises(ImageNotFound):
        studio.shop.images.file(name)


def test_an_upload_that_was_broken_off_is_forgotten_after_six_hours(studio: Studio) -> None:
    class Away(MemoryMediaStore):
        def put(self, key: str, data: bytes, media_type: str) -> None:
            raise MediaUnavailable("away")

    own = partial(Parts, media=Media(store=Away(), processor=studio.reader))
    away = Studio(memory_shop(MemoryParts(), own), Away(), studio.reader)
    lamp = away.item()
    with pytest.raises(MediaUnavailable):
        away.add(lamp)
    assert away.status(lamp) == [ImageStatus.RECEIVING]
    away.shop.clock.advance(timedelta(hours=6, minutes=1))
    assert away.shop.image_processing.forget(10) == 1
    assert away.status(lamp) == []


def test_an_upload_that_was_broken_off_goes_on_with_the_same_bytes(studio: Studio) -> None:
    lamp = studio.item()
    put = studio.store.put

    def away(key: str, data: bytes, media_type: str) -> None:
        raise MediaUnavailable("away")

    studio.store.put = away  # type: ignore[method-assign]
    with pytest.raises(MediaUnavailable):
        studio.add(lamp)
    studio.store.put = put  # type: ignore[method-assign]
    studio.add(lamp)
    studio.process()
    assert studio.status(lamp) == [ImageStatus.READY]


def test_others_neither_upload_nor_delete_nor_see_what_is_not_ready(studio: Studio) -> None:
    lamp = studio.item()
    image = studio.add(lamp)
    with pytest.raises(ItemNotFound):
        studio.shop.images.add(BOB, lamp, None, b"image")
    with pytest.raises(ItemNotFound):
        studio.shop.images.delete(BOB, lamp, image.id)
    with pytest.raises(ImageNotFound):
        studio.shop.images.details(lamp, image.id, BOB)
    studio.shop.items.withdraw(ADA, lamp)
    with pytest.raises(ItemNotFound):
        studio.shop.images.of_item(lamp, BOB)
    assert studio.shop.images.details(lamp, image.id, ADA) == image


def test_an_image_is_deleted_under_its_own_item_alone(studio: Studio) -> None:
    lamp, chair = studio.item(), studio.item()
    image = studio.add(lamp)
    for image_id in (image.id, "nothing", "0" * 36):
        with pytest.raises(ImageNotFound):
            studio.shop.images.delete(ADA, chair, image_id)
    assert len(studio.shop.images.of_item(lamp, ADA)) == 1


def test_a_variant_that_is_not_there_is_refused(studio: Studio) -> None:
    with pytest.raises(Invalid, match="names no variant"):
        studio.add(studio.shirt(), variant="XL")


def test_names_that_were_not_given_out_reach_no_store(studio: Studio) -> None:
    studio.store.kept["public/../secret"] = b"secret"
    studio.store.kept["original/x"] = b"private"
    for name in ("../secret", "../original/x", "", "a.webp", "A" * 64 + ".webp", "%2e%2e"):
        with pytest.raises(ImageNotFound):
            studio.shop.images.file(name)


def test_of_a_seller_who_leaves_no_image_stays_whatever_became_of_it(studio: Studio) -> None:
    ready, refused, waiting = studio.item(), studio.item(), studio.item()
    studio.add(ready)
    studio.add(refused, b"image, broken")
    studio.process()
    studio.add(waiting)
    theirs = studio.item(BOB)
    studio.shop.images.add(BOB, theirs, None, b"image of somebody else")
    own_data = studio.shop.own_data
    told = next(part for part in own_data._parts if part.name == "images")
    with studio.shop.parts.database.begin() as tx:
        first = told.export(tx, ADA, None, 2)
        more = told.export(tx, ADA, first.after, 2)
        records = [*first.records, *more.records]
        assert sorted(r["status"] for r in records) == ["processing", "ready", "refused"]
        behind: str | None = None
        for _ in range(9):
            behind = told.erase(tx, ADA, behind, 1)
            if behind is None:
                break
        tx.commit()
    assert studio.listed(ready) == ()
    studio.shop.clock.advance(timedelta(seconds=1))
    assert studio.shop.image_processing.forget(10) == 3
    studio.process()
    assert {key.partition("/")[0] for key in studio.store.kept} == {"original", "public"}
    assert [image.item_id for image in studio.shop.images.of_item(theirs, BOB)] == [theirs]
    with studio.shop.parts.database.begin() as tx:
        assert told.export(tx, ADA, None, 10).records == []


def test_a_shop_without_a_store_says_so() -> None:
    shop = memory_shop(MemoryParts(media=None))
    lamp = shop.items.onboard(ADA, NewItem(name="Lamp", price=Money(1, "USD"), quantity=1)).item.id
    with pytest.raises(NoMediaStore):
        shop.images.add(ADA, lamp, None, b"image")
    assert shop.image_processing.run_once() == 0
    assert shop.image_processing.forget(10) == 0


def test_addresses_begin_as_the_shop_is_told() -> None:
    media = Media(store=MemoryMediaStore(), processor=Reader())
    own = partial(Parts, media=media, media_address="https://cdn.example/shop/")
    studio = Studio(memory_shop(MemoryParts(), own), MemoryMediaStore(), Reader())
    lamp = studio.item()
    studio.add(lamp)
    studio.process()
    assert studio.listed(lamp)[0].startswith("https://cdn.example/shop/")
    patch = ItemPatch(images=("/media/" + "0" * 64 + ".webp",))
    studio.shop.items.change(ADA, lamp, patch, studio.shop.items.details(lamp).item.version)
