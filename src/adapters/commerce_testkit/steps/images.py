"""Pictures of items: added, seen, taken away."""

import struct
import zlib

from pytest_bdd import step, then

from commerce_testkit.steps.phrases import says
from commerce_testkit.story import Story

_SIZES = ("small", "medium", "large")


@step(says('{who:Who} [adds|has added] a picture to "{name:Text}"'))
@step(says('{who:Who} adds the same picture to "{name:Text}" again'))
def adds_picture(story: Story, who: str, name: str) -> None:
    _add(story, who, name, drawn(1))


@step(says('{who:Who} has added {count:Count} pictures to "{name:Text}"'))
def adds_pictures(story: Story, who: str, name: str, count: int) -> None:
    for number in range(count):
        _add(story, who, name, drawn(number + 1))


@step(says('{who:Who} adds another picture to "{name:Text}"'))
def adds_another_picture(story: Story, who: str, name: str) -> None:
    _add(story, who, name, drawn(100))


@step(says('{who:Who} adds a picture of the variant "{variant:Text}" to "{name:Text}"'))
def adds_picture_of_variant(story: Story, who: str, variant: str, name: str) -> None:
    _add(story, who, name, drawn(1), variant)


@step(says('{who:Who} adds a letter to "{name:Text}" as its picture'))
def adds_letter(story: Story, who: str, name: str) -> None:
    _add(story, who, name, b"Dear customers, this lamp is bright.")


@step(says('{who:Who} takes the picture off "{name:Text}"'))
def takes_picture_off(story: Story, who: str, name: str) -> None:
    visitor, item_id = story.visitor(who), story.item_id(name)
    (picture,) = story.shop.pictures(visitor, item_id)
    story.attempt(lambda: story.shop.remove_picture(visitor, item_id, picture.image_id))


@then(says('anyone sees {count:Count} [picture|pictures] of "{name:Text}" in three sizes'))
def anyone_sees_pictures(story: Story, count: int, name: str) -> None:
    item_id, nobody = story.item_id(name), story.nobody()
    story.until(
        lambda: len(story.shop.pictures(nobody, item_id)) == count,
        f"{count} pictures of {name}",
        lambda: story.shop.pictures(nobody, item_id),
    )
    assert {picture.sizes for picture in story.shop.pictures(nobody, item_id)} == {_SIZES}


@then(says('nobody sees a picture of "{name:Text}"'))
def nobody_sees_picture(story: Story, name: str) -> None:
    assert story.shop.pictures(story.nobody(), story.item_id(name)) == ()


@then(says('the picture of "{name:Text}" is one of the variant "{variant:Text}"'))
def picture_is_of_variant(story: Story, name: str, variant: str) -> None:
    item_id = story.item_id(name)
    story.until(lambda: bool(story.shop.pictures(story.nobody(), item_id)), f"a picture of {name}")
    (picture,) = story.shop.pictures(story.nobody(), item_id)
    assert picture.variant_id == variant


def drawn(width: int) -> bytes:
    """A white line of *width* pixels, as PNG."""
    head = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" + b"\xff" * width)
    chunks = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _add(story: Story, who: str, name: str, content: bytes, variant: str | None = None) -> None:
    visitor, item_id = story.visitor(who), story.item_id(name)
    story.attempt(lambda: story.shop.add_picture(visitor, item_id, content, variant))
