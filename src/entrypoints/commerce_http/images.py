"""Images of items: uploaded by sellers, shown to anybody in three sizes."""

import attrs

from commerce_core.accounts import Account, Role
from commerce_core.catalog import ItemNotFound
from commerce_core.images import (
    ImageNotFound,
    ImageTooLarge,
    MediaUnavailable,
    NoMediaStore,
    TooManyImages,
    UnreadableImage,
)
from commerce_core.images import (
    ItemImage as CoreItemImage,
)
from commerce_core.images.service.upload import LONGEST_IMAGE, Images
from commerce_core.kernel.ids import SellerId
from commerce_http.web.answers import Payload, Reply, Shape, Timestamp
from commerce_http.web.auth import ANYONE, SELLER
from commerce_http.web.callers import Caller
from commerce_http.web.etags import known_tag
from commerce_http.web.operations import IfNoneMatch, Runs, operation

_TAKEN = ("application/octet-stream", "image/jpeg", "image/png", "image/webp", "image/avif")
#: A name belongs to one content for ever.
_FOR_EVER = "public, max-age=31536000, immutable"
#: Nothing in a picture may do anything, whatever a browser takes it for.
_POLICY = "default-src 'none'; sandbox"


@attrs.frozen(kw_only=True)
class ImagePlace:
    """The variant that the image shows; without one the item as a whole."""

    variant_id: str | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.max_len(100))
    )


class ImageSize(Shape):
    """One size of an image: where it is shown, with width and height in pixels."""

    url: str
    width: int
    height: int


class ItemImage(Shape):
    """An image of an item. Its ``sizes`` are empty until it is ``ready``; one that cannot be read
    is ``refused``, for the reason of ``problem``.
    """

    image_id: str
    variant_id: str | None
    status: str
    problem: str | None
    media_type: str
    width: int
    height: int
    sizes: dict[str, ImageSize]
    created_at: Timestamp


class ItemImages(Shape):
    """The images of an item, by variant, in the order in which they came."""

    images: list[ItemImage]


@operation(
    "POST",
    "/items/{item_id}/images",
    who=SELLER,
    answer=ItemImage,
    status=201,
    problems=(
        ItemNotFound,
        UnreadableImage,
        ImageTooLarge,
        TooManyImages,
        MediaUnavailable,
        NoMediaStore,
    ),
    media=_TAKEN,
    body_limit=LONGEST_IMAGE,
    example="(the bytes of the image)",
    headers={"Location": "The image."},
)
def upload_image(
    item_id: str, query: ImagePlace, content: bytes, caller: Account, images: Images
) -> Reply:
    """Upload an image of the seller's own item: JPEG, PNG, WebP or AVIF, at most 10 MB and 40
    megapixels, at most twelve of a variant.

    What it is is told from its content. What a camera has written into it (place, time, device) is
    dropped. Its sizes are made at once; then its address stands last among the ``images`` of the
    item or the variant. The same bytes again are the same image.
    """
    image = images.add(SellerId(caller.id), item_id, query.variant_id, content)
    place = f"/items/{item_id}/images/{image.id}"
    return Reply(body=_shape(image, images), headers={"Location": place})


@operation(
    "GET",
    "/items/{item_id}/images",
    who=ANYONE,
    answer=ItemImages,
    problems=(ItemNotFound,),
    runs=Runs.KEY_READ,
    public=True,
)
def item_images(item_id: str, caller: Caller | None, images: Images) -> ItemImages:
    """The images of an item on sale that are ready; its seller sees all of them."""
    found = images.of_item(item_id, _seller(caller))
    return ItemImages(images=[_shape(image, images) for image in found])


@operation(
    "GET",
    "/items/{item_id}/images/{image_id}",
    who=ANYONE,
    answer=ItemImage,
    problems=(ItemNotFound, ImageNotFound),
    runs=Runs.KEY_READ,
    public=True,
)
def item_image(item_id: str, image_id: str, caller: Caller | None, images: Images) -> ItemImage:
    """One image of an item."""
    return _shape(images.details(item_id, image_id, _seller(caller)), images)


@operation(
    "DELETE",
    "/items/{item_id}/images/{image_id}",
    who=SELLER,
    status=204,
    problems=(ItemNotFound, ImageNotFound),
)
def delete_image(item_id: str, image_id: str, caller: Account, images: Images) -> None:
    """Take an image off the seller's own item. Its files go after a day."""
    images.delete(SellerId(caller.id), item_id, image_id)


@operation(
    "GET",
    "/media/{name}",
    problems=(ImageNotFound, MediaUnavailable, NoMediaStore),
    also={304: "It is the one of If-None-Match."},
    answer_media=("image/webp",),
    headers={"ETag": "Its name.", "Cache-Control": "It never changes."},
    public=True,
)
def media_file(name: str, if_none_match: IfNoneMatch, images: Images) -> Payload:
    """An image in one of its sizes."""
    etag = f'"{name}"'
    if known := known_tag(if_none_match, etag):
        return Payload(304, b"", {"ETag": known, "Cache-Control": _FOR_EVER})
    body = images.file(name)
    headers = {"ETag": etag, "Cache-Control": _FOR_EVER, "Content-Security-Policy": _POLICY}
    return Payload(200, body, headers, media=b"image/webp", gzip=b"")


def _seller(caller: Caller | None) -> SellerId | None:
    return SellerId(caller.id) if caller and caller.role is Role.SELLER else None


def _shape(image: CoreItemImage, images: Images) -> ItemImage:
    return ItemImage(
        image_id=image.id,
        variant_id=image.variant_id or None,
        status=image.status.value,
        problem=image.problem or None,
        media_type=image.media_type,
        width=image.width,
        height=image.height,
        sizes={
            shown.size.value: ImageSize(
                url=images.address_of(shown), width=shown.width, height=shown.height
            )
            for shown in image.shown
        },
        created_at=image.created_at,
    )
