"""Pictures of items that sellers upload: kept without what a camera writes into them, and shown in
three sizes.
"""

from commerce_core.images.errors import (
    ImageNotFound,
    ImageTooLarge,
    MediaUnavailable,
    NoMediaStore,
    TooManyImages,
    UnreadableImage,
)
from commerce_core.images.model import (
    MOST_OF_A_VARIANT,
    WAITING,
    ImageFacts,
    ImageStatus,
    ItemImage,
    MadeImage,
    Rendition,
    Size,
)
from commerce_core.images.ports import ImageProcessor, ImageRepository, Media, MediaStore

__all__ = [
    "MOST_OF_A_VARIANT",
    "WAITING",
    "ImageFacts",
    "ImageNotFound",
    "ImageProcessor",
    "ImageRepository",
    "ImageStatus",
    "ImageTooLarge",
    "ItemImage",
    "MadeImage",
    "Media",
    "MediaStore",
    "MediaUnavailable",
    "NoMediaStore",
    "Rendition",
    "Size",
    "TooManyImages",
    "UnreadableImage",
]
