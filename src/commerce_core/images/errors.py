"""Refusals of images."""

from commerce_core.kernel.errors import Conflict, NotFound, Rejected, Unavailable


class ImageNotFound(NotFound):
    """There is no such image, it is not to be seen yet, or it belongs to another seller's item."""

    code = "image-not-found"


class UnreadableImage(Rejected):
    """The bytes are no JPEG, PNG, WebP or AVIF, or cannot be read as what they begin like."""

    code = "unreadable-image"


class ImageTooLarge(Rejected):
    """The image has more pixels than are taken: decoded it would fill the memory."""

    code = "image-too-large"


class TooManyImages(Conflict):
    """The item, or this variant of it, has as many images as it may have."""

    code = "too-many-images"


class MediaUnavailable(Unavailable):
    """The media store does not answer; nothing was changed."""

    code = "media-unavailable"
    retry_after = 5


class NoMediaStore(Unavailable):
    """This shop keeps no images: no media store is set up."""

    code = "no-media-store"
    retry_after = 3_600
